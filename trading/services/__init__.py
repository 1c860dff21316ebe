"""The verbs of the engine: each takes a lock, reads, decides through the domain, writes, journals."""
