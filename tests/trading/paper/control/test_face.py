"""The status page: what it shows, what its forms do, who may see it, and what it refuses."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from tests.support import plain_http
from tests.support.paper import PaperExchange
from tests.trading.paper.conftest import Trader

PAIR, PERPETUAL = "BTC/USDT", "BTC/USDT:USDT"
EVIL = "<script>alert(1)</script>"


class Balance(HTMLParser):
    """Counts what opens and closes."""

    VOID = frozenset({"input", "link", "meta", "rect"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.open += [tag] * (tag not in self.VOID)

    def handle_endtag(self, tag: str) -> None:
        self.wrong += [tag] * (not self.open or self.open.pop() != tag)


def text_of(paper: PaperExchange, **query: str) -> str:
    reply = paper.get("/", **query)
    assert reply.status_code == httpx.codes.OK
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", reply.text).replace("\u2009", ""))


def post(paper: PaperExchange, name: str, **form: str) -> httpx.Response:
    return plain_http.post(f"{paper.url}/_face/{name}", data=form, timeout=60)


def test_a_fresh_exchange_has_an_empty_state() -> None:
    with PaperExchange() as fresh:
        told = text_of(fresh)
    for words in (
        "No market has a price yet",
        "No account yet",
        "No order is open",
        "Nothing has changed",
        "No fault is",
    ):
        assert words in told


def test_it_shows_markets_accounts_orders_and_the_ledger(trader: Trader) -> None:
    trader.ccxt().create_order(PAIR, "limit", "buy", "0.01", "59000")
    trader.usdm().create_order(PERPETUAL, "market", "buy", "0.05")
    trader.usdm().create_order(PERPETUAL, "market", "sell", "0.05", None, {"stopLossPrice": 55000})
    told = text_of(trader.paper)
    assert "BTCUSDT spot 60000.00" in told
    assert f"{trader.name} USDT 9410.00 590.00 spot" in told  # 10,000 − 0.01 × 59,000
    assert f"{trader.name} LONG BTCUSDT 0.05" in told
    assert f"{trader.name} BTCUSDT usdm SELL STOP_MARKET market from 55000.0 0.050" in told
    assert "AlgoAccepted" in told
    assert "Book of BTCUSDT usdm" in text_of(trader.paper, side="usdm", symbol="BTCUSDT")
    assert "Book of BTCUSDT spot" in text_of(trader.paper, side="mars", symbol="NOPE")


def test_the_markup_is_sound_and_says_nothing_twice(trader: Trader) -> None:
    reply, parser = trader.paper.get("/"), Balance()
    parser.feed(reply.text)
    assert (parser.wrong, parser.open) == ([], [])
    assert len(parser.ids) == len(set(parser.ids))
    assert "script-src 'self'" in reply.headers["content-security-policy"]
    assert "style=" not in reply.text


@pytest.mark.parametrize(("name", "kind"), [("face.css", "text/css"), ("face.js", "text/javascript")])
def test_its_files_come_from_here(paper: PaperExchange, name: str, kind: str) -> None:
    reply = paper.get(f"/_face/{name}")
    assert (reply.status_code, reply.headers["content-type"].split(";")[0]) == (200, kind)
    assert "http" not in re.sub(r"//.*|/\*.*?\*/", "", reply.text)


def test_nobodys_name_becomes_markup(paper: PaperExchange) -> None:
    paper.add_key("evil", "evil", EVIL)
    paper.deposit({"USDT": "1"}, EVIL)
    assert EVIL not in paper.get("/").text
    assert "&lt;script&gt;" in paper.get("/").text


def test_forms_turn_levers(trader: Trader) -> None:
    paper = trader.paper
    trader.order(symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.01", price="50000")
    posted = [
        post(paper, "price", symbol="SOLUSDT", price="151", qty=""),
        post(paper, "deposit", account=trader.name, market="spot", asset="BTC", amount="0.25"),
        post(paper, "fault", plan='# once\n{"match": {"path": "/api/v3/time"}, "action": "http_503_before_accept"}\n'),
        post(paper, "latency", plan='{"match": {"path": "/nowhere"}, "ms": 5}'),
    ]
    assert [(one.status_code, one.headers["location"]) for one in posted] == [(303, "/")] * 4
    assert paper.read("state")["prices"]["SOLUSDT"] == "151.00000000"
    assert trader.ledger()["balances"]["BTC"]["free"] == "0.25000000"
    told = text_of(paper)
    assert "http_503_before_accept /api/v3/time × 1" in told
    assert paper.get("/api/v3/time").status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert "http_503_before_accept GET /api/v3/time" in text_of(paper)
    assert post(paper, "latency", plan="").status_code == httpx.codes.SEE_OTHER
    assert post(paper, "reset", account=trader.name).status_code == httpx.codes.SEE_OTHER
    assert trader.ledger()["balances"]["USDT"] == {"free": "10000.00000000", "locked": "0.00000000"}


@pytest.mark.parametrize(
    ("name", "form", "words"),
    [
        ("price", {"symbol": "BTCUSDT", "price": "1.001"}, "positive multiple of 0.01"),
        ("price", {"symbol": "BTCUSDT"}, "price"),
        ("fault", {"plan": '\n{"action": "explode"}'}, "line 2: action:"),
        ("latency", {"plan": "[]"}, "line 1: a rule is a JSON object"),
        ("reset", {"account": "nobody"}, "no account nobody"),
        ("pause", {"on": "1"}, "set by hand"),
        ("speed", {"speed": "fast"}, "invalid literal"),
    ],
)
def test_a_wrong_form_says_why_and_keeps_what_was_written(
    paper: PaperExchange, name: str, form: dict[str, str], words: str
) -> None:
    reply = post(paper, name, **form)
    assert reply.status_code == httpx.codes.BAD_REQUEST
    told = reply.text.replace("&#x27;", "'").replace("&quot;", '"')
    assert f"Not done: {words}" in told or words in told.partition('role="alert">')[2].partition("</p>")[0]
    assert form.get("plan", "") in told


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/_face/nothing"), ("POST", "/_face/nothing"), ("POST", "/"), ("GET", "/_face/../run.py")],
)
def test_there_is_nothing_else(paper: PaperExchange, method: str, path: str) -> None:
    assert plain_http.request(method, paper.url + path, timeout=60).status_code == httpx.codes.NOT_FOUND


@pytest.mark.parametrize("path", ["/_control/maintenance", "/_face/pause"])
def test_a_page_of_another_origin_turns_nothing(paper: PaperExchange, path: str) -> None:
    for origin in ("https://elsewhere.example", "null"):
        reply = plain_http.post(paper.url + path, content=b'{"on": true}', headers={"Origin": origin}, timeout=60)
        assert reply.status_code == httpx.codes.FORBIDDEN
    own = plain_http.post(
        paper.url + "/_control/maintenance", json={"on": False}, headers={"Origin": paper.url}, timeout=60
    )
    assert own.status_code == httpx.codes.OK


def test_faults_and_maintenance_do_not_befall_it(paper: PaperExchange) -> None:
    paper.faults([{"action": "ban", "ms": 60_000}])
    assert paper.get("/api/v3/ping").status_code == 418
    paper.control("maintenance", {"on": True})
    told = text_of(paper)
    paper.control("maintenance", {"on": False})
    paper.faults([])
    assert "in maintenance" in told
    assert "turning requests away, 418" in told


@pytest.fixture(scope="module")
def guarded() -> Iterator[PaperExchange]:
    with PaperExchange("--manual", "--control-token", "open-sesame", control_token="open-sesame") as running:
        yield running


@pytest.mark.parametrize(
    ("auth", "status"),
    [(None, 401), (("me", "sesame"), 401), (("me", "open-sesame"), 200), (("", "open-sesame"), 200)],
)
def test_the_token_is_the_password(guarded: PaperExchange, auth: Any, status: int) -> None:
    assert plain_http.get(f"{guarded.url}/", auth=auth, timeout=60).status_code == status
    forms = plain_http.post(
        f"{guarded.url}/_face/price", data={"symbol": "BTCUSDT", "price": "1"}, auth=auth, timeout=60
    )
    assert forms.status_code == (303 if status == 200 else status)
    state = plain_http.get(f"{guarded.url}/_control/state", auth=auth, timeout=60)
    assert state.status_code == (200 if status == 200 else 403)


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Bearer open-sesame", "Basic bm9jb2xvbg=="])
def test_a_strange_password_is_none(guarded: PaperExchange, header: str) -> None:
    assert plain_http.get(f"{guarded.url}/", headers={"Authorization": header}, timeout=60).status_code == 401
