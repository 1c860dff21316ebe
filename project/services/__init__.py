"""Embedded PostgreSQL and Valkey, and the supervisor behind `manage.py up`. Imports no Django."""
