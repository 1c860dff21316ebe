"""Rows for the page: one paper account in the middle of an ordinary day, and the small makers they are built from."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from project.accounts.models import Balance, Checkup, ExchangeAccount, Installation, Role, TradingMode, User
from signals.models import Alert, Instrument, Refusal, Signal, Source, Ticker
from trading.domain.order_state import OrderState
from trading.domain.vocabulary import GroupStatus, OrderType, PositionSide, Purpose
from trading.models import Canary, Fill, Leg, Order, PositionGroup, Pyramid, QueuedSignal, Slot

S, D = OrderState, Decimal
PASSWORD = "correct horse battery"
RULES = {  # tick, lot, last
    "BTC": ("0.01", "0.00001", "61688.40"),
    "ETH": ("0.01", "0.0001", "2634.12"),
    "SOL": ("0.01", "0.001", "148.90"),
    "XRP": ("0.0001", "0.1", "0.5210"),
}


def user(name: str = "mira", role: str = Role.TRADER, **fields: Any) -> User:
    return User.objects.create_user(name, password=PASSWORD, role=role, **fields)


def admin(name: str = "root") -> User:
    return user(name, Role.ADMIN, is_staff=True, is_superuser=True)


def account(owner: User, name: str = "paper-1", **fields: Any) -> ExchangeAccount:
    return ExchangeAccount.objects.create(user=owner, name=name, **{"armed": True, **fields})


def checkup(of: ExchangeAccount, *, now: datetime, **fields: Any) -> Checkup:
    """A green pre-flight of an account as it is, of a minute ago."""
    at, line = (
        now - timedelta(minutes=1),
        {"name": "keys", "asked": "", "value": "accepted", "limit": "", "level": "ok"},
    )
    facts = {"kind": Checkup.Kind.PREFLIGHT, "identity": of.identity, "asked_by": "root", "asked_at": at, "green": True}
    facts |= {"started_at": at, "finished_at": at, "planned": 1, "lines": [line | {"advice": ""}]}
    return Checkup.objects.create(account=of, **(facts | fields))


def instrument(base: str, *, now: datetime, environment: str = "paper") -> Instrument:
    tick, lot, last = RULES[base]
    row = Instrument.objects.create(
        venue="binance", environment=environment, symbol=f"{base}/USDT", venue_symbol=f"{base}USDT", kind="SPOT",
        base=base, quote="USDT", tick_size=D(tick), lot_step=D(lot), min_qty=D(lot), min_notional=D(5),
        maker_fee=D("0.001"), taker_fee=D("0.001"), refreshed_at=now,
    )  # fmt: skip
    Ticker.objects.create(instrument=row, bid=D(last), ask=D(last), last=D(last), at=now, wanted_at=now)
    return row


def source(owner: ExchangeAccount, name: str = "tradingview") -> Source:
    return Source.objects.create(user=owner.user, account=owner, name=name)


def alert(of: Source, number: int, body: str, outcome: str, reason: str, *, at: datetime, **fields: Any) -> Alert:
    fields = {"format": "windlass"} | fields
    return Alert.objects.create(
        source=of, account=of.account, endpoint="tradingview", raw=body, received_at=at,
        body_hash=hashlib.sha256(body.encode()).digest(), dedupe_key=f"test:{number}", outcome=outcome, reason=reason,
        decided_at=at, **fields,
    )  # fmt: skip


@dataclass
class Desk:
    """One account and what the makers below need of it."""

    account: ExchangeAccount
    now: datetime
    count: int = 0

    def group(self, of: Instrument, *, minutes: int, **fields: Any) -> PositionGroup:
        chosen = {"timeframe_secs": 900, "side": PositionSide.LONG, "status": GroupStatus.PARTIALLY_FILLED} | fields
        opened = self.now - timedelta(minutes=minutes)
        settings = {"max_pyramids": "5"}
        row = PositionGroup.objects.create(
            account=self.account, instrument=of, opened_at=opened, settings=settings, **chosen
        )
        if row.closed_at is None:
            number = Slot.objects.filter(account=self.account, released_at=None).count() + 1
            Slot.objects.create(account=self.account, number=number, group=row, pool_size=8, taken_at=opened)
        return row

    def pyramid(self, of: PositionGroup, legs: list[tuple[str, str, str]], *, index: int = 0) -> list[Leg]:
        """Legs as (price, qty, target)."""
        base_price, capital = D(legs[0][0]), sum(D(price) * D(qty) for price, qty, _ in legs)
        row = Pyramid.objects.create(
            group=of, index=index, base_price=base_price, capital=capital, created_at=of.opened_at
        )
        return [
            Leg.objects.create(
                pyramid=row, index=place, price=D(price), qty=D(qty), weight_pct=D(20), take_profit_pct=D(1),
                target_price=D(target),
            )
            for place, (price, qty, target) in enumerate(legs)
        ]  # fmt: skip

    def order(self, of: PositionGroup, leg: Leg | None, purpose: str, state: str, **fields: Any) -> Order:
        """An order; FILLED ones get their fill."""
        self.count += 1
        entry = purpose == Purpose.ENTRY
        price = fields.pop("price", (leg.price if entry else leg.target_price) if leg else D(0))
        qty = fields.pop("qty", leg.qty if leg else of.qty)
        filled = fields.pop("filled_qty", qty if state == S.FILLED else D(0))
        fields.setdefault("type", OrderType.LIMIT)
        row = Order.objects.create(
            account=self.account, instrument=of.instrument, group=of, leg=leg, purpose=purpose, state=state,
            intent_key=f"test:{self.count}", side="BUY" if entry else "SELL", price=price,
            reference_price=price, qty=qty, filled_qty=filled, filled_cost=filled * price,
            client_order_id="w" + hashlib.sha256(str(self.count).encode()).hexdigest()[:17], created_at=of.opened_at,
            **fields,
        )  # fmt: skip
        if filled:
            self.fill(row, price, filled)
        return row

    def fill(self, order: Order, price: D, qty: D) -> Fill:
        buys = order.side == "BUY"
        return Fill.objects.create(
            account=self.account, instrument=order.instrument, order=order, venue_order_id=str(order.pk),
            venue_trade_id=str(order.pk), side=order.side, price=price, qty=qty, cost=price * qty,
            fee=(qty if buys else price * qty) * D("0.001"),
            fee_currency=order.instrument.base if buys else order.instrument.quote, maker=True,
            at=self.now - timedelta(minutes=2),
        )  # fmt: skip


def position(group: PositionGroup, *, qty: str, cost: str, realised: str = "0") -> None:
    """The figures the engine would have written from the fills."""
    group.qty, group.cost, group.realised_pnl = D(qty), D(cost), D(realised)
    group.average_entry = (group.cost / group.qty).quantize(D("1E-8"))
    group.save()


def queued(day: Desk, base: str, *, minutes: int, price: str | None = None, **fields: Any) -> QueuedSignal:
    """A signal that waits for `minutes` already."""
    at = day.now - timedelta(minutes=minutes)
    signal = Signal.objects.create(
        alert=day.account.sources.get().alerts.filter(signal=None).first(),
        account=day.account,
        meaning="ENTRY",
        symbol=f"{base}/USDT",
    )
    return QueuedSignal.objects.create(
        account=day.account, instrument=Instrument.objects.get(base=base), signal=signal, queued_at=at, refreshed_at=at,
        alert_price=price, **({"timeframe_secs": 900, "side": "LONG"} | fields),
    )  # fmt: skip


def desk(owner: User, *, now: datetime) -> Desk:
    """A day's work: three open groups, five closed ones, five alerts, some refused deliveries."""
    made = Desk(account(owner), now)
    markets = {base: instrument(base, now=now) for base in RULES}
    held = {"USDT": "10266.20", "BTC": "0.00655", "ETH": "0.0380", "SOL": "0.360"}
    for currency, total in held.items():
        Balance.objects.create(account=made.account, currency=currency, total=D(total), free=D(total), at=now)
    Canary.objects.create(rung_at=now, answered_at=now)
    TradingMode.objects.get_or_create(id=1)
    Installation.objects.get_or_create(id=1, defaults={"name": "test"})
    _open(made, markets)
    _closed(made, markets)
    _delivered(made)
    return made


