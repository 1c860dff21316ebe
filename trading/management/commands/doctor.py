"""`manage.py doctor`: what is well and what is not, with the stack up or down."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from project.services import doctor, options, round_trip
from project.services.doctor import Finding, Level, Patient
from trading.kill import places, state
from trading.models.system import Canary
from trading.services.socket_guard import latch_path

CANARY_SECS = 30.0
# The pump rings every 2 s; a worker that has not answered for this long does not hear bells.


def migrations(_: Patient) -> Finding:
    """The tables are those of this version."""
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if missing:
        return Finding(Level.FAIL, f"{missing} migrations are not applied", "make up applies them at its start")
    return Finding(Level.OK, "the tables are those of this version")


def canary(patient: Patient) -> Finding:
    """A bell rung by the pump is answered by a worker."""
    answered = Canary.objects.order_by("-answered_at").values_list("answered_at", flat=True).first()
    if patient.stack is None or answered is None:
        return Finding(Level.SKIP if patient.stack is None else Level.WARN, "no bell has been answered yet")
    age_secs = (timezone.now() - answered).total_seconds()
    words = f"last bell answered {age_secs:.0f} s ago, {CANARY_SECS:.0f} s is the limit"
    return (
        Finding(Level.FAIL, words, "see logs/pump.log and logs/sweeps.log")
        if not 0 <= age_secs <= CANARY_SECS  # below 0: the clock was set back, and nothing answered since
        else Finding(Level.OK, words)
    )


def latch(_: Patient) -> Finding:
    """Whether the kill latch stops every order."""
    if latch_path().exists():
        return Finding(
            Level.WARN, f"set: no order leaves ({latch_path()})", "lift it on the dashboard when the reason is gone"
        )
    return Finding(Level.OK, "not set")


def kill_process(patient: Patient) -> Finding:
    """Whether somebody watches the red button and the latch."""
    if places.is_watched(patient.home):
        return watcher(state.read(patient.home), stack=patient.stack is not None)
    if patient.stack is None:
        return Finding(Level.SKIP, "no kill process watches; `make up` starts one")
    mend = "see logs/kill.log; until then a press starts one by itself, but a button on pins is dead"
    return Finding(Level.FAIL, "no kill process watches", mend)


def watcher(said: state.State | None, *, stack: bool) -> Finding:
    """What the kill process says of itself; without a stack there is nothing that it must reach."""
    if said is not None and said.trouble:
        words = f"a kill process watches the latch, and the button is dead: {said.trouble}"
        return Finding(Level.FAIL, words, "see docs/kill-switch.md, Wiring a button; it tries again every 10 s")
    if said is not None and said.unreached and stack:
        words = f"a kill process watches, and was not let in by {'; '.join(said.unreached)}"
        return Finding(
            Level.WARN, words, "asked every two minutes; a kill goes on without, and the engine follows the latch"
        )
    return Finding(Level.OK, f"a kill process watches{', and the button' if said and said.pins == 'gpio' else ''}")


DATABASE_CHECKS = (("migrations", migrations), ("worker canary", canary))


def database_check(check: doctor.Check) -> doctor.Check:
    """A check that is left out while the database is down."""

    def guarded(patient: Patient) -> Finding:
        try:
            return check(patient)
        except OperationalError:
            return Finding(Level.SKIP, "the database is down")

    return guarded


class Command(BaseCommand):
    """Print one line per check; the status is 1 when something must be mended."""

    help = "Check this machine, the data folder, the servers and the running stack."
    requires_system_checks: list[str] = []  # noqa: RUF012  (Django's own type)

    def add_arguments(self, parser: CommandParser) -> None:
        """One option."""
        parser.add_argument("--public-url", help="prove that this address leads to the door, e.g. https://name.example")

    def handle(self, *_: Any, public_url: str | None = None, **__: Any) -> None:
        """Examine and report."""
        patient = doctor.patient(options.from_environ(os.environ), os.environ)
        checks = [*doctor.CHECKS, ("kill latch", latch), ("kill process", kill_process)]
        checks += [(name, database_check(check)) for name, check in DATABASE_CHECKS]
        checks += [("public url", lambda _: round_trip.public_url(public_url))] if public_url else []
        findings = doctor.examine(patient, checks)
        self.stdout.write(doctor.report(findings, coloured=self.style.SUCCESS("") != ""))
        if doctor.failed(findings):
            raise SystemExit(1)
