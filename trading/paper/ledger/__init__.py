"""The durable ledger: what was answered survives a kill at any moment."""
