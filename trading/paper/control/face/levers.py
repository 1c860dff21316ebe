"""The panels that turn something: the market, money, faults and delays. Every form works without a script."""

import json
from collections.abc import Mapping
from typing import Any

from trading.paper.control.face.facts import Facts
from trading.paper.control.face.html import Html, panel, tag
from trading.paper.control.face.numbers import clock, count
from trading.paper.control.faults import Action, Rule

PREFIX = "/_face/"

SPEEDS = (1, 10, 60, 300, 1_000, 3_000)

SHOWN_FAULTS = 8

EXAMPLE = '{"match": {"method": "POST", "path": "/api/v3/order"}, "action": "timeout_after_accept", "times": 1}'
EXAMPLE_DELAY = '{"match": {"path": "/api/v3/*"}, "median_ms": 40, "sigma": 0.5}'


DELAYS = "Half of a delay passes before the exchange acts, half after. ms is always the same, median_ms log-normal."


def form(action: str, *content: Any, button: str, risky: bool = False) -> Html:
    """A form that posts to the page's own address."""
    press = tag("button", button, type="submit", cls="danger" if risky else None)
    return tag("form", content, press, method="post", action=PREFIX + action)


def field(label: str, name: str, value: str = "", **more: str | bool | None) -> Html:
    """A labelled input."""
    return tag("label", tag("span", label), tag("input", name=name, value=value, autocomplete="off", **more))


def choice(label: str, name: str, options: list[str], chosen: str = "") -> Html:
    """A labelled list to choose from."""
    made = [tag("option", one, value=one, selected=one == chosen) for one in options]
    return tag("label", tag("span", label), tag("select", made, name=name))


def hidden(name: str, value: str) -> Html:
    """What a form says without being asked."""
    return tag("input", type="hidden", name=name, value=value)


HALTS = ["halt", "resume"]


def asked_back(title: str, consequence: str, sure: Html) -> Html:
    """Something that cannot be undone: it says what it does before it can be pressed."""
    return tag("details", tag("summary", title), tag("p", consequence, cls="why"), sure)


def market(facts: Facts) -> Html:
    """Pause, speed, start; prices and halts."""
    standing = facts.standing
    turned = [_pause(paused=standing.paused), _speed(standing.speed)] if facts.driver else []
    start = [form("start", button="Start the replay")] if standing.held else []
    symbols = list(facts.exchange.state.markets)
    price = form(
        "price",
        choice("Market", "symbol", symbols, "BTCUSDT"),
        field("Price", "price", inputmode="decimal", required=True),
        field("Only so much", "qty", inputmode="decimal", placeholder="all"),
        button="Set price",
    )
    halt = asked_back(
        "Halt or resume a market…",
        "A halt ends the market's open orders, and settles positions in its contracts at the mark price.",
        form("trading", choice("Market", "symbol", symbols), choice("What", "on", HALTS), button="Do it", risky=True),
    )
    note = tag("p", standing.note, cls="why") if standing.note else None
    return panel(
        "Market", note, tag("div", start, turned, price, halt, cls="levers"), name="levers", aside=standing.mode
    )


def _pause(*, paused: bool) -> Html:
    return form("pause", hidden("on", "" if paused else "1"), button="Go on" if paused else "Pause the market")


def _speed(speed: int) -> Html:
    known = sorted({*SPEEDS, speed} - {0})
    return form("speed", choice("Speed", "speed", [str(one) for one in known], str(speed)), button="Set speed")


def money(facts: Facts) -> Html:
    """Top up an account, or begin it anew."""
    names = facts.accounts()
    if not names:
        return panel("Money", tag("p", "No account is open yet.", cls="empty"), name="money")
    assets = sorted({"USDT", *(one.base for one in (m.instrument for m in facts.exchange.state.markets.values()))})
    top_up = form(
        "deposit",
        choice("Account", "account", names),
        choice("Wallet", "market", ["spot", *facts.sides()]),
        choice("Asset", "asset", assets, "USDT"),
        field("Amount", "amount", inputmode="decimal", required=True),
        button="Top up",
    )
    reset = asked_back(
        "Reset an account…",
        "Cancels its orders, settles its positions at the mark price, and leaves its first deposits and nothing else.",
        form("reset", choice("Account", "account", names), button="Begin anew", risky=True),
    )
    return panel("Money", tag("div", top_up, reset, cls="levers"), name="money", aside="nothing here is real")


def faults(facts: Facts) -> Html:
    """What is planned to go wrong, what has, and forms to plan more."""
    plan = [_rule(one) for one in facts.faults.rules if one.times]
    late = [tag("li", tag("code", json.dumps(one))) for one in facts.latency.rows]
    told = [
        tag(
            "li",
            tag("span", clock(one["time"]), cls="muted"),
            f" {one['action']} ",
            tag("code", f"{one['method']} {one['path']}"),
        )
        for one in facts.faults.happened[: -SHOWN_FAULTS - 1 : -1]
    ]
    parts = [
        _listed("Planned", plan, "No fault is planned."),
        _listed("Delays", late, "Every reply comes as soon as it can."),
        _listed("Happened", told, "Nothing has gone wrong on purpose yet."),
    ]
    return panel(
        "Faults", tag("div", parts, cls="three"), name="faults", aside=f"{count(len(facts.faults.happened))} so far"
    )


def _listed(title: str, items: list[Html], empty: str) -> Html:
    return tag("div", tag("h3", title), tag("ul", items) if items else tag("p", empty, cls="empty"))


def _rule(rule: Rule) -> Html:
    where = f"{rule.match.method} {rule.match.path}".strip() or "anything"
    left = f" × {rule.times}" + (f" after {rule.skip}" if rule.skip else "")
    return tag("li", rule.action.value, " ", tag("code", where), tag("span", left, cls="muted"))


def plans(drafts: Mapping[str, str]) -> Html:
    """Forms for fault and latency plans, with what was refused; not refreshed, so that nobody's writing is lost."""
    words = f"One JSON rule a line; this replaces the plan. Actions: {', '.join(Action)}."
    fault = [
        form(
            "fault",
            _area("Fault plan", drafts.get("fault", ""), EXAMPLE),
            tag("p", words, cls="why"),
            button="Plan these faults",
        ),
        form("fault", hidden("plan", ""), button="End all faults"),
    ]
    delay = [
        form(
            "latency",
            _area("Delays", drafts.get("latency", ""), EXAMPLE_DELAY),
            tag("p", DELAYS, cls="why"),
            button="Plan these delays",
        ),
        form("latency", hidden("plan", ""), button="End all delays"),
    ]
    made = [tag("div", fault, cls="pair"), tag("div", delay, cls="pair")]
    return tag(
        "section", tag("header", tag("h2", "Plan trouble")), tag("div", made, cls="levers"), cls="panel", id="plans"
    )


def _area(label: str, draft: str, example: str) -> Html:
    box = tag("textarea", draft, name="plan", rows="3", spellcheck="false", placeholder=example, required=True)
    return tag("label", tag("span", label), box, cls="area")
