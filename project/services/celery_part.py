"""python -m project.services.celery_part worker …: one command of Celery's, without the shell around all of them.

Celery's own entry point loads every command and plugin, a prompt among them: 20 MB in each process that stays.
"""

import importlib
import sys

import click
from celery.bin.base import CLIContext

from celery_app import app

COMMANDS = {"beat": "celery.bin.beat", "flower": "flower.command", "worker": "celery.bin.worker"}


def main() -> None:
    """Run the command that the first word names; its module has a command of that name."""
    name = sys.argv[1]
    command = getattr(importlib.import_module(COMMANDS[name]), name)
    shell = click.Group("celery", commands={name: command})  # Flower looks for the words of the one above it
    shell.main(obj=CLIContext(app=app, no_color=True, workdir=None, quiet=True))


if __name__ == "__main__":
    main()
