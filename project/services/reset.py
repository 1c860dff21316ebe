"""`make reset`: delete all data, after asking back, while the stack is stopped."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from project.services import lock, options
from project.services.errors import ServiceError

WORD = "delete"


def run(home: Path, *, ask: Callable[[str], str], say: Callable[[str], None]) -> int:
    """Delete the data folder if the person types the word. 0 when it is gone, else 1."""
    if not home.exists():
        say(f"{home} does not exist; there is nothing to delete.")
        return 0
    with lock.held(home):
        answer = ask(f"This deletes every order, fill, key and setting in {home} for ever. Type {WORD!r} to go on: ")
        if answer.strip() != WORD:
            say("Nothing was deleted.")
            return 1
        _delete(home)
    say(f"{home} is gone. `make up` begins afresh.")
    return 0


def _delete(home: Path) -> None:
    database = home / "pg"
    if database.is_symlink():  # it lies elsewhere when root's own folders are closed to PostgreSQL's user
        shutil.rmtree(database.resolve(), ignore_errors=True)
    shutil.rmtree(home)


def main() -> int:
    """Ask on the terminal."""
    try:
        return run(options.from_environ(os.environ).home, ask=input, say=lambda text: print(text, flush=True))  # noqa: T201
    except ServiceError as error:
        print(f"make reset: {error}", file=sys.stderr)  # noqa: T201
        return 1
    except EOFError:
        print("Nothing was deleted: there is no terminal to ask.", file=sys.stderr)  # noqa: T201
        return 1


if __name__ == "__main__":
    sys.exit(main())
