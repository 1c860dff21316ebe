"""`manage.py up`: start the whole stack and watch it."""

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand

from project.services.options import BASE_DIR


class Command(BaseCommand):
    """Becomes the supervisor, which carries no Django: it lives as long as the stack and should stay small."""

    help = (
        "Start PostgreSQL, Valkey and every process of Windlass; Ctrl-C stops them. Set up with environment variables."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012  (Django's own type)

    def handle(self, *_: Any, **__: Any) -> None:
        """Replace this process; never returns."""
        os.chdir(BASE_DIR)
        os.execv(sys.executable, [sys.executable, "-m", "project.services"])  # noqa: S606  (no shell, our own module)
