"""The kill process: cancels and flattens everything with gateways alone; no Django, no database, no broker needed."""
