"""What can keep the stack from starting, each as one line with its mend. The docstring is the message."""

import inspect
from typing import ClassVar


class ServiceError(Exception):
    """{detail}"""

    code: ClassVar[str] = "SERVICE_ERROR"

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        words = " ".join((inspect.getdoc(type(self)) or "").split())
        super().__init__(words.format(**fields))


class AlreadyRunning(ServiceError):
    """Windlass already runs here (process {pid}, data in {home}).

    Stop it with Ctrl-C or `kill {pid}`, or set WINDLASS_HOME to another folder.
    """

    code = "ALREADY_RUNNING"


class BadSetting(ServiceError):
    """{variable} is {value!r}; it must be {wanted}. Correct it in the environment or in .env."""

    code = "BAD_SETTING"


class ChildFailed(ServiceError):
    """`{name}` ended with status {status}: {detail}."""

    code = "CHILD_FAILED"


class DiskFull(ServiceError):
    """Only {free_mb} MB are free at {path}; {wanted_mb} MB are wanted.

    Free some space, or set WINDLASS_HOME to a folder on another disk.
    """

    code = "DISK_FULL"


class HomeClosed(ServiceError):
    """The data folder {path} cannot be used: {detail}. Mend that, or set WINDLASS_HOME to another folder."""

    code = "HOME_CLOSED"


class NotReady(ServiceError):
    """`{name}` did not answer within {seconds:.0f} s: {detail}. Its log is {log}"""

    code = "NOT_READY"


class PasswordsLost(ServiceError):
    """{path} is missing, though {data} holds a database.

    Put it back from a backup, or start afresh with `make reset`.
    """

    code = "PASSWORDS_LOST"


class PortTaken(ServiceError):
    """{taken}. End what holds it, or choose another port, here or for good in .env: {advice} make up"""

    code = "PORT_TAKEN"


class ProgramMissing(ServiceError):
    """{program} was not found. Install again with `make clean up`, or set {variable} to {wanted}."""

    code = "PROGRAM_MISSING"


class ServerUnreachable(ServiceError):
    """The server named by {variable} does not answer: {detail}.

    Start it, correct {variable}, or unset it to use the built-in server.
    """

    code = "SERVER_UNREACHABLE"


class WrongVersion(ServiceError):
    """{data} was written by PostgreSQL {found}, but PostgreSQL {wanted} is at hand.

    Set WINDLASS_POSTGRES_BIN to the `bin` folder of PostgreSQL {found}, or set WINDLASS_HOME to a new folder.
    """

    code = "WRONG_VERSION"
