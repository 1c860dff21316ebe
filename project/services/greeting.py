"""What the greeter is asked to do. Apart from greet.py, for the supervisor does without its libraries."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from project.services.postgres import Access, Passwords

VARIABLE = "WINDLASS_GREET"


@dataclass(frozen=True, slots=True)
class Task:
    """URLs to ask, how long each, in seconds, and the built-in PostgreSQL if it is ours."""

    database_url: str
    database_secs: float
    redis_url: str
    redis_secs: float
    access: Access | None

    def variable(self) -> dict[str, str]:
        """The task as an environment variable."""
        return {VARIABLE: json.dumps(asdict(self))}


def task(environ: Mapping[str, str]) -> Task:
    """The task from its environment variable."""
    fields = json.loads(environ[VARIABLE])
    given = fields.pop("access")
    access = Access(given["port"], Passwords(**given["passwords"])) if given else None
    return Task(**fields, access=access)
