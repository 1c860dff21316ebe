"""Pure decisions on what may be traded, and how much."""
