"""Whatever happens in whatever order: wallets are the sum of their incomes, positions the sums of their fills."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trading.paper.core.perps.worlds import BTC, carry_out, world
from tests.trading.paper.core.worlds import a
from trading.paper.core.atoms import SCALE
from trading.paper.core.depth import Depth
from trading.paper.core.orders import OrderType, SelfTrade, Side, Terms, TimeInForce
from trading.paper.core.perps import algos, commands, margin, trades
from trading.paper.core.perps.apply import apply
from trading.paper.core.perps.events import Funded, Insured, Isolated, PerpDeposited, PerpEvent, PerpFilled, Sided
from trading.paper.core.perps.margin import Extra
from trading.paper.core.perps.orders import PRICE_MATCHES, AlgoRequest, AlgoType, PerpOrder, PerpRequest, PositionSide
from trading.paper.core.perps.state import PerpAccount, Perps, opened
from trading.paper.core.prints import Print
from trading.paper.core.refusals import Refused
from trading.paper.ledger import records

DEPTH = Depth(levels=3, level_notional=a("30000"))
NAMES = ["ann", "bob"]

prices = st.integers(580_000, 620_000).map(lambda ticks: ticks * BTC.tick_size)
qtys = st.integers(1, 900).map(lambda lots: lots * BTC.lot_step)
sides = st.sampled_from(Side)
sometimes = st.integers(0, 3).map(lambda number: number == 0)
# Of hedge mode; in one-way mode every order is turned to BOTH.
apart = st.sampled_from([PositionSide.LONG, PositionSide.SHORT])


@st.composite
def requests(draw: st.DrawFn) -> PerpRequest:
    kind = draw(st.sampled_from([OrderType.LIMIT, OrderType.LIMIT_MAKER, OrderType.MARKET]))
    return PerpRequest(
        account=draw(st.sampled_from(NAMES)),
        symbol="BTCUSDT",
        side=draw(sides),
        type=kind,
        time_in_force=draw(st.sampled_from(TimeInForce)) if kind is OrderType.LIMIT else TimeInForce.GTC,
        price=0 if kind is OrderType.MARKET else draw(prices),
        qty=draw(qtys),
        position_side=draw(apart),
        reduce_only=draw(sometimes),
        terms=Terms(0, self_trade=draw(st.sampled_from(SelfTrade)).value) if draw(sometimes) else None,
        price_match=draw(st.sampled_from(sorted(PRICE_MATCHES)))
        if kind is not OrderType.MARKET and draw(sometimes)
        else "",
        good_till_ms=3 if draw(sometimes) else 0,
    )


@st.composite
def conditionals(draw: st.DrawFn) -> AlgoRequest:
    kind = draw(st.sampled_from(AlgoType))
    trails = kind is AlgoType.TRAILING_STOP_MARKET
    return AlgoRequest(
        account=draw(st.sampled_from(NAMES)),
        symbol="BTCUSDT",
        side=draw(sides),
        type=kind,
        time_in_force="GTC",
        price=draw(prices),
        qty=draw(qtys),
        position_side=draw(apart),
        reduce_only=draw(st.booleans()),
        close_position=kind in (AlgoType.STOP_MARKET, AlgoType.TAKE_PROFIT_MARKET) and draw(st.booleans()),
        trigger_price=0 if trails else draw(prices),
        callback_rate=a("0.01") if trails else 0,
    )


# Further away than orders may lie, so that some accounts are wiped out.
strangers = st.builds(
    Print,
    at_ms=st.just(3),
    price=st.integers(450_000, 750_000).map(lambda ticks: ticks * BTC.tick_size) | prices,
    qty=st.none() | qtys,
    aggressor=sides,
)
fundings = st.builds(Funded, st.just(4), st.just("BTCUSDT"), st.integers(-300_000, 300_000), prices)
changes = st.tuples(st.integers(0, 30), prices, qtys)
Step = PerpRequest | AlgoRequest | Print | Funded | int | tuple[int, int, int]
steps = st.lists(
    st.one_of(requests(), requests(), requests(), conditionals(), strangers, strangers, fundings, st.integers(0, 30))
    | changes,
    min_size=10,
    max_size=40,
)
modes = st.tuples(st.booleans(), st.booleans())
# (hedge, isolated), for both accounts.


def opened_world(mode: tuple[bool, bool]) -> Perps:
    perps = world(depth=DEPTH)
    for account in perps.accounts.values():
        account.dual = mode[0]
        account.isolated = {"BTCUSDT"} if mode[1] else set()
    return perps


def follow(perps: Perps) -> list[PerpEvent]:
    done = carry_out(perps, algos.fire(perps, "BTCUSDT", now_ms=3))
    done += carry_out(perps, trades.expire(perps, now_ms=3))
    return done + carry_out(perps, trades.liquidate(perps, "BTCUSDT", now_ms=3))


def fitted(perps: Perps, step: Step) -> Step:
    """The step as the account's position mode wants it."""
    if isinstance(step, PerpRequest | AlgoRequest) and not perps.accounts[step.account].dual:
        return replace(step, position_side=PositionSide.BOTH)
    if isinstance(step, PerpRequest) and commands.closes(step.side, step.position_side):
        return replace(step, reduce_only=True)
    return step


