"""Numbers as people read them: the instrument's precision, thin groups, a real minus sign."""

from datetime import UTC, datetime

from trading.paper.core import atoms

THIN = "\u2009"
MINUS = "\u2212"


def places(step: int) -> int:
    """How many decimals a step needs."""
    text = atoms.show(step).rstrip("0")
    return len(text.partition(".")[2])


def shown(value: int, step: int = 1) -> str:
    """An amount in atoms with the decimals of a step."""
    decimals = places(step)
    whole, _, fraction = atoms.show(abs(value)).partition(".")
    grouped = f"{int(whole):,}".replace(",", THIN)
    return (MINUS if value < 0 else "") + (f"{grouped}.{fraction[:decimals]}" if decimals else grouped)


def trimmed(value: int) -> str:
    """An amount with as many decimals as it has, at least two."""
    spare = 0
    while spare < atoms.PLACES - 2 and abs(value) % 10 ** (spare + 1) == 0:
        spare += 1
    return shown(value, 10**spare)


def count(number: int) -> str:
    """A whole number."""
    return f"{number:,}".replace(",", THIN)


def clock(at_ms: int) -> str:
    """The time of day, UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%H:%M:%S")


def part(value: int, whole: int) -> str:
    """A share in percent with two decimals; nothing of nothing is a dash."""
    if not whole:
        return "–"
    hundredths = (abs(value) * 10_000 + whole // 2) // whole
    return f"{MINUS if value < 0 else ''}{hundredths // 100}.{hundredths % 100:02d}"
