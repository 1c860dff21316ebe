"""`python -m project.services.greet`: wait for the servers, then make roles and database.

A process of its own: the supervisor lives as long as the stack and should not carry database libraries.
What to do comes in a variable, which only this user can read; what was found goes to standard output.
"""

import asyncio
import json
import os
import sys

from project.services import ready, roles, server_answers
from project.services.greeting import Task, task

TOLD_SECS = 60.0
# How often a person who waits for a recovery hears that it goes on.
RECOVERY_SECS = 600.0
# A slow disk reads back 512 MB of log in minutes; whoever ends PostgreSQL meanwhile lets it begin anew.


async def greet(todo: Task) -> dict[str, str]:
    """Per server an empty text, or why it does not answer."""
    database, broker = await asyncio.gather(
        database_answers(todo),
        ready.wait(lambda: server_answers.redis_answers(todo.redis_url), seconds=todo.redis_secs),
    )
    return {"postgres": database, "valkey": broker}


async def database_answers(todo: Task) -> str:
    """Empty, or why it does not answer in time; there is more time while it recovers from a crash."""

    async def answer(seconds: float) -> str:
        return await ready.wait(lambda: server_answers.postgres_answers(todo.database_url), seconds=seconds)

    reason, waited_secs = await answer(todo.database_secs), 0.0
    while reason and waited_secs < RECOVERY_SECS:
        if not await server_answers.postgres_recovers(todo.database_url):
            return await answer(0)  # it may have come up in this moment
        _say(f"PostgreSQL recovers from a crash ({reason}): waiting for it, up to {RECOVERY_SECS - waited_secs:g} s")
        reason, waited_secs = await answer(TOLD_SECS), waited_secs + TOLD_SECS
    return reason


def _say(text: str) -> None:
    """A line for the log; standard output is for what was found."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def main() -> int:
    """Greet, make the roles when both answer, and tell."""
    todo = task(os.environ)
    reasons = asyncio.run(greet(todo))
    if todo.access is not None and not any(reasons.values()):
        roles.create(todo.access)
    print(json.dumps(reasons))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
