"""The status page at the exchange's own address: what trades, who holds what, what goes wrong, and levers for it."""
