"""A venue misbehaves in every way it can, evenly, while accounts trade on it; each account's books are judged in the end.

What tests.faults.storm does to a whole stack, in one process: the workers' own services in the workers' order, and time
passes at once instead of being waited for. So thousands of orders take minutes. The default run lets each fault happen
once; a campaign is asked for by the environment, and adds its line to a file:

    WINDLASS_STORM=70 WINDLASS_STORM_FILE=tests/faults/records/squalls.jsonl pytest tests/engine/test_storm.py -k bybit
"""

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from project.journal import sealer
from risk.models import Breaker
from signals.market import venues
from tests.engine.stage import fresh_desk, reconciled, settle
from tests.faults import judge, ledgers, oracle, records, storm
from tests.support.factories import PRICES, Desk
from tests.support.levers import chosen, impatient, patient, time_passes
from tests.support.paper import PaperExchange
from trading.errors import NotReached, Unknown
from trading.gateways.base import OrderReport, OrderRequest
from trading.gateways.ccxt_gateway import CcxtGateway
from trading.models import Order, Pyramid
from trading.services import budget, reconcile
from trading.services.invariants import check_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.repeats]

ACCOUNTS = int(os.environ.get("WINDLASS_STORM", "1"))
FILE = os.environ.get("WINDLASS_STORM_FILE", "")
EACH = 3 if FILE else 1
# So often each fault befalls one account.
MOST_GROUPS = 60
APART = {"order": 3, "cancel": 2, "question": 15}
# Requests between two faults, on average.
PATIENCE_MS = 300
# Of the client, with a venue that may not answer.
MS: Mapping[str, int] = {
    "appear_late": 150,
    "delay_ms": PATIENCE_MS + 100,
    "rate_limit": 20,
    "ban": 20,
    "maintenance": 20,
    "clock_skew": 7000,
}
LATE_SECS = {"appear_late": 0.2, "delay_ms": 0.2}
# After the client has given up, so long until the venue's books tell everything: nothing may be proven absent before.
SETTINGS: Mapping[str, Any] = {
    **judge.SETTINGS,
    "legs": [[deviation, "12.5", "1"] for deviation in ("0", "-0.2", "-0.4", "-0.6", "-0.8", "-4", "-5", "-6")],
    "capital_per_pyramid": "1000 USDT",
    "first_entry": "limit",
}
PATH = ("99.7", "99.1", "101.2")
# Of the entry's price, percent: through most of the legs, then their targets; a short goes the other way.
INTERVALS = ("15", "60", "240")


class Trader:
    """One account, what it does, and what befell it."""

    def __init__(self, desk: Desk, rng: random.Random) -> None:
        self.desk, self._rng = desk, rng
        self._derivative = venues.VENUES[desk.account.venue].derivative
        chosen(desk, **SETTINGS)
        desk.paper.faults(_plan(desk.account.venue, rng))

    @property
    def befallen(self) -> list[dict[str, Any]]:
        """Every fault that has happened on this exchange."""
        found: list[dict[str, Any]] = self.desk.paper.read("fault")["happened"]
        return found

    def trade(self) -> None:
        """A group's life: an entry of eight legs, a market that goes through them and back, an exit."""
        before = len(self.befallen)
        symbol, short = self._rng.choice(sorted(PRICES)), self._derivative and self._rng.random() < 0.4
        price = Decimal(PRICES[symbol])
        name = f"{symbol}.P" if self._derivative else symbol
        way = {"action": "sell", "market_position": "short"} if short else {"action": "buy"}
        self.desk.paper.price(symbol, str(price))
        self._at_work(Desk.refresh)
        self.desk.alert(symbol=name, interval=self._rng.choice(INTERVALS), price=str(price), **way)
        self._at_work(Desk.decide, Desk.submit)
        for percent in PATH[: self._rng.randint(1, len(PATH))]:
            level = Decimal(200) - Decimal(percent) if short else Decimal(percent)
            self.desk.paper.price(symbol, str((price * level / 100).quantize(Decimal("0.01"))))
            self._at_work(Desk.poll, Desk.submit)
        self.desk.alert(symbol=name, action="exit")
        self._at_work(Desk.decide, Desk.submit, Desk.poll)
        self._goes_on(Counter(one["action"] for one in self.befallen[before:]))

    def _at_work(self, *tasks: Callable[[Desk], object]) -> None:
        """Tasks at work: a venue that cannot be asked shuts the account until it is reconciled."""
        for task in tasks:
            impatient(self.desk, timeout_ms=PATIENCE_MS)
            try:
                task(self.desk)
            except NotReached as error:
                reconcile.mark_unhealthy(self.desk.account.pk, code=error.code, detail=str(error))

    def _goes_on(self, happened: Counter[str]) -> None:
        """Time passes: late orders show, clocks are put right, breakers rest, what is undecided may be looked up."""
        time.sleep(max((secs for action, secs in LATE_SECS.items() if happened[action]), default=0.0))
        self.desk.paper.control("clock", {"skew_ms": 0})
        _hours_pass()
        self._at_work(Desk.look_up, reconciled, Desk.settle)

    def settled(self) -> list[str]:
        """What is wrong once nothing goes wrong any more and the dust has settled."""
        self.desk.paper.faults([])
        self.desk.paper.control("clock", {"skew_ms": 0})
        patient(self.desk)
        _hours_pass()
        reconciled(self.desk)
        try:
            settle(self.desk)
        except AssertionError as error:  # it is one of the things that may be wrong
            return [f"stuck: {error}"]
        told, words = self.desk.paper.read("ledger"), ledgers.WORDS[self.desk.account.venue]
        side = told[words.side] if words.side else told
        books = judge.books(self.desk.account, side["accounts"].get(words.prefix + self.desk.key, {}))
        while sealer.seal_batch(holder="test", now=timezone.now()):
            pass
        checked = check_all(clock=timezone.now, settle_secs=0)
        found = [f"{name}: {said}" for name, result in checked.items() for said in result.violations]
        return [f"{finding.wrong}: {finding.words}" for finding in oracle.judge(books)] + found


