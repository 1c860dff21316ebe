"""The documents, and what rewrites their tables from the code."""
