"""`python -m project.services`: the supervisor, in a process that never loads Django."""

import argparse
import asyncio
import os
import sys

from project.services import options, up
from project.services.errors import ServiceError
from project.services.terminal import Terminal

VARIABLES = ", ".join(["WINDLASS_HOME", "DEMO", "DEMO_SPEED", *(port.variable for port in options.PORTS)])


def main() -> int:
    """Run the stack until it is stopped; 0, or 1 after one clear line."""
    _no_words()
    os.umask(0o077)  # whatever we or our children write is for the owner only
    terminal = Terminal(coloured=sys.stdout.isatty() and "NO_COLOR" not in os.environ)
    terminal.open()
    try:
        return asyncio.run(up.run(options.from_environ(os.environ), os.environ, terminal))
    except ServiceError as error:
        terminal.plain(f"make up: {error}")
        return 1
    finally:
        terminal.close()


def _no_words() -> None:
    """What is set comes from the environment; a word here is somebody's mistake, or a question."""
    about = f"Runs Windlass until Ctrl-C. Set by variables, explained in docs/configuration.md: {VARIABLES}."
    argparse.ArgumentParser(prog="python -m project.services", description=about).parse_args()


if __name__ == "__main__":
    sys.exit(main())
