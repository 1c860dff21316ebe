"""Floor 1: settings, accounts, journal, embedded servers. Loads the Celery app so that every process can ring bells.

All but the kill process, which knows no Celery and must stay small.
"""

import sys

if "trading.kill" not in sys.orig_argv:
    from celery_app import app as celery_app

    __all__ = ["celery_app"]
