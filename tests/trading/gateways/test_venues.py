"""Every futures venue through one gateway, against the paper exchange: the same questions, the same answers."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from signals.market import venues
from tests.support import venues as sides
from tests.support.paper import PaperExchange
from tests.trading.gateways.conftest import Say
from trading.domain.order_state import VenueStatus
from trading.domain.vocabulary import OrderType, PositionSide, Side, TimeInForce
from trading.errors import NoDeadMan, NotSent, OrderNotOpen, Rejected, Unknown
from trading.gateways.base import OrderRequest, Terms
from trading.gateways.ccxt_gateway import CcxtGateway
from trading.gateways.manners import spans
from trading.gateways.wire import signed_at

BTC = "BTC/USDT:USDT"
SIZE = Decimal("0.01")  # BTC


@dataclass
class Desk:
    """A gateway at one venue, with its account."""

    paper: PaperExchange
    venue: venues.Venue
    account: str
    gateway: CcxtGateway

    def request(self, **changed: Any) -> OrderRequest:
        """A buy of 0.01 BTC far below the market; it rests."""
        fields: dict[str, Any] = {
            "symbol": BTC,
            "side": Side.BUY,
            "type": OrderType.LIMIT,
            "qty": self.qty,
            "price": Decimal(59000),
            "time_in_force": TimeInForce.GTC,
            "reduce_only": False,
            "client_order_id": "w" + secrets.token_hex(8),
            "valid_until": timezone.now() + timedelta(seconds=60),
            "opens_position": True,
        }
        return OrderRequest(**{**fields, **changed})

    def market(self, side: Side = Side.BUY, **changed: Any) -> OrderRequest:
        return self.request(type=OrderType.MARKET, side=side, price=None, **changed)

    def stop(self, **changed: Any) -> OrderRequest:
        """A stop at 58 000 that closes what is held."""
        fields = {"side": Side.SELL, "reduce_only": True, "opens_position": False, **changed}
        return self.request(type=OrderType.STOP_MARKET, price=None, trigger_price=Decimal(58000), **fields)

    @property
    def qty(self) -> Decimal:
        """0.01 BTC in what the venue counts in."""
        (market,) = (m for m in self.gateway.instruments() if m.symbol == BTC)
        return SIZE / market.contract_size

    def stands(self) -> int:
        """Plain orders at the venue, dead ones too."""
        return len(sides.books(self.paper, self.venue.name, self.account).get("orders", []))


@pytest.fixture(params=sides.FUTURES)
def desk(paper_process: PaperExchange, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """An account of its own, one-way, cross, at leverage 5."""
    paper, venue = paper_process, venues.VENUES[request.param]
    paper.faults([])
    paper.price("BTCUSDT", "60000")
    paper.price("ETHUSDT", "3000")
    key, secret = secrets.token_hex(8), secrets.token_hex(16)
    paper.add_key(key, secret, key)
    client = venues.build_client(venue, credentials={"apiKey": key, "secret": secret}, base_url=paper.url)
    gateway = CcxtGateway(client, venue=venue, guard=Say(), clock=timezone.now)
    gateway.instruments()
    gateway.assert_terms(Terms(BTC, 5, isolated=False, hedge=False))
    yield Desk(paper, venue, key, gateway)
    paper.faults([])


def test_an_order_is_found_by_either_id_and_cancelled_once(desk: Desk) -> None:
    gateway, request = desk.gateway, desk.request()
    placed = gateway.place(request)
    by_ours = gateway.find_order(symbol=BTC, client_order_id=request.client_order_id)
    by_theirs = gateway.find_order(symbol=BTC, client_order_id="", venue_order_id=placed.venue_order_id)
    assert by_ours is not None
    assert by_ours == by_theirs
    assert (by_ours.client_order_id, by_ours.venue_order_id) == (request.client_order_id, placed.venue_order_id)
    assert (by_ours.status, by_ours.qty, by_ours.side) == (VenueStatus.OPEN, request.qty, Side.BUY)
    assert [report.order.client_order_id for report in gateway.resting()] == [request.client_order_id]
    gateway.cancel(symbol=BTC, venue_order_id=placed.venue_order_id)
    with pytest.raises(OrderNotOpen):
        gateway.cancel(symbol=BTC, venue_order_id=placed.venue_order_id)
    ended = gateway.find_order(symbol=BTC, client_order_id=request.client_order_id)
    assert ended is not None
    assert ended.status is VenueStatus.CANCELED
    assert gateway.open_orders(BTC) == []
    assert gateway.find_order(symbol=BTC, client_order_id="wnothing") is None


def test_a_market_order_fills_and_its_numbers_are_exact(desk: Desk) -> None:
    gateway = desk.gateway
    before = {row.currency: row.total for row in gateway.balances()}["USDT"]
    placed = gateway.place(desk.market())
    (fill,) = gateway.fills_of(symbol=BTC, venue_order_id=placed.venue_order_id)
    assert (fill.qty, fill.side, fill.price, fill.cost) == (desk.qty, Side.BUY, Decimal("60000.1"), Decimal("600.001"))
    assert (fill.fee_currency, fill.maker, fill.realised) == ("USDT", False, 0)
    (position,) = gateway.positions()
    assert (position.symbol, position.side, position.qty) == (BTC, PositionSide.LONG, desk.qty)
    (balance,) = (row for row in gateway.balances() if row.currency == "USDT")
    assert balance.total == before - fill.fee
    assert balance.free < balance.total - 100  # margin at leverage 5
    assert list(gateway.fills_since(symbol=BTC, since=timezone.now() - timedelta(days=20))) == [fill]


def test_a_stop_waits_keeps_our_name_and_closes_when_its_price_comes(desk: Desk) -> None:
    gateway, stop = desk.gateway, desk.stop()
    gateway.place(desk.market())
    placed = gateway.place(stop)
    assert (placed.venue_order_id, bool(placed.venue_algo_id)) == ("", True)
    waiting = gateway.find_order(symbol=BTC, client_order_id=stop.client_order_id, conditional=True)
    assert waiting is not None
    assert (waiting.status, waiting.venue_order_id) == (VenueStatus.OPEN, "")
    assert [r.order.venue_algo_id for r in gateway.resting()] == [placed.venue_algo_id]
    desk.paper.price("BTCUSDT", "57900")
    done = gateway.find_order(symbol=BTC, client_order_id=stop.client_order_id, conditional=True)
    assert done is not None
    assert (done.status, done.filled_qty, done.venue_algo_id) == (VenueStatus.FILLED, desk.qty, placed.venue_algo_id)
    again = gateway.find_order(symbol=BTC, client_order_id="", venue_order_id=done.venue_order_id)
    assert again is not None
    assert again.filled_qty == desk.qty
    (fill,) = gateway.fills_of(symbol=BTC, venue_order_id=done.venue_order_id)
    assert (fill.qty, fill.side) == (desk.qty, Side.SELL)
    assert gateway.positions() == []


def test_a_stop_is_cancelled_by_its_own_number(desk: Desk) -> None:
    stop = desk.stop()
    placed = desk.gateway.place(stop)
    desk.gateway.cancel(symbol=BTC, venue_order_id="", venue_algo_id=placed.venue_algo_id)
    found = desk.gateway.find_order(symbol=BTC, client_order_id=stop.client_order_id, conditional=True)
    assert found is not None
    assert (found.status, found.venue_order_id) == (VenueStatus.CANCELED, "")


def test_cancel_all_ends_plain_and_conditional_orders(desk: Desk) -> None:
    desk.gateway.place(desk.request())
    desk.gateway.place(desk.stop())
    assert len(desk.gateway.resting()) == 2
    desk.gateway.cancel_all(BTC)
    assert desk.gateway.resting() == []
    desk.gateway.cancel_all(BTC)


@pytest.mark.parametrize(
    ("action", "stands"), [("http_503_before_accept", 0), ("http_503_after_accept", 1), ("garbage_after_accept", 1)]
)
def test_an_unclear_answer_is_unknown_and_the_order_is_looked_up(desk: Desk, action: str, stands: int) -> None:
    request = desk.request()
    desk.paper.fault(action, **sides.SIDES[desk.venue.name].placing)
    with pytest.raises(Unknown):
        desk.gateway.place(request)
    assert desk.stands() == stands
    found = desk.gateway.find_order(symbol=BTC, client_order_id=request.client_order_id)
    assert (found is not None) is bool(stands)


def test_a_repeated_name_means_go_and_look(desk: Desk) -> None:
    request = desk.request()
    desk.gateway.place(request)
    with pytest.raises(Unknown):
        desk.gateway.place(request)
    assert desk.stands() == 1


def test_a_refusal_with_the_venues_code_is_proven(desk: Desk) -> None:
    for request in (
        desk.request(qty=desk.qty * 10_000),
        desk.market(Side.SELL, reduce_only=True, opens_position=False),
    ):
        with pytest.raises(Rejected):
            desk.gateway.place(request)
    assert desk.stands() == 0


def test_a_refusal_of_what_stands_there_is_none(desk: Desk) -> None:
    """A request that arrives twice: the first closes the position, the second is told that there is none."""
    desk.gateway.place(desk.market())
    desk.paper.fault("duplicate_request", **sides.SIDES[desk.venue.name].placing)
    request = desk.market(Side.SELL, reduce_only=True, opens_position=False)
    try:
        said = desk.gateway.place(request)
    except Unknown:  # it was told that the name is taken, and goes to look
        said = desk.gateway.find_order(symbol=BTC, client_order_id=request.client_order_id)
    assert said is not None
    assert (said.client_order_id, said.status) == (request.client_order_id, VenueStatus.FILLED)
    assert desk.gateway.positions() == []


def test_terms_are_set_and_setting_them_again_changes_nothing(desk: Desk) -> None:
    desk.gateway.place(desk.request())  # something is open: modes can no longer be changed
    desk.gateway._asserted.clear()
    desk.gateway.assert_terms(Terms(BTC, 5, isolated=False, hedge=False))
    with pytest.raises(NotSent):
        desk.gateway.assert_terms(Terms(BTC, 5, isolated=False, hedge=True))


def test_each_group_sets_its_terms_whatever_another_process_set_meanwhile(desk: Desk) -> None:
    """Margin of 600 USDT at leverage 3 is 200; at 10, as the other process left it, it were 60."""
    keys = {name: getattr(desk.gateway._client, name) for name in ("apiKey", "secret")}
    client = venues.build_client(desk.venue, credentials=keys, base_url=desk.paper.url)
    other = CcxtGateway(client, venue=desk.venue, guard=Say(), clock=timezone.now)
    other.instruments()
    desk.gateway.assert_terms(Terms(BTC, 3, isolated=False, hedge=False, group=1))
    other.assert_terms(Terms(BTC, 10, isolated=False, hedge=False, group=2))
    desk.gateway.assert_terms(Terms(BTC, 3, isolated=False, hedge=False, group=3))
    desk.gateway.place(desk.market())
    (balance,) = (row for row in desk.gateway.balances() if row.currency == "USDT")
    assert 190 < balance.total - balance.free < 210


def test_funding_is_told_with_our_sign(desk: Desk) -> None:
    desk.gateway.place(desk.market())
    began = timezone.now() - timedelta(minutes=1)
    desk.paper.control("funding", {"market": sides.SIDES[desk.venue.name].name, "rate": "0.0001"})
    (paid,) = desk.gateway.funding_since(since=began)
    assert (paid.symbol, paid.amount) == (BTC, Decimal("-0.06"))


def test_the_market_is_told_in_full(desk: Desk) -> None:
    tickers = desk.gateway.tickers([BTC, "ETH/USDT:USDT"])
    assert (tickers[BTC].bid, tickers[BTC].ask) == (Decimal("59999.9"), Decimal("60000.1"))
    assert (tickers[BTC].last, tickers[BTC].mark) == (60000, 60000)
    assert tickers["ETH/USDT:USDT"].last == 3000
    book = desk.gateway.order_book(BTC)
    assert book.bids[0][0] < book.asks[0][0]
    assert not desk.gateway.in_maintenance()
    assert abs(desk.gateway.server_time() - timezone.now()) < timedelta(minutes=1)


@pytest.mark.parametrize("desk", ["bybit", "kucoinfutures"], indirect=True)
def test_a_venue_without_a_switch_says_so(desk: Desk) -> None:
    with pytest.raises(NoDeadMan):
        desk.gateway.dead_man(BTC, secs=10)


@pytest.mark.parametrize("desk", ["kucoinfutures"], indirect=True)
def test_contracts_are_whole_and_an_exit_knows_how_its_market_is_held(desk: Desk) -> None:
    with pytest.raises(NotSent, match="whole"):
        desk.gateway.place(desk.request(qty=Decimal("0.5")))
    other = CcxtGateway(desk.gateway._client, venue=desk.venue, guard=Say(), clock=timezone.now)
    desk.gateway.place(desk.market())
    other.place(desk.market(Side.SELL, reduce_only=True, opens_position=False))
    assert other.positions() == []


@pytest.mark.parametrize("desk", ["kucoinfutures"], indirect=True)
def test_a_mode_that_somebody_changed_is_asked_for_after_the_first_refusal(desk: Desk) -> None:
    desk.gateway._client.set_margin_mode("isolated", BTC)
    with pytest.raises(Rejected, match="330005"):
        desk.gateway.place(desk.request())
    desk.gateway.place(desk.request())
    assert desk.stands() == 1


@pytest.mark.parametrize("desk", ["bybit"], indirect=True)
def test_what_is_settled_in_either_dollar_is_asked_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.gateway.place(desk.request())
    desk.gateway.place(desk.market())
    asked: list[str] = []
    client, write = desk.gateway._client, desk.gateway._client.fetch

    def noted(url: str, *others: Any) -> Any:
        asked.append(url)
        return write(url, *others)

    monkeypatch.setattr(client, "fetch", noted)
    assert [len(found) for found in (desk.gateway.resting(), desk.gateway.positions())] == [1, 1]
    assert [url.partition("settleCoin=")[2].partition("&")[0] for url in asked] == ["USDT", "USDC"] * 2


@pytest.mark.parametrize("desk", ["binanceusdm"], indirect=True)
@pytest.mark.parametrize("status", ["TRIGGERING", "TRIGGERED", "FINISHED"])
def test_a_stop_that_triggered_and_names_no_order_yet_has_fired_and_not_ended(desk: Desk, status: str) -> None:
    """Taken at its word it would have filled nothing, and have ended, or rest where it can be cancelled."""
    gateway, stop = desk.gateway, desk.stop()
    gateway.place(stop)
    names = {"trigger": True, "clientAlgoId": stop.client_order_id}
    told = gateway._client.fetch_order("", BTC, names)["info"] | {"algoStatus": status, "actualOrderId": ""}
    match = {"method": "GET", "path": "/fapi/v1/algoOrder"}
    desk.paper.faults([{"match": match, "action": "reply_before_accept", "status": 200, "times": 1, "body": told}])
    fired = gateway.find_order(symbol=BTC, client_order_id=stop.client_order_id, conditional=True)
    assert fired is not None
    assert (fired.status, fired.fired, fired.filled_qty, fired.venue_order_id) == (VenueStatus.OPEN, True, 0, "")
    found = gateway.find_order(symbol=BTC, client_order_id=stop.client_order_id, conditional=True)
    assert found is not None
    assert (found.status, found.fired) == (VenueStatus.OPEN, False)


@pytest.mark.parametrize("name", ["X-BAPI-TIMESTAMP", "KC-API-TIMESTAMP"])
def test_the_signed_time_is_read_from_the_header(name: str) -> None:
    assert signed_at("https://x/order?timestamp=1", None, {name: "2000"}) == datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC)


def test_weeks_meet_without_a_gap_and_reach_the_present() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    week = timedelta(days=7)
    found = list(spans(now - timedelta(days=15), now, week))
    assert len(found) == 3
    assert [last + 1 for _, last in found[:-1]] == [first for first, _ in found[1:]]
    assert found[-1][1] > now.timestamp() * 1000
    assert len(list(spans(now, now, week))) == 1


def test_only_kucoins_window_is_its_own() -> None:
    chosen = timedelta(milliseconds=500)
    windows = {name: venue.receive_window(chosen) for name, venue in venues.VENUES.items()}
    assert windows.pop("kucoinfutures") == timedelta(seconds=5)
    assert set(windows.values()) == {chosen}
