"""The whole page, and its requests: read it, turn a lever, fetch its two files."""

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl

from trading.paper.control.face import levers, panels
from trading.paper.control.face.facts import Facts
from trading.paper.control.face.html import Html, inner, tag
from trading.paper.control.face.levers import PREFIX
from trading.paper.control.face.numbers import clock
from trading.paper.control.faults import parse as parse_fault
from trading.paper.control.latency import parse as parse_delay
from trading.paper.control.rules import parse_lines
from trading.paper.core.market import Market
from trading.paper.core.refusals import Refused
from trading.paper.server.http import Reply, Request

FOLDER = Path(__file__).resolve().parent

FILES = {"face.css": b"text/css;charset=UTF-8", "face.js": b"text/javascript;charset=UTF-8"}

HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
        b"form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)

ICON = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Crect width='8' height='8' rx='2' fill='%236e56cf'/%3E%3C/svg%3E"

Turn = Callable[[str, Any], Any]
# Turns the lever of a name with a JSON body; raises ValueError or Refused in words.

BODIES: dict[str, Callable[[dict[str, str]], Any]] = {
    "deposit": lambda form: {
        "account": form["account"],
        "amounts": {form["asset"]: form["amount"]},
        "market": form["market"],
    },
    "fault": lambda form: parse_lines(form.get("plan", ""), parse_fault),
    "latency": lambda form: parse_lines(form.get("plan", ""), parse_delay),
    "pause": lambda form: {"on": bool(form.get("on"))},
    "price": lambda form: {name: value for name, value in form.items() if value},
    "reset": lambda form: {"account": form["account"]},
    "speed": lambda form: {"speed": int(form["speed"])},
    "start": lambda _: {},
    "trading": lambda form: {"symbol": form["symbol"], "on": form["on"] == "resume"},
}
# What each form of the page says to the lever of its name.


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a form was told, and the plans that had been written in it."""

    words: str = ""
    drafts: Mapping[str, str] = field(default_factory=dict)


def allowed(request: Request, token: str) -> bool:
    """True if the browser has said the token, as the password of whatever name."""
    scheme, _, told = request.header(b"authorization").partition(" ")
    if scheme.lower() != "basic":
        return not token
    try:
        password = base64.b64decode(told, validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return not token
    return not token or hmac.compare_digest(password, token.encode())


class Face:
    """Answers `/` and everything below `/_face/`."""

    def __init__(self, facts: Facts, turn: Turn) -> None:
        self._facts = facts
        self._turn = turn

    def answer(self, request: Request) -> Reply:
        """The page, one of its files, or what a form has done."""
        name = request.path.removeprefix(PREFIX)
        if request.method == "GET" and name in FILES:
            return Reply(200, (FOLDER / name).read_bytes(), FILES[name], HEADERS)
        if not allowed(request, self._facts.token):
            ask = (b"www-authenticate", b'Basic realm="paper exchange: the control token is the password"')
            return Reply(401, b"The control token is the password; any name will do.", b"text/plain", (ask, *HEADERS))
        if request.method == "GET" and request.path == "/":
            return self._page(request)
        if request.method == "POST" and name in BODIES:
            return self._form(name, request)
        return Reply(404, b"not found", b"text/plain", HEADERS)

    def _form(self, name: str, request: Request) -> Reply:
        form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        try:
            self._turn(name, BODIES[name](form))
        except (Refused, ValueError, KeyError) as error:
            refused = Refusal(f"Not done: {error}", {name: form.get("plan", "")})
            return self._page(request, refused)
        return Reply(303, b"", b"text/plain", ((b"location", b"/"), *HEADERS))

    def _page(self, request: Request, refused: Refusal | None = None) -> Reply:
        query = {name: values[-1] for name, values in parse_qs(request.query.decode("latin-1")).items()}
        side, market = self._chosen(query.get("side", "spot"), query.get("symbol", ""))
        made = document(self._facts, side, market, refused or Refusal())
        return Reply(400 if refused else 200, made.encode(), b"text/html;charset=UTF-8", HEADERS)

    def _chosen(self, side: str, symbol: str) -> tuple[str, Market | None]:
        """The market that was asked for, or the first with a price."""
        found = list(self._facts.markets())
        asked = next((one for one in found if (one[0], one[1].instrument.symbol) == (side, symbol)), None)
        return asked or next(iter(found), ("spot", None))


def document(facts: Facts, side: str, market: Market | None, refused: Refusal) -> Html:
    """The page as a browser gets it."""
    chosen = (side, market.instrument.symbol if market else "")
    left = [panels.markets(facts, chosen), panels.orders(facts), panels.accounts(facts), panels.ledger(facts)]
    right = [panels.book(facts, side, market), levers.market(facts), levers.money(facts)]
    whole = [levers.faults(facts), levers.plans(refused.drafts)]
    body = [
        health(facts),
        tag(
            "main",
            tag("p", refused.words, cls="problem", role="alert") if refused.words else None,
            panels.cards(facts),
            tag("div", tag("div", left, cls="column"), tag("div", right, cls="column"), cls="two"),
            whole,
        ),
    ]
    return inner(Html("<!doctype html>"), tag("html", _head(), tag("body", body), lang="en"))


def _head() -> Html:
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", "Paper exchange"),
        tag("link", rel="icon", href=ICON),
        tag("link", rel="stylesheet", href=f"{PREFIX}face.css"),
        tag("script", type="module", src=f"{PREFIX}face.js"),
    )


def health(facts: Facts) -> Html:
    """What this is, whether it runs, and how old what is shown is."""
    exchange, standing = facts.exchange, facts.standing
    words = "held" if standing.held else "paused" if standing.paused else "running"
    speed = f" × {standing.speed}" if standing.speed > 1 else ""
    warnings = [
        "in maintenance" if exchange.in_maintenance else "",
        f"clock told wrong by {exchange.skew_ms} ms" if exchange.skew_ms else "",
        f"turning requests away, {facts.faults.block.status}"
        if facts.faults.block.until_ms > exchange.now_ms()
        else "",
    ]
    parts = [
        tag("h1", "Paper exchange"),
        tag("span", "PAPER", cls="pill paper"),
        tag("span", f"{standing.mode}{speed}, {words}", cls="dot" if words == "running" else "dot late"),
        *(tag("span", one, cls="pill warn") for one in warnings if one),
        tag("span", f"as of {clock(exchange.now_ms())} UTC", cls="muted age", id="age", role="status", aria_live="off"),
    ]
    return tag("div", *parts, cls="health", id="health", data_live=True)
