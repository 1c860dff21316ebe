"""Loaded by every Python process of a faulted stack before anything of ours: the servers are reached through proxies.

On the PYTHONPATH of a fault campaign's stack and nowhere else. The supervisor itself is left alone.
"""

import importlib.abc
import importlib.machinery
import os
import re
import sys
import time
from datetime import timedelta
from pathlib import Path

PROXIED = {"DATABASE_URL": "FAULTS_DATABASE_PORT", "REDIS_URL": "FAULTS_BROKER_PORT"}
SUPERVISOR = "project.services"
LOOK_SECS = 0.05
HURRIED = "fast"
GONE = timedelta(seconds=3)
# At this timing an owner that has not settled by then is taken over: 12 s in the engine, which a round of some seconds
# can't wait.


def aim() -> None:
    """Point this process at the proxies."""
    for variable, port in PROXIED.items():
        if variable in os.environ and port in os.environ:
            os.environ[variable] = re.sub(
                r"(@|//)127\.0\.0\.1:\d+", rf"\g<1>127.0.0.1:{os.environ[port]}", os.environ[variable]
            )
    if "FAULTS_VENUE_PORT" in os.environ:
        os.environ["WINDLASS_PAPER_PORT"] = os.environ["FAULTS_VENUE_PORT"]


def hasten(module) -> None:
    """Take orders over sooner."""
    module.CALL_TIMEOUT = GONE


def unhurried(module) -> None:
    """Let orders live longer than half a second: on a machine that is busy with much else they would all be too late."""
    from dataclasses import replace
    from types import MappingProxyType

    validity, window = (timedelta(milliseconds=int(ms)) for ms in os.environ["FAULTS_TIMING_MS"].split(","))
    module.FAST = replace(module.FAST, validity=validity, receive_window=window)
    module.TIMING_PROFILES = MappingProxyType({**module.TIMING_PROFILES, module.FAST.name: module.FAST})


def impatient(module) -> None:
    """Give a venue's answer up sooner than after the engine's ten seconds."""
    build = module.build_client

    def built(*words, **named):
        client = build(*words, **named)
        client.timeout = int(os.environ["FAULTS_CALL_MS"])
        return client

    module.build_client = built


class Clock:
    """The engine's clock, wrong by what a file says (seconds). The exchange and the servers keep the true one."""

    def __init__(self, path) -> None:
        self._path, self._look_at, self._offset, self._true = Path(path), 0.0, 0.0, time.time

    def offset(self) -> float:
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_SECS
            try:
                self._offset = float(self._path.read_text(encoding="ascii") or 0)
            except FileNotFoundError:
                self._offset = 0.0
        return self._offset

    def time(self) -> float:
        return self._true() + self.offset()

    def step_django(self, module) -> None:
        true = module.now
        module.now = lambda: true() + timedelta(seconds=self.offset())


PATCHES = {}


def patch(name, change) -> None:
    """Let a module be changed right after it was imported."""
    PATCHES.setdefault(name, []).append(change)


class Patched(importlib.abc.MetaPathFinder):
    """Patches a module right after it was imported."""

    def find_spec(self, fullname, path=None, target=None):
        changes = PATCHES.get(fullname)
        spec = importlib.machinery.PathFinder.find_spec(fullname, path) if changes else None
        if spec is None or spec.loader is None:
            return None
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            for change in changes:
                change(module)

        spec.loader.exec_module = exec_module
        return spec


def main() -> None:
    if "trading.paper" in sys.orig_argv and os.environ.pop("LD_PRELOAD", ""):
        os.execv(sys.executable, sys.orig_argv)  # the exchange keeps the true time
    if SUPERVISOR in sys.orig_argv:
        return
    aim()
    if os.environ.get("WINDLASS_TIMING") == HURRIED:
        patch("trading.services.lookups", hasten)
    if "FAULTS_CLOCK_FILE" in os.environ and "trading.paper" not in sys.orig_argv:
        clock = Clock(os.environ["FAULTS_CLOCK_FILE"])
        time.time = clock.time
        patch("django.utils.timezone", clock.step_django)
    if "FAULTS_CALL_MS" in os.environ:
        patch("signals.market.venues", impatient)
    if "FAULTS_TIMING_MS" in os.environ:
        patch("trading.domain.order_state", unhurried)
    if "FAULTS_BROKEN" in os.environ:
        import wrong_engines

        for name, wrong in wrong_engines.ENGINES[os.environ["FAULTS_BROKEN"]].items():
            patch(name, wrong)
    sys.meta_path.insert(0, Patched())


main()
