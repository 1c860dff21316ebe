"""Celery on one page: the broker's manners, which task goes to which worker, and when beat rings.

A message only says "there is mail": it carries at most an integer, and losing or repeating it changes nothing
(docs/adr). Workers: `exits` serves kill and exits, `entries` entries, `sweeps` sweeps, market and misc.
"""

import ctypes
import gc
import os
import signal
import sys
from typing import Any, ClassVar

from celery import Celery, Task
from celery.signals import setup_logging, task_postrun, task_prerun, worker_before_create_process, worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.local")

PR_SET_PDEATHSIG = 1

# Beat and Flower carry no tasks: without Django and ours they weigh half.
CARRIES_TASKS = not {"beat", "flower"} & set(sys.argv)
app = Celery("windlass", fixups=None if CARRIES_TASKS else [])

ROUTES = {
    "trading.answer_canary": {"queue": "misc"},
    "trading.apply_pending_changes": {"queue": "misc"},
    "trading.feed_chart": {"queue": "market"},
    "trading.look_up": {"queue": "exits"},
    "trading.make_checkups": {"queue": "misc"},
    "trading.note_pnl": {"queue": "misc"},
    "trading.poll_balances": {"queue": "market"},
    "trading.poll_fills": {"queue": "exits"},
    "trading.poll_prices": {"queue": "market"},
    "trading.process_inbox": {"queue": "entries"},
    "trading.reconcile_books": {"queue": "sweeps"},
    "trading.refit_volatility": {"queue": "misc"},
    "trading.refresh_instruments": {"queue": "sweeps"},
    "trading.renew_dead_man": {"queue": "exits"},
    "trading.ring_accounts": {"queue": "misc"},
    "trading.send_notices": {"queue": "misc"},
    "trading.submit_entries": {"queue": "entries"},
    "trading.submit_exits": {"queue": "exits"},
    "trading.sweep_candles": {"queue": "sweeps"},
    "trading.sweep_exits": {"queue": "exits"},
    "trading.sweep_lost": {"queue": "misc"},
    "trading.sweep_offset": {"queue": "sweeps"},
    "trading.sweep_queue": {"queue": "sweeps"},
    "trading.sweep_shadow": {"queue": "sweeps"},
    "trading.work_down_positions": {"queue": "exits"},
}


def every(seconds: float, task: str) -> dict[str, Any]:
    """A beat row: ring `task` for every account. A tick that nobody heard in time is not made up for."""
    return {
        "task": "trading.ring_accounts",
        "args": (task,),
        "schedule": seconds,
        "options": {"expires": seconds},
    }


BEAT = {
    "balances": every(5.0, "poll_balances"),
    "candles": every(60.0, "sweep_candles"),
    "dead_man": every(5.0, "renew_dead_man"),
    "exits": every(10.0, "sweep_exits"),
    "fills": every(2.0, "poll_fills"),
    "fits": every(300.0, "refit_volatility"),
    "instruments": every(60.0, "refresh_instruments"),
    "lost": every(15.0, "sweep_lost"),
    "notices": {"task": "trading.send_notices", "args": (), "schedule": 5.0, "options": {"expires": 5.0}},
    "offset": every(10.0, "sweep_offset"),
    "pending": {"task": "trading.apply_pending_changes", "args": (), "schedule": 60.0, "options": {"expires": 60.0}},
    "pnl": every(60.0, "note_pnl"),
    "prices": every(2.0, "poll_prices"),
    "queue": every(10.0, "sweep_queue"),
    "reconcile": every(15.0, "reconcile_books"),
    "shadow": every(2.0, "sweep_shadow"),
    "work_down": every(20.0, "work_down_positions"),
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
    beat_scheduler = "project.beat:Steady"
    timezone = "UTC"
    enable_utc = True
    broker_connection_retry_on_startup = True
    broker_transport_options: ClassVar = {"socket_timeout": 5, "socket_connect_timeout": 2, "socket_keepalive": True}
    # Flower listens and asks several things at once: with two connections its threads wait for each other for ever.
    broker_pool_limit = 2 if CARRIES_TASKS else 16
    worker_cancel_long_running_tasks_on_connection_loss = False
    worker_prefetch_multiplier = 1
    worker_send_task_events = True
    task_send_sent_event = True
    worker_hijack_root_logger = False
    imports = ("trading.tasks", "dashboard.notices.tasks") if CARRIES_TASKS else ()
    # Celery would close the connection to the database before and after each task, and a new one costs a log-in.
    CELERY_DB_REUSE_MAX = sys.maxsize

    @property
    def broker_url(self) -> str:
        from project.settings import environment  # the package asks for this module

        return environment.broker_url()


app.config_from_object(Configuration())


@setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Celery leaves logging alone when somebody listens here; Django's LOGGING stands."""


@worker_before_create_process.connect
def share_with_children(**_: Any) -> None:
    """Import what every child needs, then freeze the collector's books: children share these pages by fork."""
    from signals.market import lean_ccxt, venues

    lean_ccxt.install(*venues.PRELOADED)
    from trading.gateways import ccxt_gateway  # noqa: F401  (shared; clients are built after the fork)

    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)  # a decision makes some thousand objects, and nearly all go by themselves


@task_prerun.connect
@task_postrun.connect
def look_after_connections(sender: "Task[..., Any]", **_: Any) -> None:
    """As Django does around a request: what is broken is closed, and the next question asks first whether it still stands."""
    from django.db import close_old_connections  # beat and Flower do without Django

    if not sender.request.is_eager:
        close_old_connections()


@worker_process_init.connect
def die_with_parent(**_: Any) -> None:
    """A pool child ends with its worker: after kill -9 of the worker its children lived on for seconds."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1:  # the parent died before we could ask to follow it
        os._exit(1)
