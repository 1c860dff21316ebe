"""The paper exchange: a process of its own that speaks real exchanges' wire protocols to unmodified clients."""
