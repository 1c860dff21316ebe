#!/usr/bin/env python
"""Run a Windlass command: `manage.py up`, `status`, `doctor` and the rest."""

import os
import sys

from project.settings import dotenv


def main() -> None:
    """Hand the command line to Django, with the variables of .env and the local settings as default."""
    dotenv.apply()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.local")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
