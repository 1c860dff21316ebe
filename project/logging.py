"""How a process logs: one line an event, time first, secrets nowhere."""

import logging
import re
from typing import Any

SECRET_SHAPES = re.compile(
    r"(?i)((?:secret|token|passphrase|password|api[_-]?key|signature|authorization)[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,}]+"
)
SECRET_PATHS = re.compile(r"(?i)(/(?:invite|webhooks)/|/bot(?=\d+:)|tgram://)[^\s\"'?&,}<>]+")
# The link itself lets in: an invitation, a source's address, a channel's, a bot's.


def scrubbed(text: str) -> str:
    """The text without the values of secret-looking pairs and the secret part of links."""
    return SECRET_PATHS.sub(r"\1***", SECRET_SHAPES.sub(r"\1***", text))


class Line(logging.Formatter):
    """A line without what looks like a secret, its traceback included: a foreign error may quote an address.

    The last net, not the only one.
    """

    def format(self, record: logging.LogRecord) -> str:
        """As always, then scrubbed."""
        return scrubbed(super().format(record))


class NotReadiness(logging.Filter):
    """Drops Django's line for every 503 of the readiness page: `make up` asks it many times a second while it waits."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Everything else passes."""
        return not (getattr(record, "status_code", 0) == 503 and "/health/ready" in record.getMessage())


def configuration(*, level: str) -> dict[str, Any]:
    """Django's LOGGING: to standard error, where the supervisor picks it up; libraries only when they warn."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"not_readiness": {"()": NotReadiness}},
        "formatters": {"line": {"()": Line, "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["not_readiness"]}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            name: {"level": level} for name in ("project", "signals", "risk", "trading", "dashboard", "windlass")
        },
    }
