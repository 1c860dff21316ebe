"""Where gateways may point: a paper account at this machine only, any other account never."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest

from dashboard.pages.accounts_forms import AccountForm
from project.accounts.models import Environment, ExchangeAccount
from project.accounts.vault import VaultError, seal_credentials
from signals.market import venues
from signals.market.venues import VENUES, build_client, is_paper_url
from tests.support.factories import Desk, make_user
from trading.errors import NoTestnet, UnsafeEndpoint, UnsupportedVenue
from trading.services import connect, open_account

REAL = "https://api.binance.com"


def urls(node: Any) -> Iterator[str]:
    inside = node.values() if isinstance(node, Mapping) else [node]
    for one in inside:
        yield from urls(one) if isinstance(one, Mapping) else [str(one)]


@pytest.mark.parametrize("venue", VENUES.values(), ids=VENUES)
def test_every_url_of_a_paper_client_is_on_the_paper_host(venue: venues.Venue) -> None:
    client = build_client(venue, credentials={}, base_url="http://127.0.0.1:20000")
    assert {urlsplit(url).netloc for url in urls(client.urls["api"])} == {"127.0.0.1:20000"}


@pytest.mark.parametrize("venue", VENUES.values(), ids=VENUES)
def test_a_clients_manners(venue: venues.Venue) -> None:
    client = build_client(venue, credentials={"apiKey": "k", "secret": "s"}, receive_window_ms=500)
    assert client.number is str
    assert client.options["recvWindow"] == 500
    assert client.options.get("maxRetriesOnFailure", 0) == 0
    assert client.enableRateLimit
    assert not build_client(venue, credentials={}, base_url="http://127.0.0.1:20000").enableRateLimit


@pytest.mark.parametrize("venue", VENUES.values(), ids=VENUES)
def test_a_real_client_keeps_the_venues_own_addresses(venue: venues.Venue) -> None:
    client = build_client(venue, credentials={})
    assert not any(is_paper_url(url) for url in urls(client.urls["api"]))


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:8082", True),
        ("http://localhost:8082", True),
        ("http://[::1]:8082", True),
        (REAL, False),
        ("http://127.0.0.1.evil.example", False),
        ("http://evil.example/127.0.0.1", False),
        ("", False),
    ],
)
def test_what_counts_as_this_machine(url: str, local: bool) -> None:
    assert is_paper_url(url) is local


def account(environment: str, base_url: str, **changed: Any) -> ExchangeAccount:
    made = ExchangeAccount(user=make_user(), name="x", environment=environment, base_url=base_url, **changed)
    made.save()
    return made


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("environment", "base_url"),
    [
        (Environment.PAPER, ""),
        (Environment.PAPER, REAL),
        (Environment.LIVE, "http://127.0.0.1:8082"),
        (Environment.LIVE, REAL),
        (Environment.TESTNET, "http://127.0.0.1:8082"),
    ],
)
def test_no_account_reaches_the_other_kind_of_venue(environment: str, base_url: str) -> None:
    with pytest.raises(UnsafeEndpoint, match=environment):
        connect.gateway(account(environment, base_url))


@pytest.mark.parametrize(
    ("venue", "host"),
    [
        ("binance", "testnet.binance.vision"),
        ("binanceusdm", "demo-fapi.binance.com"),
        ("bybit", "api-testnet.{hostname}"),
    ],
)
def test_play_money_is_traded_on_a_network_that_takes_signed_calls(venue: str, host: str) -> None:
    client = build_client(VENUES[venue], credentials={"apiKey": "k", "secret": "s"}, sandbox=True)
    kind = "fapiPrivate" if venue == "binanceusdm" else "private"
    assert urlsplit(client.urls["api"][kind]).netloc == host
    if venue == "binanceusdm":
        assert client.sign("order", ["fapiPrivate"], "POST", {})["url"].startswith("https://demo-fapi.binance.com/")


@pytest.mark.django_db
def test_a_venue_without_play_money_says_so() -> None:
    kept = account(Environment.TESTNET, "", venue="kucoinfutures")
    with pytest.raises(NoTestnet, match="has no test network: choose paper"):
        connect.gateway(kept)
    with pytest.raises(ValueError, match="has no test network"):
        build_client(VENUES["kucoinfutures"], credentials={}, sandbox=True)
    wished = ExchangeAccount(venue="kucoinfutures", environment=Environment.TESTNET, name="x")
    assert "no test network" in open_account.problems(wished, changed=())["environment"]
    typed = {"venue": "kucoinfutures", "environment": "testnet", "name": "y", "quote": "USDT", "leverage": "1"}
    form = AccountForm(typed, instance=ExchangeAccount(user=kept.user))
    assert "no test network" in str(form.errors["environment"])


@pytest.mark.django_db
def test_a_venue_nobody_described_is_refused() -> None:
    with pytest.raises(UnsupportedVenue, match="capability table"):
        connect.gateway(account(Environment.PAPER, "http://127.0.0.1:8082", venue="mtgox"))


@pytest.mark.django_db
def test_credentials_of_another_account_do_not_open() -> None:
    first = account(Environment.PAPER, "http://127.0.0.1:8082")
    seal_credentials(first, {"apiKey": "k", "secret": "s"})
    thief = ExchangeAccount(user=first.user, name="y", base_url=first.base_url)
    thief.sealed_credentials = first.sealed_credentials
    thief.save()
    with pytest.raises(VaultError, match="another account"):
        connect.gateway(thief)


def test_a_gateway_is_built_once_and_again_when_the_account_changes(desk: Desk) -> None:
    first = connect.gateway(desk.account)
    assert connect.gateway(desk.account) is first
    desk.account.save()
    assert connect.gateway(desk.account) is not first
