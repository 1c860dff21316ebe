"""Alertatron's commands."""

from decimal import Decimal

import pytest

from signals.intent import Action, Intent, IntentKind, Level, LevelKind, MarketPosition, OrderStyle, Size, SizeKind
from tests.signals.formats.bodies import understand, wrong
from tests.signals.formats.vendor_bodies import TEXTS

LONG, SHORT = MarketPosition.LONG, MarketPosition.SHORT


def block(commands: str) -> str:
    return f"Keys(BTCUSDT) {{ {commands} }}"


def test_a_whole_message() -> None:
    assert understand(f"crossed up\n{TEXTS['alertatron']}\n#bot") == Intent(
        kind=IntentKind.TRADE,
        format="alertatron",
        symbol="BTCUSDT",
        action=Action.BUY,
        size=Size(SizeKind.PCT_EQUITY, Decimal(50)),
        order_type=OrderStyle.MARKET,
        stop_loss=Level(LevelKind.PCT, Decimal(2)),
        strategy="cross",
        message="crossed up\n\n#bot",
    )


@pytest.mark.parametrize(
    ("amount", "size"),
    [
        ("100", Size(SizeKind.CONTRACTS, Decimal(100))),
        ("50%", Size(SizeKind.PCT_EQUITY, Decimal(50))),
        ("50%b", Size(SizeKind.PCT_EQUITY, Decimal(50))),
        ("50%%", Size(SizeKind.PCT_FREE, Decimal(50))),
        ("50%a", Size(SizeKind.PCT_FREE, Decimal(50))),
        ("50%p", Size(SizeKind.PCT_POSITION, Decimal(50))),
    ],
)
def test_amounts(amount, size) -> None:
    assert understand(block(f"market(side=sell, amount={amount});")).size == size


@pytest.mark.parametrize(
    ("commands", "action", "side", "size"),
    [
        ("close();", Action.EXIT, None, None),
        ("market(position=0);", Action.EXIT, None, None),
        ("cancel(which=all); market(position=0)", Action.EXIT, None, None),
        ("# first; of all\n market(position=0); # done", Action.EXIT, None, None),
        ("market(side=sell, amount=100%p, reduceOnly=true);", Action.EXIT, LONG, None),
        (
            "market(side=buy, amount=30%p, reduceOnly=true);",
            Action.REDUCE,
            SHORT,
            Size(SizeKind.PCT_POSITION, Decimal(30)),
        ),
        ("market(side=sell, amount=50%p);", Action.REDUCE, LONG, Size(SizeKind.PCT_POSITION, Decimal(50))),
        ("market(side=buy, amount=50%p);", Action.REDUCE, SHORT, Size(SizeKind.PCT_POSITION, Decimal(50))),
        ("market(side=sell, amount=100%p);", Action.EXIT, LONG, None),
    ],
)
def test_exits(commands, action, side, size) -> None:
    intent = understand(block(commands))
    assert (intent.action, intent.side, intent.size, intent.order_type) == (action, side, size, None)


@pytest.mark.parametrize(
    ("stop", "level"),
    [
        ("stopMarket(side=sell, amount=1, offset=e2%)", Level(LevelKind.PCT, Decimal(2))),
        ("stop(side=sell, offset=@58000)", Level(LevelKind.PRICE, Decimal(58000))),
        ("stoploss(offset=150)", Level(LevelKind.OFFSET, Decimal(150))),
    ],
)
def test_stops_of_the_entry(stop, level) -> None:
    intent = understand(block(f"limit(side=buy, amount=1, offset=@60000); {stop};"))
    assert (intent.stop_loss, intent.price, intent.order_type) == (level, Decimal(60000), OrderStyle.LIMIT)


@pytest.mark.parametrize(
    ("commands", "mistakes"),
    [
        ("", {("command", "MISSING")}),
        ("cancel(which=all);", {("command", "MISSING")}),
        ("cancel(which=all); market(side=buy, amount=1);", {("cancel", "UNSUPPORTED_COMMAND")}),
        ("market(side=buy, amount=1); market(side=sell, amount=1);", {("market", "CONFLICT")}),
        ("market(position=0); market(side=buy, amount=1);", {("market", "CONFLICT")}),
        ("market(amount=50%p);", {("market.side", "MISSING")}),
        ("limit(side=sell, amount=50%p, offset=@70000);", {("limit.offset", "UNSUPPORTED_FIELD")}),
        ("limit(side=sell, amount=1, offset=@70000, reduceOnly=true);", {("limit.offset", "UNSUPPORTED_FIELD")}),
        ("market(position=5);", {("market.position", "UNSUPPORTED_FIELD")}),
        ("market(amount=5);", {("market.side", "MISSING")}),
        ("market(side=buy, amount=many);", {("market.amount", "NOT_A_SIZE")}),
        ("market(side=buy, iceberg=5);", {("market.iceberg", "UNSUPPORTED_FIELD")}),
        ("limit(side=buy, amount=1, offset=2%);", {("limit.offset", "UNSUPPORTED_VALUE")}),
        ("limit(side=buy, amount=1, postOnly=true);", {("limit.postonly", "UNSUPPORTED_FIELD")}),
        ("trailingStop(side=sell, offset=1%);", {("trailingstop", "UNSUPPORTED_COMMAND")}),
        ("wait(5s); market(side=buy, amount=1);", {("wait.5s", "NOT_KEY_VALUE"), ("wait", "UNSUPPORTED_COMMAND")}),
        ("stop(side=sell, offset=2%);", {("command", "MISSING"), ("stop.offset", "UNSUPPORTED_COMMAND")}),
        ("market(side=buy, amount=1); stop(side=buy, offset=2%);", {("stop.side", "CONFLICT")}),
        ("market(side=buy, amount=2); stop(amount=1, offset=2%);", {("stop.amount", "UNSUPPORTED_VALUE")}),
        ("market(side=buy, amount=1); stop(offset=low);", {("stop.offset", "NOT_A_LEVEL")}),
        ("buy now", {("command", "NOT_A_COMMAND")}),
    ],
)
def test_mistakes_are_named(commands, mistakes) -> None:
    assert wrong(block(commands)) == mistakes


def test_leverage_is_the_one_setting_an_alert_may_bring() -> None:
    assert understand(block("exchangeSettings(leverage=3); market(side=buy, amount=1);")).leverage == 3
    commands = "exchangeSettings(marginType=isolated); market(side=buy, amount=1);"
    assert wrong(block(commands)) == {("exchangeSettings.margintype", "UNSUPPORTED_FIELD")}


def test_two_blocks_are_two_signals() -> None:
    assert ("body", "TOO_MANY") in wrong(f"{TEXTS['alertatron']} {TEXTS['alertatron']}")