def _hours_pass() -> None:
    hours = timedelta(hours=5)
    Pyramid.objects.update(created_at=F("created_at") - hours)
    Order.objects.exclude(acknowledged_at=None).update(acknowledged_at=F("acknowledged_at") - hours)
    Breaker.objects.exclude(opened_at=None).update(opened_at=F("opened_at") - hours)
    budget._probed.clear()
    time_passes()


def _plan(venue: str, rng: random.Random) -> list[dict[str, Any]]:
    """The storm's rules, with waits that a test can stand."""
    rules = storm.plan(venue, rng, EACH, APART)
    return [rule | ({"ms": MS[rule["action"]]} if rule["action"] in MS else {}) for rule in rules]


def _missing(venue: str, happened: Counter[str]) -> Iterator[str]:
    return (fault.name for fault in storm.faults_of(venue) if happened[fault.name] < EACH)


def _stormed(exchange: PaperExchange, venue: str, seed: int) -> tuple[Counter[str], list[str]]:
    """Trade on one account after the other until each has met every fault; what happened, and what is wrong."""
    began, rng, faults, orders, wrong = (
        time.monotonic(),
        random.Random(f"{venue}/{seed}"),
        Counter[str](),
        0,
        list[str](),
    )
    for _ in range(ACCOUNTS):
        trader = Trader(fresh_desk(exchange, venue=venue), rng)
        before, happened = len(trader.befallen), Counter[str]()
        for _ in range(MOST_GROUPS):
            trader.trade()
            happened = storm.happened(trader.befallen[before:], venue)
            if not any(_missing(venue, happened)):
                break
        faults += happened
        wrong += trader.settled()
        orders += Order.objects.exclude(venue_order_id="", venue_algo_id="").count()
    if FILE:
        _kept(venue, seed, orders, faults, wrong, time.monotonic() - began)
    return faults, wrong


def _kept(venue: str, seed: int, orders: int, faults: Counter[str], wrong: list[str], secs: float) -> None:
    counts = {name: sum(words.startswith(name) for words in wrong) for name in records.WRONGS}
    line = {"venue": venue, "seed": seed, "orders": orders, "accounts": ACCOUNTS, "faults": dict(faults)}
    records.append(Path(FILE), {**line, **counts, "broken": wrong, "secs": round(secs, 1)})


@pytest.mark.parametrize("venue", sorted(storm.PATHS))
def test_every_fault_of_a_venue_and_the_books_come_right(exchange: PaperExchange, venue: str) -> None:
    faults, wrong = _stormed(exchange, venue, int(os.environ.get("WINDLASS_STORM_SEED", "7")))
    assert wrong == []
    assert list(_missing(venue, faults)) == []


def test_an_engine_that_sends_again_does_not_pass(exchange: PaperExchange, monkeypatch: pytest.MonkeyPatch) -> None:
    """The storm's own test: what is unknown is placed anew under another name."""
    place = CcxtGateway.place

    def twice(gateway: CcxtGateway, request: OrderRequest) -> OrderReport:
        try:
            return place(gateway, request)
        except Unknown:
            return place(gateway, replace(request, client_order_id=request.client_order_id[::-1]))

    monkeypatch.setattr(CcxtGateway, "place", twice)
    monkeypatch.setattr(f"{__name__}.FILE", "")
    _, wrong = _stormed(exchange, "binance", 7)
    assert [words for words in wrong if words.startswith("doubled")]
