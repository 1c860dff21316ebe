"""Exit ladders as they are written: what makes a ladder, what to mend, and that it reads back."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

import pytest

from trading.domain.rungs import LadderKind, Rung, read, write

D = Decimal
HOW = "Write up to 10 rungs as (1.5, 33) (2, 33) (3, 34)."
FARTHER = "Each rung stands farther than the one before, from above 0 to 100."
TENTHS = [(n, 10) for n in range(1, 11)]


def number(cell: object) -> Decimal | None:
    try:
        return D(str(cell))
    except InvalidOperation:
        return None


def rungs(*rows: tuple[object, object]) -> tuple[Rung, ...]:
    return tuple(Rung(D(str(at)), D(str(share))) for at, share in rows)


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([(1, 100)], rungs((1, 100))),
        ([["1.5", "33"], ["2", "33"], ["3", "34"]], rungs(("1.5", 33), (2, 33), (3, 34))),
        ([Rung(D("1.5"), D(50)), (2, 50)], rungs(("1.5", 50), (2, 50))),  # as it was read before
        ([(1, "0.5"), (100, "99.5")], rungs((1, "0.5"), (100, "99.5"))),
        ([("0.1", 100)], rungs(("0.1", 100))),
        (TENTHS, rungs(*TENTHS)),
        ([], HOW),
        ([*TENTHS[:9], (10, 5), (11, 5)], HOW),
        ([(1, 50), (2,)], HOW),
        ([(1, 50), (2, 50, 0)], HOW),
        ([(1, 50), (2, "half")], HOW),
        ([(1, 2, "three")], HOW),  # two numbers are not enough: there must be nothing else
        ([(1, 50), "25"], HOW),
        ([(1, 50), 7], HOW),
        ([(2, 50), (1, 50)], FARTHER),
        ([(8, 50), (1, 50)], FARTHER),
        ([(0, 50), (1, 50)], FARTHER),
        ([(1, 50), (1, 50)], FARTHER),
        ([(0, 100)], FARTHER),
        ([(-1, 100)], FARTHER),
        ([(1, 50), ("100.1", 50)], FARTHER),
        ([(1, 50), (2, 49)], "The shares are above 0 and add up to 100; these add up to 99."),
        ([(1, 50), (2, 51)], "The shares are above 0 and add up to 100; these add up to 101."),
        ([(1, 0), (2, 100)], "The shares are above 0 and add up to 100; these add up to 100."),
        ([(1, -1), (2, 101)], "The shares are above 0 and add up to 100; these add up to 100."),
    ],
)
def test_rows_make_a_ladder_or_say_what_to_mend(rows: Sequence[object], found: tuple[Rung, ...] | str) -> None:
    assert read(rows, number=number) == found


def test_what_is_written_is_what_people_write() -> None:
    assert write(rungs(("1.50", 33), (2, "67.0"))) == "(1.5, 33) (2, 67)"


def test_settings_keep_these_words() -> None:
    assert [kind.value for kind in LadderKind] == ["off", "r", "fibonacci"]