def changed(perps: Perps, order: PerpOrder, price: int, qty: int) -> Iterator[PerpEvent]:
    wanted = PerpRequest(
        account=order.account,
        symbol="BTCUSDT",
        side=order.side,
        type=order.type,
        time_in_force=order.time_in_force,
        price=price,
        qty=qty,
        position_side=order.position_side,
        reduce_only=order.reduce_only,
    )
    return commands.amend(perps, order, wanted, now_ms=2)


def carry_on(perps: Perps, step: Step) -> list[PerpEvent]:
    """One step; a refused one changes nothing."""
    market = perps.markets["BTCUSDT"]
    try:
        match fitted(perps, step):
            case PerpRequest() as step:
                return carry_out(perps, commands.place(perps, step, now_ms=2))
            case AlgoRequest() as step:
                return carry_out(perps, algos.place(perps, step, now_ms=2))
            case Print():
                market.price = step.price
                return carry_out(perps, trades.printed(perps, market, step)) + follow(perps)
            case Funded():
                return carry_out(perps, [step]) + follow(perps)
            case (order_id, price, qty):
                order = perps.orders.get(order_id)
                return carry_out(perps, changed(perps, order, price, qty)) if order else []
            case _:
                order = perps.orders.get(step)
                return carry_out(perps, commands.cancel(order, now_ms=2)) if order else []
    except Refused:
        return []


def played(mode: tuple[bool, bool], script: list[Step]) -> tuple[Perps, list[PerpEvent]]:
    perps = opened_world(mode)
    events: list[PerpEvent] = [deposit for name in NAMES for deposit in perps.deposits[name]]
    for step in script:
        events += carry_on(perps, step)
    return perps, events


def booked(perps: Perps, events: list[PerpEvent]) -> Counter[str]:
    """Every wallet, added up from the events by hand, positions followed along for the funding."""
    total: Counter[str] = Counter()
    held: Counter[tuple[str, str]] = Counter()
    for event in events:
        match event:
            case PerpDeposited() | Insured():
                total[event.account] += event.amount
            case PerpFilled():
                order = perps.orders[event.order_id]
                total[order.account] += event.realised - event.fee
                held[order.account, order.position_side] += event.qty * (1 if order.side is Side.BUY else -1)
            case Funded():
                for (name, _), qty in held.items():
                    total[name] -= qty * event.mark * event.rate // SCALE**2
    return total


@settings(max_examples=200, deadline=None)
@given(modes, steps)
def test_a_wallet_is_what_was_booked_to_it(mode: tuple[bool, bool], script: list[Step]) -> None:
    perps, events = played(mode, script)
    wallets = {name: account.wallet for name, account in perps.accounts.items()}
    assert wallets == dict(booked(perps, events))
    assert wallets == {name: sum(one.amount for one in perps.accounts[name].incomes) for name in NAMES}


