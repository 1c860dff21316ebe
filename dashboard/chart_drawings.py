"""What people draw into charts: taken in strictly, kept per person and pair, seen by whoever drew it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation, localcontext
from http import HTTPStatus
from typing import Any

from dashboard.models import Drawing
from dashboard.problems import Refused, refused
from project.accounts.models import User

MOST = 100
# Of one person in one pair: more would hide the candles.
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
HIGHEST = Decimal(10) ** 15
PLACES, DIGITS = 18, 38
# What a row keeps of a price.
BODY_MAX = 2_000
# Bytes; a drawing takes 200.

Point = tuple[datetime, Decimal]


@dataclass(frozen=True, slots=True)
class Draft:
    """A drawing as it was asked for: kind, colour, one point for a level and two for everything else."""

    kind: str
    colour: str
    points: tuple[Point, ...]

    @property
    def fields(self) -> dict[str, Any]:
        """As columns."""
        (first_at, first_price), (second_at, second_price) = self.points[0], (*self.points, (None, None))[1]
        return {
            "kind": self.kind,
            "colour": self.colour,
            "first_at": first_at,
            "first_price": first_price,
            "second_at": second_at,
            "second_price": second_price,
        }


def draft(body: bytes) -> Draft:
    """A drawing out of `{"kind": …, "colour": …, "points": [[seconds, "price"], …]}`. Raises Refused."""
    said = _object(body)
    kind = _choice("kind", said.get("kind"), Drawing.Kind.values)
    colour = _choice("colour", said.get("colour", Drawing.Colour.ACCENT.value), Drawing.Colour.values)
    points, wanted = said.get("points"), 1 if kind == Drawing.Kind.LEVEL else 2
    if not isinstance(points, list) or len(points) != wanted:
        plural = "s" * (wanted > 1)
        raise _refused("points", f"A {kind.lower()} takes {wanted} point{plural}.", "Send [[seconds, price], …].")
    return Draft(kind, colour, tuple(map(_point, points)))


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(body) if len(body) <= BODY_MAX else None
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise _refused("body", "The request is no JSON object, or longer than a drawing is.", "Load the page again.")
    return said


def _choice(field: str, value: Any, known: list[str]) -> str:
    if not isinstance(value, str) or value not in known:
        raise _refused(field, f"There is no {field} {str(value)[:20]}.", f"There are {', '.join(known)}.")
    return value


def _point(said: Any) -> Point:
    if not isinstance(said, list) or len(said) != 2:
        raise _refused("points", "A point is a time and a price.", "Send [seconds, price].")
    return _time(said[0]), _price(said[1])


def _time(said: Any) -> datetime:
    is_number = isinstance(said, int | float) and not isinstance(said, bool)
    if not is_number or not EARLIEST.timestamp() < said < LATEST.timestamp():  # what is no number lies nowhere
        raise _refused("points", "A point's time is in seconds, 1970 to 2200.", "Draw it nearer to the candles.")
    return datetime.fromtimestamp(int(said), tz=UTC)


def _price(said: Any) -> Decimal:
    """A price, text or number, to the last place that a row keeps."""
    try:
        price = Decimal(str(said)) if isinstance(said, str | int | float) else Decimal("nan")
    except InvalidOperation:
        price = Decimal("nan")
    if not price.is_finite() or not Decimal(1).scaleb(-PLACES) <= price < HIGHEST:
        raise _refused("points", "A point's price must be above 0.", "Draw it above the axis's 0.")
    with localcontext(prec=DIGITS):
        return price.quantize(Decimal(1).scaleb(-PLACES))


def _refused(field: str, words: str, advice: str) -> Refused:
    return refused("DRAWING", words, status=HTTPStatus.UNPROCESSABLE_ENTITY, field=field, advice=advice)


# rows --------------------------------------------------------------------------------------------


def of(user: User, symbol: str) -> list[dict[str, Any]]:
    """What a person drew into a pair, as the page takes it."""
    return [plain(row) for row in Drawing.objects.filter(user=user, symbol=symbol)]


def plain(row: Drawing) -> dict[str, Any]:
    """A row as JSON."""
    ends = ((row.first_at, row.first_price), (row.second_at, row.second_price))
    points = [[int(at.timestamp()), f"{price.normalize():f}"] for at, price in ends if at and price is not None]
    return {"id": row.pk, "kind": row.kind, "colour": row.colour, "points": points}


def add(user: User, symbol: str, wanted: Draft) -> Drawing:
    """Keep a new drawing. Raises Refused where there are too many."""
    if Drawing.objects.filter(user=user, symbol=symbol).count() >= MOST:
        words = f"{symbol} has {MOST} drawings of yours, and no room for more."
        raise refused("DRAWINGS_FULL", words, limit=str(MOST), advice="Erase one first.")
    return Drawing.objects.create(user=user, symbol=symbol, **wanted.fields)


def move(user: User, drawing_id: int, wanted: Draft) -> bool:
    """Give a drawing of somebody other points; False: he has no such drawing."""
    return bool(Drawing.objects.filter(pk=drawing_id, user=user).update(**wanted.fields))


def erase(user: User, drawing_id: int) -> bool:
    """Take a drawing of somebody away; False: he has no such drawing."""
    return bool(Drawing.objects.filter(pk=drawing_id, user=user).delete()[0])
