"""The campaign's judge, on histories that are wrong on purpose: each is named; the right one is not blamed."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.faults.oracle import Alerts, Books, Execution, OurOrder, TheirOrder, Wrong, judge, judge_alerts

FILL = Execution("100", "7", Decimal("0.5"), Decimal(60000), Decimal("0.001"))
BOUGHT = OurOrder(1, "waaaa", "100", "group:1/leg:1/entry:0", "FILLED")
RESTS = OurOrder(2, "wbbbb", "101", "group:1/leg:1/target:0", "OPEN")
GONE = OurOrder(3, "wcccc", "", "group:1/leg:2/entry:0", "NOT_PLACED")
RIGHT = Books(
    ours=(BOUGHT, RESTS, GONE),
    theirs=(TheirOrder("waaaa", "100", alive=False), TheirOrder("wbbbb", "101", alive=True)),
    our_fills=(FILL,),
    their_fills=(FILL,),
)


def ours(*rows: OurOrder) -> Books:
    return replace(RIGHT, ours=rows)


WRONG = {
    "a fill nobody recorded": (replace(RIGHT, our_fills=()), Wrong.LOST),
    "an order given up that rests there": (ours(BOUGHT, replace(RESTS, state="CANCELED"), GONE), Wrong.LOST),
    "an order called absent that is there": (ours(replace(BOUGHT, state="NOT_PLACED"), RESTS, GONE), Wrong.LOST),
    "a blind resend under its own name": (
        replace(RIGHT, theirs=(*RIGHT.theirs, TheirOrder("waaaz", "102", alive=True))),
        Wrong.DOUBLED,
    ),
    "a blind resend under the same name": (
        replace(RIGHT, theirs=(*RIGHT.theirs, TheirOrder("waaaa", "102", alive=False))),
        Wrong.DOUBLED,
    ),
    "two attempts of one intent": (ours(BOUGHT, replace(RESTS, intent=BOUGHT.intent), GONE), Wrong.DOUBLED),
    "a fill recorded twice": (replace(RIGHT, our_fills=(FILL, FILL)), Wrong.DOUBLED),
    "a fill that never was": (replace(RIGHT, their_fills=()), Wrong.PHANTOM),
    "a fill with another price": (replace(RIGHT, our_fills=(replace(FILL, price=Decimal(1)),)), Wrong.PHANTOM),
    "an order that was never there": (ours(BOUGHT, RESTS, replace(GONE, state="OPEN")), Wrong.PHANTOM),
    "an order believed to rest": (
        replace(RIGHT, theirs=(RIGHT.theirs[0], TheirOrder("wbbbb", "101", alive=False))),
        Wrong.PHANTOM,
    ),
    "an order left in its call": (ours(BOUGHT, RESTS, replace(GONE, state="SUBMITTING")), Wrong.STUCK),
    "an order nobody looks up": (ours(BOUGHT, RESTS, replace(GONE, state="UNKNOWN")), Wrong.STUCK),
    "an order for a person": (ours(BOUGHT, RESTS, replace(GONE, state="NEEDS_HUMAN")), Wrong.STUCK),
    "a cancel without end": (ours(BOUGHT, replace(RESTS, state="CANCELLING"), GONE), Wrong.STUCK),
}


def test_a_right_history_is_not_blamed() -> None:
    assert judge(RIGHT) == []
    assert judge(Books()) == []


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_history_is_named(name: str) -> None:
    books, wrong = WRONG[name]
    found = judge(books)
    assert {finding.wrong for finding in found} == {wrong}, found


ONE, TWO = {"a": frozenset({1})}, {"b": frozenset({2})}
KEPT = Alerts(ONE | TWO, ONE | TWO, {1: "ENTERED", 2: "EXITED"}, {1: 1, 2: 1}, {1: 1})


@pytest.mark.parametrize(
    ("alerts", "wrong"),
    [
        (KEPT, []),
        (replace(KEPT, promised=ONE), []),
        (replace(KEPT, promised=ONE | {"b": frozenset[int]()}), []),
        (replace(KEPT, stored=ONE), [Wrong.LOST]),
        (replace(KEPT, promised=ONE | {"b": frozenset[int]()}, stored=ONE), [Wrong.LOST]),
        (replace(KEPT, promised=ONE | {"b": frozenset({3})}), [Wrong.LOST, Wrong.DOUBLED]),
        (replace(KEPT, stored=ONE | {"b": frozenset({2, 3})}), [Wrong.DOUBLED]),
        (replace(KEPT, promised=ONE, stored=ONE | {"b": frozenset({2, 3})}), [Wrong.DOUBLED]),
        (replace(KEPT, outcomes={1: "ENTERED", 2: ""}), [Wrong.STUCK]),
        (replace(KEPT, settled={1: 2, 2: 1}), [Wrong.DOUBLED]),
        (replace(KEPT, pyramids={1: 2}), [Wrong.DOUBLED]),
    ],
    ids=[
        "right",
        "stored and not promised",
        "promised without an id",
        "promised and not stored",
        "promised without an id and not stored",
        "told another id",
        "stored twice",
        "stored twice and not promised",
        "without outcome",
        "settled twice",
        "entered twice",
    ],
)
def test_what_became_of_alerts_is_named(alerts: Alerts, wrong: list[Wrong]) -> None:
    assert [finding.wrong for finding in judge_alerts(alerts)] == wrong
