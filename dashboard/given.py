"""What an address or a form gives as text, read: whole numbers, times, words. What makes no sense is None. Pure."""

from datetime import UTC, datetime

LARGEST_ID = 2**63 - 1
# What the number of a row can be.
LONGEST_NUMBER = len(str(LARGEST_ID))
LARGEST_SECS = 99_999_999
# Of a timeframe: three years.
LONGEST_SEARCH = 60


def number(text: str, *, most: int = LARGEST_ID) -> int | None:
    """A whole number from 0 to `most`, in the digits 0 to 9 and nothing else."""
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
        return None
    return found if (found := int(text)) <= most else None


def seconds(text: str) -> int | None:
    """The seconds of a timeframe."""
    return number(text, most=LARGEST_SECS)


def moment(text: str, *, zoned: bool = False) -> datetime | None:
    """A day or a time, ISO, as UTC; without a zone it is UTC already, or, where it has to be `zoned`, none."""
    try:
        at = datetime.fromisoformat(text.strip())
        if at.tzinfo is None:
            return None if zoned else at.replace(tzinfo=UTC)
        return at.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter: beyond the first or the last year there is
        return None


def words(text: str, *, longest: int | None = None) -> str:
    """What was typed, without NUL, which no row holds, and without blanks around it; cut where it is longer."""
    return text.replace("\0", "").strip()[:longest]


def search(text: str) -> str:
    """What is looked for."""
    return words(text, longest=LONGEST_SEARCH)
