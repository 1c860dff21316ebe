"""A stop that can only be a percentage without its sign is refused; prices far away in earnest are not."""

import json

import pytest

from signals import formats
from signals.formats import FormatRefused
from tests.signals.formats.bodies import understand


def body(stop: object, **more: object) -> str:
    return json.dumps({"symbol": "BTCUSDT", "action": "buy", "price": "61000", "stop_loss": stop, **more})


@pytest.mark.parametrize("stop", ["60000", 6100, "610000", "2%", {"offset": 3}, {"percent": 2}])
def test_a_price_near_the_price_or_a_distance_is_taken(stop: object) -> None:
    assert understand(body(stop)).stop_loss is not None


@pytest.mark.parametrize("stop", [2, "1.5", "6099", "610001"])
def test_a_stop_that_far_away_is_no_price(stop: object) -> None:
    with pytest.raises(FormatRefused) as caught:
        understand(body(stop))
    assert (caught.value.code, caught.value.nearest) == ("NOT_A_LEVEL", "windlass")
    assert "2%" in str(caught.value)


def test_without_a_price_the_target_tells() -> None:
    with pytest.raises(FormatRefused) as caught:
        understand(body(2, take_profit=63000).replace('"price": "61000", ', ""))
    assert caught.value.code == "NOT_A_LEVEL"
    assert understand(body("2%", take_profit=63000).replace('"price": "61000", ', "")).stop_loss is not None


def test_without_a_price_nothing_can_be_said_here() -> None:
    assert understand(body(2).replace('"price": "61000", ', "")).stop_loss is not None


@pytest.mark.parametrize("kind", ["bot", "BOT", " Bot "])
def test_a_deal_is_known_however_its_type_is_spelled(kind: str) -> None:
    found = understand(json.dumps({"message_type": kind, "bot_id": 7, "email_token": "x" * 20, "pair": "USDT_BTC"}))
    assert found.format == "threecommas_dca"


def test_every_parser_passes_through_it() -> None:
    chosen = formats.BY_NAME["generic"]
    with pytest.raises(FormatRefused):
        formats.parse({"symbol": "BTCUSDT", "side": "buy", "price": "61000", "sl": "2"}, chosen)


REHEARSED = ["test", "dry_run", "dryRun", "paper", "sandbox", "simulate", "Demo"]


@pytest.mark.parametrize("name", REHEARSED)
def test_a_rehearsal_is_never_traded(name: str) -> None:
    with pytest.raises(FormatRefused) as caught:
        understand(body("2%", **{name: True}))
    assert [error.field for error in caught.value.errors] == [name]


@pytest.mark.parametrize(
    "extra", [{"test": False}, {"dry_run": "no"}, {"paper": 0}, {"enabled": True}, {"enabled": None}]
)
def test_what_says_no_rehearsal_is_nothing(extra: dict[str, object]) -> None:
    assert understand(body("2%", **extra)).action is not None


def test_what_is_switched_off_is_not_traded() -> None:
    with pytest.raises(FormatRefused, match="tick enabled"):
        understand(body("2%", enabled="false"))


WISHES = [
    "reduceOnly",
    "postOnly",
    "positionSide",
    "marginMode",
    "closeAll",
    "trailing",
    "risk",
    "expiry",
    "max_slippage",
]


@pytest.mark.parametrize("name", WISHES)
def test_an_instruction_in_another_spelling_is_not_kept_in_silence(name: str) -> None:
    with pytest.raises(FormatRefused) as caught:
        understand(body("2%", **{name: 1}))
    assert caught.value.code == "UNSUPPORTED_FIELD"


@pytest.mark.parametrize("name", ["leverage", "sl", "size", "stop_loss", "market_position", "risk_percent"])
def test_nested_alerts_say_how_to_trade_in_their_parts_only(name: str) -> None:
    nested = {"tv": {"symbol": "BTCUSDT", "action": "buy"}, "execution_intent": {"type": "signal"}, name: 2}
    with pytest.raises(FormatRefused, match="execution_intent, tv and risk"):
        understand(json.dumps(nested))


@pytest.mark.parametrize("name", ["direction", "account", "slippage", "expiry", "riskPercent", "post_only", "entry"])
def test_vendors_messages_keep_no_instruction_of_ours_in_silence(name: str) -> None:
    deal = {"message_type": "bot", "bot_id": 7, "email_token": "x" * 20, "pair": "USDT_BTC", name: "short"}
    with pytest.raises(FormatRefused):
        understand(json.dumps(deal))
