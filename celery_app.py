"""Celery on one page: the broker's manners, which task goes to which worker, and when beat rings.

A message only says "there is mail": it carries at most an integer, and losing or repeating it changes nothing
(docs/adr). Workers: `exits` serves kill and exits, `entries` entries, `sweeps` sweeps, market and misc.
"""

import ctypes
import os
import signal
import sys
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.local")

PR_SET_PDEATHSIG = 1

app = Celery("windlass")

ROUTES = {
    "trading.answer_canary": {"queue": "misc"},
    "trading.look_up": {"queue": "exits"},
    "trading.poll_fills": {"queue": "exits"},
    "trading.poll_market": {"queue": "market"},
    "trading.process_inbox": {"queue": "entries"},
    "trading.submit_entries": {"queue": "entries"},
    "trading.submit_exits": {"queue": "exits"},
    "trading.sweep_exits": {"queue": "exits"},
    "trading.sweep_instruments": {"queue": "market"},
    "trading.sweep_reconcile": {"queue": "sweeps"},
}

BEAT = {
    "exits": {"task": "trading.sweep_exits", "schedule": 10.0, "options": {"expires": 10}},
    "fills": {"task": "trading.poll_fills", "schedule": 2.0, "options": {"expires": 2}},
    "instruments": {"task": "trading.sweep_instruments", "schedule": 60.0, "options": {"expires": 60}},
    "market": {"task": "trading.poll_market", "schedule": 2.0, "options": {"expires": 2}},
    "reconcile": {"task": "trading.sweep_reconcile", "schedule": 15.0, "options": {"expires": 15}},
}


class Configuration:
    """Celery's settings; read when the app is first used, so that Django's settings are complete."""

    task_serializer = "json"
    accept_content = ("json",)
    task_ignore_result = True
    task_store_errors_even_if_ignored = False
    task_acks_late = False  # early: no order depends on a message surviving, so none needs to be redelivered
    task_default_queue = "misc"
    task_routes = ROUTES
    beat_schedule = BEAT
    timezone = "UTC"
    enable_utc = True
    broker_connection_retry_on_startup = True
    broker_transport_options = {"socket_timeout": 5, "socket_connect_timeout": 2, "socket_keepalive": True}
    broker_pool_limit = 2
    worker_cancel_long_running_tasks_on_connection_loss = False
    worker_prefetch_multiplier = 1
    worker_send_task_events = True
    task_send_sent_event = True
    worker_hijack_root_logger = False
    imports = ("trading.tasks",)

    @property
    def broker_url(self) -> str:
        from django.conf import settings

        return str(settings.REDIS_URL)


app.config_from_object(Configuration())


@setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Celery leaves logging alone when somebody listens here; Django's LOGGING stands."""


@worker_process_init.connect
def die_with_parent(**_: Any) -> None:
    """A pool child ends with its worker: after kill -9 of the worker its children lived on for seconds."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1:  # the parent died before we could ask to follow it
        os._exit(1)