def _open(made: Desk, markets: dict[str, Instrument]) -> None:
    sol = made.group(markets["SOL"], minutes=190, timeframe_secs=300, status=GroupStatus.ACTIVE)
    for leg in made.pyramid(sol, [(p, "0.120", t) for p, t in (("149.80", "151.30"), ("149.05", "149.80"))]):
        made.order(sol, leg, Purpose.ENTRY, S.FILLED)
        made.order(sol, leg, Purpose.TARGET, S.OPEN, qty=D("0.119"))
    position(sol, qty="0.23976", cost="35.862")
    eth = made.group(markets["ETH"], minutes=52, timeframe_secs=3600)
    legs = [("2641.80", "0.0380", "2668.21"), ("2628.59", "0.0380", "2641.73"), ("2615.38", "0.0382", "2628.46")]
    first, *rest = made.pyramid(eth, legs)
    made.order(eth, first, Purpose.ENTRY, S.FILLED)
    made.order(eth, first, Purpose.TARGET, S.OPEN, qty=D("0.0379"))
    for leg in rest:
        made.order(eth, leg, Purpose.ENTRY, S.OPEN)
    position(eth, qty="0.037962", cost="100.3884")
    btc = made.group(markets["BTC"], minutes=14)
    legs = [
        ("61510.00", "0.00325", "62125.10"), ("61202.40", "0.00327", "61508.50"), ("60894.90", "0.00328", "61199.40"),
        ("60587.40", "0.00330", "60890.40"), ("60279.80", "0.00332", "60581.20"),
    ]  # fmt: skip
    taken, held, partly, resting, unknown = made.pyramid(btc, legs)
    made.order(btc, taken, Purpose.ENTRY, S.FILLED)
    made.order(btc, taken, Purpose.TARGET, S.FILLED, qty=D("0.00324"))
    made.order(btc, held, Purpose.ENTRY, S.FILLED)
    made.order(btc, held, Purpose.TARGET, S.OPEN, qty=D("0.00326"))
    made.order(btc, partly, Purpose.ENTRY, S.PARTIALLY_FILLED, filled_qty=D("0.00128"))
    made.order(btc, resting, Purpose.ENTRY, S.OPEN)
    made.order(btc, unknown, Purpose.ENTRY, S.UNKNOWN)
    position(btc, qty="0.00455", cost="278.27", realised="1.58")


