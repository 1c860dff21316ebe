"""What tests and demos turn: prices, depth, deposits, faults; and the ledger as evidence."""
