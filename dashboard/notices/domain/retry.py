"""When a channel that failed is tried again. Pure."""

from datetime import timedelta

WAITS = tuple(timedelta(seconds=secs) for secs in (30, 60, 120, 300, 900))
# After the fifth failure in a row every 15 minutes: a service that is away for a night is found in the morning.
MOST_ATTEMPTS = 8
# Of one message: what no service takes must not hold back the others for ever.


def wait_after(failures: int) -> timedelta:
    """How long to leave a channel alone after so many failures in a row (1 or more)."""
    return WAITS[min(failures, len(WAITS)) - 1]


def gives_up(attempts: int) -> bool:
    """Whether a message that was tried so often is left."""
    return attempts >= MOST_ATTEMPTS