def _closed(made: Desk, markets: dict[str, Instrument]) -> None:
    ended = [("BTC", "12.40", 5, "TARGETS_TAKEN"), ("ETH", "4.10", 12, "EXIT_SIGNAL"), ("XRP", "-1.92", 21, "EXITED_BY_SIGNAL"),
             ("SOL", "6.66", 1600, "TARGETS_TAKEN"), ("BTC", "9.05", 3000, "TARGETS_TAKEN")]  # fmt: skip
    for base, result, minutes, reason in ended:
        closed_at = made.now - timedelta(minutes=minutes)
        row = made.group(
            markets[base], minutes=minutes + 47, status=GroupStatus.CLOSED, closed_at=closed_at, close_reason=reason
        )
        leg = made.pyramid(row, [("100", "4", "101")])[0]
        made.order(row, leg, Purpose.ENTRY, S.FILLED)
        row.realised_pnl = D(result)
        row.save()


def _delivered(made: Desk) -> None:
    sender = source(made.account)
    body = '{{"symbol": "{}USDT", "action": "{}"}}'
    said = [
        ("ETH", "sell", "NOTHING_TO_EXIT", "No ETH/USDT position is open, so there is nothing to exit."),
        ("SOL", "buy", "SYMBOL_EXPOSURE", "SOL/USDT would be 1,062.10 USDT, the limit is 1,048.22 USDT (10 % of equity)."),
        ("XRP", "buy", "POOL_FULL", "8 of 8 slots are taken. Raise max_open_groups or wait for a group to close."),
        ("BTC", "buy", "ENTERED", "5 legs, 200.00 USDT, all 7 checks passed."),
    ]  # fmt: skip
    for number, (base, action, outcome, reason) in enumerate(said):
        at = made.now - timedelta(minutes=4 * (len(said) - number))
        details = {"symbol": f"{base}/USDT"}
        alert(sender, number, body.format(base, action), outcome, reason, at=at, details=details)
    for of, address, reason, count in (
        (None, "203.0.113.7", "UNKNOWN_TOKEN", 41),
        (sender, "52.89.214.238", "WRONG_SECRET", 3),
    ):
        Refusal.objects.create(
            source=of,
            address=address,
            reason=reason,
            day=made.now.date(),
            count=count,
            first_at=made.now,
            last_at=made.now,
        )
