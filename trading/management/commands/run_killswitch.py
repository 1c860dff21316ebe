"""manage.py run_killswitch: become the kill process, which carries no Django."""

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Hands its words on: `--drill`, `--pins gpio`, `--door URL --secret-file FILE`; `--help` explains them."""

    help = "Watch the red button and the latch (started by `up`); --drill tries and times every step."
    requires_system_checks: tuple[str, ...] = ()

    def run_from_argv(self, argv: list[str]) -> None:
        """Replace this process: what it imported is gone, and a signal reaches the kill process itself."""
        os.execv(sys.executable, [sys.executable, "-m", "trading.kill", *argv[2:]])  # noqa: S606 - our own words

    def handle(self, *args: Any, **options: Any) -> None:
        """From a shell only."""
        self.run_from_argv(["manage.py", "run_killswitch", *args])
