"""Floor 5: what people see and touch."""
