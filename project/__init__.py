"""Floor 1: settings, accounts, journal, embedded servers. Loads the Celery app so that every process can ring bells."""

from celery_app import app as celery_app

__all__ = ["celery_app"]
