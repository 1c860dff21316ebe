"""Mutation testing of the order, slot and exit domain: `python -m tests.mutation`."""