@settings(max_examples=150, deadline=None)
@given(modes, steps)
def test_a_position_is_the_sum_of_its_fills(mode: tuple[bool, bool], script: list[Step]) -> None:
    perps, _ = played(mode, script)
    total: Counter[tuple[str, str]] = Counter()
    for order in perps.orders.values():
        assert order.filled == sum(fill.qty for fill in order.fills) <= order.qty
        total[order.account, order.position_side] += order.filled * (1 if order.side is Side.BUY else -1)
    for account in perps.accounts.values():
        for (_, side), position in account.positions.items():
            assert position.qty == total[account.name, side]
            assert position.isolated_wallet == 0 or position.qty


@settings(max_examples=200, deadline=None)
@given(modes, steps)
def test_an_accepted_order_leaves_no_margin_short(mode: tuple[bool, bool], script: list[Step]) -> None:
    perps = opened_world(mode)
    for step in script:
        added = _added(perps, step)
        accepted = bool(carry_on(perps, step))
        if accepted and added > 0:
            assert margin.summary(perps, perps.accounts[step.account]).available >= -10


def _added(perps: Perps, step: Step) -> int:
    """What an order would add to its account's margin, at its price."""
    step = fitted(perps, step)
    if not isinstance(step, PerpRequest) or step.reduce_only:
        return 0
    account = perps.accounts[step.account]
    extra = Extra(step.side, step.position_side, max(step.price, perps.markets["BTCUSDT"].price) * step.qty // SCALE)
    before = margin.total_initial(perps, account, "BTCUSDT")
    return margin.total_initial(perps, account, "BTCUSDT", extra) - before


@settings(max_examples=150, deadline=None)
@given(modes, steps)
def test_reduce_only_never_adds_and_nobody_stays_below_zero(mode: tuple[bool, bool], script: list[Step]) -> None:
    perps = opened_world(mode)
    for step in script:
        before = Counter({account.name: _size(account) for account in perps.accounts.values()})
        carry_on(perps, step)
        if isinstance(step, PerpRequest) and fitted(perps, step).reduce_only:
            assert _size(perps.accounts[step.account]) <= before[step.account]
        if isinstance(step, Print):
            assert all(margin.summary(perps, account).equity >= 0 for account in perps.accounts.values())


@settings(max_examples=100, deadline=None)
@given(modes, steps, st.integers(0, 2_000).map(lambda units: units * SCALE))
def test_what_the_fund_pays_and_takes_is_booked_on_both_sides(
    mode: tuple[bool, bool], script: list[Step], fund: int
) -> None:
    perps = opened_world(mode)
    perps.insurance = fund
    perps.contracts["BTCUSDT"] = perps.markets["BTCUSDT"].instrument = replace(BTC, liquidation_rate=a("0.0125"))
    events = [event for step in script for event in carry_on(perps, step)]
    booked_ = sum(event.amount for event in events if isinstance(event, Insured))
    assert perps.insurance == fund - booked_ >= 0
    assert perps.insurance == 0 or all(account.wallet >= 0 for account in perps.accounts.values() if not account.held())


def _set_up(mode: tuple[bool, bool]) -> list[tuple[type, tuple[str | int, ...]]]:
    return [(Sided, (int(mode[0]),)), (Isolated, ("BTCUSDT", int(mode[1])))]


def _size(account: PerpAccount) -> int:
    return sum(abs(position.qty) for position in account.held())


@settings(max_examples=100, deadline=None)
@given(modes, steps)
def test_the_ledger_alone_rebuilds_everything(mode: tuple[bool, bool], script: list[Step]) -> None:
    perps, events = played(mode, script)
    again = opened([BTC], depth=DEPTH)
    settings_events = [event(0, name, *more) for name in NAMES for event, more in _set_up(mode)]
    for event in settings_events:
        apply(again, event)
    again.markets["BTCUSDT"].price = perps.markets["BTCUSDT"].price
    for event in records.parse(records.line(events)):
        apply(again, event)
    assert again.accounts == perps.accounts
    assert [(o.id, o.status, o.filled) for o in again.orders.values()] == [
        (o.id, o.status, o.filled) for o in perps.orders.values()
    ]
    assert [(o.id, o.stage, o.extreme) for o in again.algos.values()] == [
        (o.id, o.stage, o.extreme) for o in perps.algos.values()
    ]
    half, other = perps.markets["BTCUSDT"].book.buys, again.markets["BTCUSDT"].book.buys
    assert [order.id for order in half.walk()] == [order.id for order in other.walk()]
