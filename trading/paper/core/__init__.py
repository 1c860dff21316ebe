"""The exchange itself: orders, books, balances, fees. Pure: no clock, no network, no file."""
