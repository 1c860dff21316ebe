"""Why isn't it trading? The first check that stops a pair, and all the others with value, limit and advice."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from dashboard import why
from dashboard.why import Asked, Why
from project.accounts.models import Balance, ExchangeAccount, TradingMode
from signals.market import instruments
from signals.models import Alert, Instrument, Source
from tests.dashboard import rows
from tests.dashboard.test_risk_page import weather
from trading.models import SettingOverride

QUERIES = 42
# The gate as the engine's own desk asks it: a question for each thing that counts, however many rows there are.
BTC = Asked("BTCUSDT", 60)


@pytest.fixture
def well(day: rows.Desk) -> rows.Desk:
    """An account on which nothing stops an entry."""
    ExchangeAccount.objects.update(reconciled_at=day.now, clock_offset_ms=3)
    for name, value in (("per_symbol_pct", "50"), ("per_sector_pct", "100"), ("per_strategy_pct", "100")):
        SettingOverride.objects.create(name=name, value=value)
    weather(day.now)
    return day


def walked(day: rows.Desk, asked: Asked = BTC, canary: timedelta = timedelta(0)) -> Why:
    account = ExchangeAccount.objects.get(pk=day.account.pk)
    return why.walk(account, asked, canary_at=day.now - canary, now=day.now)


def overridden(name: str, value: str, symbol: str = "") -> Callable[[rows.Desk], object]:
    return lambda day: SettingOverride.objects.create(account=day.account, symbol=symbol, name=name, value=value)


STOPS: tuple[tuple[str, Callable[[rows.Desk], object], str], ...] = (
    ("MODE", lambda day: TradingMode.objects.update(mode="PAUSED"), "Set the mode to NORMAL"),
    ("NOT_ARMED", lambda day: ExchangeAccount.objects.update(armed=False), "Arm it on its page"),
    ("ACCOUNT_UNHEALTHY", lambda day: ExchangeAccount.objects.update(health="KEYS_REFUSED"), "check that the key exists"),
    ("CLOCK_OFFSET", lambda day: ExchangeAccount.objects.update(clock_offset_ms=90_000), "time synchronisation"),
    ("NO_SOURCE", lambda day: (Alert.objects.all().delete(), Source.objects.all().delete()), "Add a source"),
    ("SOURCE_OFF", lambda day: Source.objects.update(enabled=False), "Switch it on"),
    ("SHADOW", lambda day: Source.objects.update(live=False), "tick live"),
    ("NOT_WHITELISTED", lambda day: Source.objects.update(pair_whitelist=["ETH/USDT"]), "Add BTC/USDT"),
    ("NOT_TRADABLE", lambda day: Instrument.objects.filter(base="BTC").update(active=False, status="BREAK"), ""),
    ("PAIR_BLOCKED", overridden("blocked", "true", "BTC/USDT"), "Set `blocked` off"),
    ("POOL_FULL", overridden("max_open_groups", "1"), "raise max_open_groups"),
    ("CAPITAL_TOO_SMALL", overridden("capital_per_pyramid", "1 USDT"), ""),
    ("SYMBOL_EXPOSURE", overridden("per_symbol_pct", "0.5"), "raise the limit"),
    ("DATA_MISSING", lambda day: Balance.objects.all().delete(), "is not known"),
    ("SETTING_INVALID", overridden("max_open_groups", "many"), "Correct it under Settings"),
)  # fmt: skip


def test_nothing_stops_it(well: rows.Desk) -> None:
    found = walked(well)
    assert (found.stops, found.sentence) == (None, "Nothing stops BTC/USDT: it waits for its next alert.")
    assert found.last is not None
    assert {line.ok for line in found.checks} == {True}


@pytest.mark.parametrize(("code", "arrange", "advice"), STOPS, ids=[row[0] for row in STOPS])
def test_the_first_that_stops_it_is_named_with_its_advice(
    well: rows.Desk, code: str, arrange: Callable[[rows.Desk], object], advice: str
) -> None:
    arrange(well)
    instruments.forget()
    first = walked(well).stops
    assert first is not None
    assert first.code == code
    assert advice in first.advice
    assert first.value


def test_workers_that_do_not_answer_come_first(well: rows.Desk) -> None:
    ExchangeAccount.objects.update(armed=False)
    found = walked(well, canary=timedelta(seconds=40))
    assert [line.code for line in found.checks if line.ok is False] == ["WORKERS", "NOT_ARMED"]
    assert "1 more below would stop it next" in found.sentence


def test_a_pair_that_is_not_listed(well: rows.Desk) -> None:
    found = walked(well, Asked("BTCUSD"))
    assert found.stops is not None
    assert (found.stops.code, "BTC/USDT" in found.stops.advice) == ("UNKNOWN_SYMBOL", True)


def test_who_waits_is_stopped_by_the_queue(well: rows.Desk) -> None:
    rows.queued(well, "XRP", minutes=5, timeframe_secs=60)
    found = walked(well, Asked("XRP/USDT", 60))
    assert found.stops is not None
    assert (found.stops.code, found.stops.value.startswith("rank 1 of 1, for 5")) == ("QUEUED", True)


def test_a_side_that_spot_has_not(well: rows.Desk) -> None:
    meaning = next(line for line in walked(well, Asked("SOLUSDT", 60, "SHORT")).checks if line.name == "meaning")
    assert meaning.ok is not True


def test_without_a_pair_the_account_answers(well: rows.Desk) -> None:
    ExchangeAccount.objects.update(armed=False)
    found = walked(well, Asked())
    assert found.sentence.startswith("The account is stopped by: armed.")
    assert {"workers", "mode", "slots", "daily loss"} <= {line.name for line in found.checks}


def test_a_pair_of_which_nothing_came(well: rows.Desk) -> None:
    Alert.objects.filter(raw__icontains="BTC").delete()
    assert walked(well).checks[-1].code == "NO_ALERT"


# the page ----------------------------------------------------------------------------------------


def test_the_page_says_it(well: rows.Desk, root: Client) -> None:
    Instrument.objects.update(stopped_at=None)
    ExchangeAccount.objects.update(armed=False)
    page = root.get("/signals/why?symbol=BTCUSDT&timeframe=60").content.decode()
    assert "BTC/USDT is stopped by: armed." in page
    assert "Arm it on its page" in page
    assert page.count('data-key="check-') > 25


@pytest.mark.parametrize("symbol", ["<script>alert(1)</script>", "\u202eTDSU", "W" * 9_000, "\0", "%"])
def test_whatever_is_asked_for_is_shown_as_text(well: rows.Desk, root: Client, symbol: str) -> None:
    page = root.get("/signals/why", {"symbol": symbol}).content.decode()
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert "W" * 100 not in page


def test_nonsense_is_left_out(well: rows.Desk, root: Client) -> None:
    answer = root.get("/signals/why?timeframe=x&side=UP&source=y&account=z")
    assert (answer.status_code, answer.context["asked"]) == (200, Asked())


def test_without_an_account_the_page_says_what_to_do(db: None, client: Client) -> None:
    client.force_login(rows.user("vera", "viewer"))
    assert "No exchange account yet" in client.get("/signals/why").content.decode()


def test_few_questions(well: rows.Desk, root: Client, django_assert_max_num_queries: Callable[..., object]) -> None:
    with django_assert_max_num_queries(QUERIES):
        root.get("/signals/why?symbol=BTCUSDT&timeframe=60")


def test_the_api_says_the_same(well: rows.Desk, root: Client) -> None:
    ExchangeAccount.objects.update(armed=False)
    told = root.get("/api/v1/why", {"account": well.account.pk, "symbol": "BTCUSDT"}).json()
    assert (told["symbol"], told["stops"]["code"], told["stops"]["limit"]) == ("BTC/USDT", "NOT_ARMED", "armed")
    assert told["last_alert"] == Alert.objects.get(outcome="ENTERED").pk


def test_without_a_pair_a_limit_that_follows_the_market_says_so(well: rows.Desk) -> None:
    limits = {line.name: line.limit for line in walked(well, Asked("", None)).checks}
    assert limits["drawdown tier"].endswith("%, less for a pair in a wild market")
    assert "wild market" not in limits["daily loss"]
    assert not any("wild market" in line.limit for line in walked(well).checks)
