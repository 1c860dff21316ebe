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


async def greet(todo: Task) -> dict[str, str]:
    """Per server an empty text, or why it does not answer."""
    database, broker = await asyncio.gather(
        ready.wait(lambda: server_answers.postgres_answers(todo.database_url), seconds=todo.database_secs),
        ready.wait(lambda: server_answers.redis_answers(todo.redis_url), seconds=todo.redis_secs),
    )
    return {"postgres": database, "valkey": broker}


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
