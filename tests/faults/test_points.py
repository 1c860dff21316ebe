"""Every statement that changes something on the whole path of an order, every write to a venue and to the broker, lies between points.

Each path below says which stretches and points it goes through; a name of the table that no path goes through has to
say why. Reads have points where they are made within a stretch, and need none elsewhere: who dies at a read leaves
behind what who dies after the write before it does. What a person changes on a page and no order waits for (settings,
keys, waivers) is one transaction each, and no part of the path; no more is what charts keep in the broker. What the
kill process tells the broker in its own words lies between kill.begun and kill.engine_told.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from redis import Redis
from redis.client import Pipeline

from project import failpoints, failpoints_table
from project.accounts import mode
from project.accounts.models import BalanceMovement, ExchangeAccount
from project.journal import sealer
from signals.models import Instrument
from tests.support.factories import PRICES, Desk, make_desk
from tests.support.levers import LOST, ORDER, UNANSWERED, chosen, one_leg, time_passes
from tests.support.paper import PaperExchange
from tests.support.plugin import SERVERS
from tests.trading.doors import SECRET, aside, make_source, open_door
from tests.trading.kill.conftest import Button, button, home, spot
from tests.trading.services import offsets
from tests.trading.services.levers import entered
from tests.trading.services.test_dust import again, dusty
from tests.trading.services.test_fee_prices import bought, poor, priced
from tests.trading.services.test_whose_orders import LATCH, killed
from trading import bells, tasks
from trading.domain.budget import Call, of_limit
from trading.domain.order_state import OrderState
from trading.kill import engine, sequence
from trading.models import Order, PositionGroup, QueuedSignal
from trading.services import (
    connect,
    delisted,
    entry,
    exits,
    flatten,
    funding,
    human,
    instance,
    kill_import,
    kill_rest,
    pump,
    queue,
    reconcile,
    submit,
    work_down,
)
from trading.services.budget import SharedPurse
from trading.webhooks import conninfo

__all__ = ["button", "dusty", "home", "poor", "spot"]

CHANGES = ("INSERT", "UPDATE", "DELETE")
OURS = ("trading_order", "trading_fill", "trading_slot", "trading_positiongroup", "trading_queuedsignal")
OURS += ("trading_offsetrun", "trading_offsetstep", "trading_leg", "trading_pyramid", "trading_dustmove")
OURS += ("trading_fundingpayment", "trading_bareholding", "risk_riskdecision", "signals_alert", "signals_signal")
OURS += ("accounts_balancemovement", "accounts_exchangeaccount", "journal_journalentry", "journal_lease")
# Tables of the order path; caches of prices and balances may be written anywhere.
BY_HAND = 'INSERT INTO "signals_alert"'
# The test's own hand, in place of the door.
ASKS = frozenset({"EXISTS", "GET", "HMGET", "LLEN", "PTTL", "SMEMBERS", "TIME"})
# Of the broker's commands, those that change nothing.
BROKER = {
    "bell.unrung": "bell.remembered",
    "bell.remembered": "bell.rung",
    "bell.heard": "bell.forgotten",
    "budget.take.before": "budget.take.after",
    "budget.ban.before": "budget.ban.after",
}
# Where it is written to: the point before, and the point after.


@dataclass(frozen=True, slots=True)
class Way:
    """What a path goes through, and the stretches in which a venue is written to."""

    through: tuple[str, ...]
    sent: tuple[str, ...] = ()


def way(*through: str, sent: tuple[str, ...] = ()) -> Way:
    """A path."""
    return Way(through, sent)


PATHS: Mapping[str, Way] = {
    "test_an_alert_at_the_door": way("door.insert.before", "door.insert.after", "door.reply.before"),
    "test_entry_claim_call_answer_fill_target_and_exit": way(
        *("decide.batch", "order.t1", "order.t2", "engine.lease", "order.place", "order.t3", "fill.fetch", "fill.book"),
        *("exit.t1", "group.closing", "cancel.claim", "cancel.call", "order.look", "order.seen", "slot.release"),
        sent=("order.place", "fill.fetch", "cancel.call", "order.look"),
    ),
    "test_futures_with_leverage_and_a_stop_at_the_venue": way(
        *("order.terms", "order.place", "fill.look", "fill.book", "exit.sweep", "funding.book", "cancel.call"),
        *("group.closing", "slot.release"),
        sent=("order.terms", "order.place", "fill.look", "cancel.call", "order.look"),
    ),
    "test_a_part_that_fills_on_the_book": way("fill.look", "fill.absorb", "fill.fetch", "fill.book"),
    "test_look_ups_to_the_proof_of_absence": way(
        *("order.failed", "lookup.claim", "lookup.next", "lookup.ask", "lookup.evidence", "lookup.write"),
        sent=("order.place", "lookup.ask", "lookup.evidence"),
    ),
    "test_an_order_is_found_whose_answer_was_lost": way("order.failed", "lookup.ask", "lookup.write"),
    "test_a_sender_that_died": way("order.t2", "lookup.doubt", "lookup.claim", "lookup.write", sent=("lookup.ask",)),
    "test_a_promotion_from_the_queue": way(
        "queue.put", "slot.release", "group.after", "queue.promote", "queue.end", "queue.sweep"
    ),
    "test_an_offset_step": way(
        "offset.begin", "offset.step", "offset.book", "exit.reduce", "exit.t1", sent=("offset.book",)
    ),
    "test_a_watched_stop": way("exit.watch", "group.closing", "exit.t1"),
    "test_dust_that_is_merged": way("fill.book", "dust.merge", "exit.sweep"),
    "test_a_fee_that_gets_its_price": way("fill.book", "fill.price"),
    "test_an_alert_on_which_we_fail": way("decide.batch", "decide.apart"),
    "test_what_a_person_closes_settles_and_winds_down": way(
        "exit.by_hand", "flatten", "mode.change", "mode.work_down", "order.settle"
    ),
    "test_a_market_that_is_gone": way("delisted.name", "delisted.orders", "delisted.group"),
    "test_reconcile_by_its_task": way(
        *("bell.heard", "bell.forgotten", "lease.claim", "lease.release", "engine.lease", "reconcile.clock"),
        *("reconcile.baseline", "reconcile.explain", "reconcile.finish", "account.unhealthy"),
    ),
    "test_a_kill": way(
        *("kill.latch.before", "kill.latch.drafted", "kill.latch.linked", "kill.latch.after", "kill.row.before"),
        *("kill.row.uncommitted", "kill.row.after", "kill.begun", "kill.engine_told", "kill.cancel.before"),
        *("kill.place", "kill.flat.before", "mode.follow", "kill.import", "adopt.book", "kill.end_groups"),
        sent=("kill.place",),
    ),
    "test_what_a_kill_sold_of_no_single_group": way("kill.import", "kill.rest"),
    "test_the_brokers_writes": way("pump.due", *BROKER, *BROKER.values()),
    "test_the_seal": way("seal", "seal.unpublished", "seal.published"),
}
# By test.
ELSEWHERE: Mapping[str, str] = {}
# Names that no path goes through, and why.


@dataclass
class Listed:
    """What happened, in order: the names of points, and what lay outside of any."""

    path: Way
    points: list[str] = field(default_factory=list)
    bare: list[str] = field(default_factory=list)
    written: list[tuple[str, int]] = field(default_factory=list)  # to a venue: what, and after how many points
    told: list[tuple[str, int]] = field(default_factory=list)  # to the broker
    statements: int = 0
    by_hand: bool = False

    @contextmanager
    def own_hand(self) -> Iterator[None]:
        """What the test itself writes there is no process's."""
        self.by_hand = True
        yield
        self.by_hand = False

    def statement(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        """The outermost wrapper of SQL: the points of this statement come inside of it."""
        counts = sql.lstrip().startswith(CHANGES) and any(table in sql for table in OURS) and BY_HAND not in sql
        return self._between(execute, sql, *rest) if counts and not self.by_hand else execute(sql, *rest)

    def write(self, really: Callable[..., Any]) -> Callable[..., Any]:
        """The innermost write to a venue: its points come around it."""

        def written(url: str, method: str, *rest: Any) -> Any:
            self.written.append((f"{method} {url}", len(self.points)))
            return really(url, method, *rest)

        return written

    def command(self, really: Callable[..., Any]) -> Callable[..., Any]:
        """Every command to the broker by itself."""

        def sent(client: Redis, *words: Any, **options: Any) -> Any:
            self._tell([str(words[0])])
            return really(client, *words, **options)

        return sent

    def pipeline(self, really: Callable[..., Any]) -> Callable[..., Any]:
        """Commands to the broker that go out together."""

        def sent(client: Pipeline, *words: Any, **options: Any) -> Any:
            self._tell([str(command[0][0]) for command in client.command_stack])
            return really(client, *words, **options)

        return sent

    def _tell(self, names: list[str]) -> None:
        changing = [name for name in names if name.upper() not in ASKS]
        if changing and not self.by_hand:
            self.told.append((" ".join(changing), len(self.points)))

    def _between(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self.statements += 1
        first = len(self.points)
        result = execute(*arguments)
        inside = self.points[first:]
        good = inside and ".sql" in inside[0] and inside[0].endswith(".before") and inside[-1] == _after(inside[0])
        self.bare += [] if good else [arguments[0][:120]]
        return result

    def around(self, place: int) -> tuple[str, str]:
        """The point before something that came after so many points, and the one behind it; empty where there is none."""
        return (["", *self.points][place], [*self.points, ""][place])

    def outside(self) -> list[str]:
        """Everything that was written outside of any two points that belong together."""
        venue = [what for what, at in self.written if not _is_pair(*self.around(at))]
        broker = [what for what, at in self.told if self.around(at)[0] not in BROKER]
        return self.bare + venue + broker

    def missing(self) -> list[str]:
        """What the path should have gone through, from begin to end, and did not; of a write, the points on both sides."""
        seen = set(self.points)
        through = [
            name for name in self.path.through if name not in seen and not {f"{name}.begin", f"{name}.end"} <= seen
        ]
        sent = [name for name in self.path.sent if not {f"{name}.wire1.before", f"{name}.wire1.after"} <= seen]
        return through + sent


def _after(before: str) -> str:
    return before.removesuffix(".before") + ".after"


def _is_pair(before: str, behind: str) -> bool:
    return ".wire" in before and before.endswith(".before") and behind == _after(before)


@pytest.fixture
def listed(transactional_db: None, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listed]:
    found = Listed(PATHS[request.node.name])
    monkeypatch.setattr(Redis, "execute_command", found.command(Redis.execute_command))
    monkeypatch.setattr(Pipeline, "execute", found.pipeline(Pipeline.execute))
    failpoints.arm(found.points.append)
    with connection.execute_wrapper(found.statement):
        yield found
    failpoints.disarm()


def watched(desk: Desk, listed: Listed) -> Desk:
    """The desk's gateway writes where the list sees it."""
    gateway: Any = desk.gateway
    gateway._write = listed.write(gateway._write)
    return desk


def complete(listed: Listed) -> bool:
    """The whole path was gone, something was seen, nothing lay bare, and every point has a name that the table knows."""
    assert listed.missing() == []
    assert listed.outside() == []
    assert [name for name in listed.points if not failpoints_table.is_known(name)] == []
    return listed.statements > 0


def leaves(desk: Desk, symbol: str = "BTCUSDT") -> None:
    """An exit alert, and what follows."""
    desk.alert(symbol=symbol, action="exit")
    desk.decide()
    desk.settle()


def client(desk: Desk) -> Any:
    """The venue's, for a person's own orders."""
    found: Any = desk.gateway._client  # type: ignore[attr-defined]
    return found


# the table ---------------------------------------------------------------------------------------


def test_every_name_of_the_table_is_on_a_path_or_says_why_not() -> None:
    gone = {name for path in PATHS.values() for name in path.through}
    assert gone | ELSEWHERE.keys() == failpoints_table.KNOWN_SPANS | failpoints_table.KNOWN_POINTS
    assert not gone & ELSEWHERE.keys()
    assert set(PATHS) <= globals().keys()


# the paths ---------------------------------------------------------------------------------------


async def test_an_alert_at_the_door(listed: Listed) -> None:
    with listed.own_hand():
        await aside(make_source)
    async with open_door() as visitor:
        reply = await visitor.post(body={"symbol": "BINANCE:BTCUSDT", "action": "buy", "secret": SECRET})
    assert reply.status_code == 202
    assert listed.points == list(listed.path.through)


def test_entry_claim_call_answer_fill_target_and_exit(desk: Desk, listed: Listed) -> None:
    instance.forget()
    watched(one_leg(desk), listed).buy(order_type="market")
    leaves(desk)
    assert complete(listed)
    assert listed.written


@pytest.fixture
def perps(transactional_db: None, paper_process: PaperExchange) -> Desk:
    """A futures account whose groups have a stop that rests at the venue."""
    paper_process.faults([])
    made = one_leg(make_desk(paper_process, venue="binanceusdm"))
    chosen(made, per_symbol_pct="50", stop="fixed", fixed_stop_pct="3")
    return made


def test_futures_with_leverage_and_a_stop_at_the_venue(perps: Desk, listed: Listed) -> None:
    watched(perps, listed)
    perps.alert(symbol="BTCUSDT.P", action="sell", price="60000", interval="60", size="1000 USDT")
    perps.decide()
    perps.settle()
    perps.price("BTCUSDT", "60050")
    perps.settle()
    perps.sweep()
    assert Order.objects.get(purpose="STOP").venue_algo_id
    perps.paper.funding(symbol="BTCUSDT")
    assert funding.collect(perps.account, gateway=perps.gateway, clock=timezone.now) == 1
    leaves(perps, "BTCUSDT.P")
    assert PositionGroup.objects.get().status == "CLOSED"
    assert complete(listed)
    sent = " ".join(what for what, _ in listed.written)
    assert all(words in sent for words in ("POST", "/leverage", "/algoOrder", "DELETE"))


def test_a_part_that_fills_on_the_book(desk: Desk, listed: Listed) -> None:
    watched(one_leg(desk), listed).buy(price="59901.37")
    desk.paper.price("BTCUSDT", "59901.30", qty="0.0004")
    desk.settle()
    assert Order.objects.get(purpose="ENTRY").state == "PARTIALLY_FILLED"
    assert complete(listed)


def test_look_ups_to_the_proof_of_absence(desk: Desk, listed: Listed) -> None:
    watched(one_leg(desk), listed)
    desk.paper.fault(LOST, **ORDER)
    desk.buy(price="59900")
    for _ in range(connect.timing().polls):
        with listed.own_hand():
            time_passes()
        desk.look_up()
    assert Order.objects.earliest("id").state == "NOT_PLACED"
    assert complete(listed)


def test_an_order_is_found_whose_answer_was_lost(desk: Desk, listed: Listed) -> None:
    watched(one_leg(desk), listed)
    desk.paper.fault(UNANSWERED, **ORDER)
    desk.buy()
    assert Order.objects.get().state == "UNKNOWN"
    desk.look_up()
    assert complete(listed)


def test_a_sender_that_died(desk: Desk, listed: Listed) -> None:
    entered(watched(one_leg(desk), listed))
    submit.claim(desk.account.pk, opening=True, now=timezone.now(), timing=connect.timing())
    with listed.own_hand():
        time_passes()
    desk.look_up()
    assert complete(listed)


def test_a_promotion_from_the_queue(desk: Desk, listed: Listed) -> None:
    chosen(one_leg(desk), max_open_groups=1)
    watched(desk, listed).buy(order_type="market")
    desk.buy("ETHUSDT", "3000")
    assert QueuedSignal.objects.get().state == QueuedSignal.State.WAITING
    queue.sweep(desk.account.pk, now=timezone.now())
    leaves(desk)
    assert QueuedSignal.objects.get().state == QueuedSignal.State.PROMOTED
    assert complete(listed)


def test_an_offset_step(desk: Desk, listed: Listed) -> None:
    offsets.carried_out(offsets.scene(watched(desk, listed), "ETHUSDT"))
    assert complete(listed)


def test_a_watched_stop(desk: Desk, listed: Listed) -> None:
    chosen(one_leg(desk), stop="fixed", fixed_stop_pct="3")
    watched(desk, listed).buy(order_type="market")
    desk.price("BTCUSDT", "58000")
    assert desk.watch() == 1
    assert complete(listed)


def test_dust_that_is_merged(dusty: Desk, listed: Listed) -> None:
    again(watched(dusty, listed))
    assert complete(listed)


def test_a_fee_that_gets_its_price(poor: Desk, listed: Listed) -> None:
    bought(poor)
    priced()
    poor.sweep()
    assert complete(listed)


def test_an_alert_on_which_we_fail(desk: Desk, listed: Listed, monkeypatch: pytest.MonkeyPatch) -> None:
    real = entry.enter

    def failing(books: Any, meant: Any, *others: Any) -> Any:
        if meant.instrument.symbol == "ETH/USDT":
            raise LookupError("nobody thought of this")
        return real(books, meant, *others)

    monkeypatch.setattr(entry, "enter", failing)
    alerts = [desk.alert(symbol=symbol, action="buy", price=price) for symbol, price in PRICES.items()]
    desk.decide()
    for alert in alerts:
        alert.refresh_from_db()
    assert [alert.outcome for alert in alerts] == ["ENTERED", "DEFECT", "ENTERED"]
    assert complete(listed)


def test_what_a_person_closes_settles_and_winds_down(desk: Desk, listed: Listed) -> None:
    chosen(one_leg(desk), reduce_step_pct="50", reduce_step_minutes=10)
    watched(desk, listed).buy(order_type="market")
    desk.buy("ETHUSDT", "2990")
    with listed.own_hand():
        Order.objects.filter(instrument__base="ETH").update(state="NEEDS_HUMAN")
    for order in Order.objects.filter(state="NEEDS_HUMAN"):
        human.settle(order.pk, to=OrderState.NOT_PLACED, operator="mira", reason="not there", now=timezone.now())
    mode.change("REDUCED", operator="mira", reason="winding down")
    assert work_down.work_down(desk.account.pk, now=timezone.now() + timedelta(seconds=1)) == 1
    assert exits.close_by_hand(
        PositionGroup.objects.get(instrument__base="BTC").pk, operator="mira", now=timezone.now()
    )
    desk.settle()
    flatten.flatten(desk.account.pk, operator="mira", now=timezone.now())
    assert complete(listed)


def test_a_market_that_is_gone(desk: Desk, listed: Listed) -> None:
    watched(one_leg(desk), listed).buy(order_type="market")
    target = Order.objects.get(purpose="TARGET")
    client(desk).cancel_order(target.venue_order_id, "BTC/USDT")
    client(desk).create_order("BTC/USDT", "market", "sell", str(target.qty))
    with listed.own_hand():
        gone = {"active": False, "status": "GONE", "stopped_at": timezone.now() - timedelta(hours=1)}
        Instrument.objects.filter(symbol="BTC/USDT").update(**gone)
    assert delisted.end_converted(desk.account, gateway=desk.gateway, clock=timezone.now) == 1
    assert complete(listed)


def test_reconcile_by_its_task(desk: Desk, listed: Listed) -> None:
    watched(desk, listed)
    with listed.own_hand():
        BalanceMovement.objects.all().delete()
    tasks.reconcile_books(desk.account.pk)
    desk.paper.deposit({"USDT": "250"}, account=desk.key)
    instance.forget()
    tasks.reconcile_books(desk.account.pk)
    assert BalanceMovement.objects.filter(kind="foreign").count() == 1
    desk.paper.fault(LOST, method="GET", path="/api/v3/*", times=50)
    tasks.reconcile_books(desk.account.pk)
    assert ExchangeAccount.objects.get().health
    assert complete(listed)


def test_a_kill(spot: Desk, button: Button, listed: Listed) -> None:
    chosen(spot, legs=[["0", "50", "1"], ["-2", "50", "1"]], first_entry="market")
    spot.buy()
    button.files()
    latch = button.press()
    assert engine.write_mode(conninfo(), latch) == "the mode row says EMERGENCY"
    assert sequence.run(button.around, latch)
    steps = ["kill.latch.before", "kill.latch.after", "kill.begun", "kill.engine_told", "kill.cancel.before"]
    assert [name for name in listed.points if name in steps][: len(steps)] == steps
    assert listed.points.index("kill.place.wire1.after") < listed.points.index("kill.flat.before")
    mode.follow_latch()
    kill_import.take_over(button.home)
    spot.poll()
    assert kill_import.book_sales(spot.account, gateway=spot.gateway, clock=timezone.now) == 1
    assert not PositionGroup.objects.filter(closed_at=None).exists()
    assert complete(listed)


def test_what_a_kill_sold_of_no_single_group(desk: Desk, listed: Listed, tmp_path: Path) -> None:
    desk.paper.deposit({"BTC": "1"}, account=desk.key)
    timing = connect.timing()
    reconcile.reconcile(desk.account.pk, gateway=desk.gateway, clock=timezone.now, timing=timing)
    sale = client(watched(desk, listed)).create_order("BTC/USDT", "market", "sell", "0.0003")
    killed(desk, tmp_path, venue_order_id=str(sale["id"]), symbol="BTC/USDT")
    assert kill_rest.explain(desk.account, LATCH, gateway=desk.gateway, now=timezone.now())
    assert complete(listed)


def test_the_brokers_writes(desk: Desk, listed: Listed) -> None:
    """A bell that is rung, sent and heard; a budget that is spent from and shut."""
    with listed.own_hand():
        broker = Redis.from_url(SERVERS.redis_url)
        broker.flushdb()
    entered(one_leg(desk))
    with listed.own_hand():
        broker.flushdb()
    pump.ring_due(now=timezone.now())
    bells.heard("submit_entries", desk.account.pk)
    purse = SharedPurse(broker, "test-points", of_limit(600))
    assert purse.take(Call.EXIT, 1) == 0
    purse.ban(0.001)
    broker.close()
    assert complete(listed)
    around = {listed.around(at) for _, at in listed.told}
    assert set(BROKER.items()) <= around


def test_the_seal(desk: Desk, listed: Listed, tmp_path: Path) -> None:
    """What is published goes out between its points, after the commit."""
    published: list[int] = []
    heads = tmp_path / "heads"
    told = lambda _: published.append(len(listed.points))  # noqa: E731
    assert sealer.seal_all(holder="test:1", now=timezone.now(), publish=told, heads=heads) > 0
    assert {listed.around(at) for at in published} == {("seal.unpublished", "seal.published")}
    assert complete(listed)
