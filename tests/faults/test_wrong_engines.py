"""Each wrong engine of inject/ makes its mistake and the judges of a normal round name it; the right one is not blamed."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.utils import timezone

from project import failpoints
from tests.faults import judge, oracle
from tests.faults.inject.wrong_engines import ENGINES, STORING
from tests.faults.oracle import Wrong
from tests.faults.traffic import Sent
from tests.support.factories import Desk
from tests.support.levers import LOST, ORDER, UNANSWERED, chosen, one_leg
from tests.support.races import injected, worker
from tests.trading.doors import TOKEN, aside, make_source, open_door
from trading import locks, webhooks
from trading.gateways import ccxt_gateway
from trading.services import decide, entry
from trading.services import desk as desks
from trading.services.invariants import CHECKS

CHANGED: dict[str, tuple[Any, Any, str]] = {
    "trading.gateways.ccxt_gateway": (ccxt_gateway, ccxt_gateway.CcxtGateway, "place"),
    "trading.services.decide": (decide, decide, "fetch_prices"),
    "trading.services.desk": (desks, desks.Desk, "taken_slots"),
    "trading.services.entry": (entry, entry, "free_slot"),
    "trading.webhooks": (webhooks, webhooks.Door, "_store"),
}
# The modules that are patched, and what of each is put right again.
BTC = {"symbol": "BTCUSDT", "action": "buy", "price": "60000"}
RIGHT = ""

Break = Callable[[str], None]


@pytest.fixture
def wrong_engine(monkeypatch: pytest.MonkeyPatch) -> Break:
    """Makes the engine a wrong one until the test is over; without a name it stays as it is."""

    def broken(name: str) -> None:
        for module, change in ENGINES.get(name, {}).items():
            found, owner, attribute = CHANGED[module]
            monkeypatch.setattr(owner, attribute, vars(owner)[attribute])
            change(found)

    return broken


# the answer is lost ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("engine", "fault", "said"),
    [
        (RIGHT, UNANSWERED, set()),
        (RIGHT, LOST, set()),
        ("blind_resend", UNANSWERED, {Wrong.DOUBLED, Wrong.LOST}),
        ("blind_resend", LOST, {Wrong.DOUBLED, Wrong.PHANTOM}),
        ("reject_on_timeout", UNANSWERED, {Wrong.LOST}),
    ],
)
def test_an_answer_that_is_lost(desk: Desk, wrong_engine: Break, engine: str, fault: str, said: set[Wrong]) -> None:
    wrong_engine(engine)
    one_leg(desk)
    desk.paper.fault(fault, **ORDER)
    desk.buy(order_type="market")
    desk.look_up()
    desk.settle()
    found = oracle.judge(judge.books(desk.account, desk.paper.ledger(desk.key)))
    assert {finding.wrong for finding in found} - {Wrong.STUCK} == said


# the database is away ----------------------------------------------------------------------------


@pytest.fixture
def database_away() -> Iterator[None]:
    """No alert can be stored."""

    def refused(point: str) -> None:
        if point == "door.insert.before":
            raise psycopg.OperationalError

    failpoints.arm(refused)
    yield
    failpoints.disarm()


async def answered() -> dict[str, set[int]]:
    """What a door promises to a sender."""
    await aside(make_source)
    sent = Sent()
    async with open_door() as visitor:
        sent.take("one", await visitor.post(f"/webhooks/{TOKEN}", {"id": "one", **BTC}))
        await asyncio.gather(*STORING)
    return sent.promised


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("engine", "said"), [(RIGHT, []), ("early_ack", [Wrong.LOST])])
async def test_an_alert_that_cannot_be_stored(
    database_away: None, wrong_engine: Break, engine: str, said: list[Wrong]
) -> None:
    wrong_engine(engine)
    promised = await answered()
    found = await aside(lambda: oracle.judge_alerts(judge.alerts(promised)))
    assert [finding.wrong for finding in found] == said


@pytest.mark.django_db(transaction=True)
async def test_an_alert_that_is_stored() -> None:
    promised = await answered()
    found = await aside(lambda: oracle.judge_alerts(judge.alerts(promised)))
    assert [finding.wrong for finding in found] == [Wrong.STUCK]  # nobody decides it here, and it is there


# two take the last slot --------------------------------------------------------------------------


@pytest.mark.parametrize(("engine", "over"), [(RIGHT, False), ("count_pool", True)])
def test_two_processes_and_one_slot(desk: Desk, wrong_engine: Break, engine: str, over: bool) -> None:
    chosen(one_leg(desk), max_open_groups=1)
    other = worker(desk)

    def meanwhile() -> None:
        """Another process takes the slot, and one more alert comes in."""
        other.decide()
        desk.alert(**BTC, interval="15")

    desk.alert(**BTC, interval="60")
    wrong_engine(engine)
    with injected(locks, "account", before=meanwhile):
        desk.decide()
    desk.settle()
    assert bool(CHECKS["I4"](timezone.now()).violations) is over
