"""The process: clock, ledger, tapes and HTTP around the pure exchange."""
