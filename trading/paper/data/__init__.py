"""Bundled candles and instruments, and the script that found the demo's window."""
