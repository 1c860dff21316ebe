"""The judge of a faulted stack: a process beside it that knows Django, asked over a pipe, a JSON line each way.

    {"ask": "furnish"}                          accounts get a source and settings; the sources' tokens
    {"ask": "open", "venue": "bybit", "count": 2}  so many paper accounts there; their numbers
    {"ask": "press"}                            the kill switch
    {"ask": "unsettled"}                        what is still on its way, in words; out of an emergency that is over
    {"ask": "verdict", "promised": {"a1": [7]}}  findings by the oracle's names, and the invariants; alerts by their
                                                sender's id, with the ids that the door told him

It reaches the servers directly, never through the proxies, and no failpoint befalls it.
"""

import json
import secrets
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import django
import httpx
from django.db.models import F

from tests.faults import ledgers, oracle
from tests.faults.oracle import Alerts, Books, Execution, Finding, OurOrder
from tests.support import plain_http

Json = dict[str, Any]
Promised = Mapping[str, Collection[int]]

SETTLE_SECS, LOOK_SECS = 12.0, 0.5
# A violation that lasts shorter was something on its way.
SETTINGS: Mapping[str, Any] = {
    "first_entry": "market",
    "legs": [["0", "50", "1"], ["-0.5", "50", "1"]],
    "max_open_groups": 4,
    "capital_per_pyramid": "200 USDT",
    "per_symbol_pct": "900",
    "per_venue_pct": "900",
    "per_strategy_pct": "900",
    "per_sector_pct": "900",
    "cluster_pct": "900",
    "max_consecutive_losses": "1000",
    "order_rate_per_min": "100000",
    "drawdown_tiers_pct": ["96", "97", "98", "99"],
    "max_daily_loss_pct": "100",
    "max_heat": "100",
    "var_limit_pct": "100",
}


def main() -> None:
    """Answer until the pipe is closed."""
    django.setup()
    sys.stdout.write(json.dumps("ready") + "\n")
    sys.stdout.flush()
    for line in sys.stdin:
        asked = json.loads(line)
        sys.stdout.write(json.dumps(_answered(asked), default=str) + "\n")
        sys.stdout.flush()


def _answered(asked: Json) -> Any:
    """The answer; what went wrong is one too, for whoever asks may ask again."""
    from django.db import DatabaseError, connection

    from trading.errors import WindlassError

    try:
        return ANSWERS[asked.pop("ask")](**asked)
    except (DatabaseError, WindlassError, httpx.HTTPError) as error:
        connection.close()
        return {"error": f"{type(error).__name__}: {error}"}


# before ------------------------------------------------------------------------------------------


def open_accounts(venue: str, count: int) -> list[int]:
    """Paper accounts, as a person opens them."""
    from django.utils import timezone

    from project.accounts.models import ExchangeAccount, User
    from trading.services.open_account import open_account

    owner = User.objects.order_by("id")[0]
    made = [ExchangeAccount(user=owner, name=f"storm {number}", venue=venue) for number in range(count)]
    for account in made:
        open_account(account, operator="faults", now=timezone.now())
    return [account.pk for account in made]


def furnish(**more: Any) -> list[Json]:
    """A source for each account, without a limit, and settings that let many small entries through."""
    from django.conf import settings

    from project.accounts.models import ExchangeAccount
    from project.services.files import write_private
    from signals.models import Source
    from trading.models import SettingOverride
    from trading.services.bootstrap import digest

    for name, value in {**SETTINGS, **more}.items():
        SettingOverride.objects.create(symbol="", name=name, value=value, changed_by="faults")
    made = []
    for account in ExchangeAccount.objects.order_by("id"):
        token, secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        Source.objects.create(
            user=account.user,
            account=account,
            name=f"faults {account.pk}",
            token_hash=digest(token),
            secret_hash=digest(secret),
            pair_whitelist=[],
            rate_per_min=0,
        )
        made.append({"account": account.pk, "venue": account.venue, "token": token, "secret": secret})
    write_private(settings.WINDLASS.home / "faults-sources.json", json.dumps(made))
    return made


def press() -> str:
    """The red button; the latch's number."""
    from project.accounts import mode

    return mode.declare_emergency(operator="faults", reason="a round", source="faults").id


def _leave() -> list[str]:
    """Lead out of an emergency once it has ended flat and is booked; why not yet."""
    from django.utils import timezone

    from project.accounts import latch, mode
    from project.accounts.models import KillReport
    from trading.models import PositionGroup

    standing = latch.read(mode.home())
    if standing is not None:
        if not KillReport.objects.filter(latch=standing.id, flat=True).exists():
            return ["the kill is not flat yet"]
        if open_groups := PositionGroup.objects.filter(closed_at=None).count():
            return [f"{open_groups} groups are open after the kill"]
        try:
            mode.request_leave(operator="faults", reason="the round is over", now=timezone.now())
            mode.leave(operator="faults", phrase=mode.LEAVE_PHRASE, two_people=False, now=timezone.now())
        except mode.ModeRefused as refused:
            return [str(refused)]
    if mode.current().mode != mode.Mode.NORMAL:
        mode.change(mode.Mode.NORMAL, operator="faults", reason="the next round")
    return []


# when the dust settles ---------------------------------------------------------------------------


def unsettled() -> list[str]:
    """What is on its way: an emergency, alerts, orders, fills, groups that close, offsets, accounts that may not trade."""
    return _leave() or _on_its_way()


def _on_its_way() -> list[str]:
    from project.accounts.models import ExchangeAccount
    from signals.models import Alert
    from trading.domain.order_state import OrderState
    from trading.models import OffsetRun, Order, PositionGroup

    moving = (OrderState.NEW, OrderState.SUBMITTING, OrderState.UNKNOWN, OrderState.CANCELLING)
    resting = (OrderState.OPEN, OrderState.PARTIALLY_FILLED)
    counts = {
        "alerts undecided": Alert.objects.filter(outcome=""),
        "orders on their way": Order.objects.filter(state__in=moving),
        "orders to be cancelled": Order.objects.filter(cancel_requested=True, state__in=resting),
        "orders with fills missing": Order.objects.filter(reported_qty__gt=F("filled_qty")),
        "groups closing": PositionGroup.objects.filter(closed_at=None).exclude(closing_at=None),
        "offsets under way": OffsetRun.objects.filter(ended_at=None),
        "accounts unwell": ExchangeAccount.objects.exclude(health="", reconciled_at__isnull=False),
    }
    return [f"{found} {what}" for what, rows in counts.items() if (found := rows.count())]


# the verdict -------------------------------------------------------------------------------------


def verdict(promised: Promised) -> Json:
    """What is wrong, by the oracle and by the engine's own invariants."""
    from django.utils import timezone

    from trading.services.invariants import check_all

    checked = check_all(clock=timezone.now, settle_secs=SETTLE_SECS)
    return {
        "findings": [asdict(finding) for finding in _lasting(promised)],
        "invariants": {name: asdict(result) for name, result in checked.items()},
    }


def _lasting(promised: Promised) -> list[Finding]:
    """What is found at every look until the dust has settled: the market moves on, and so do orders and fills."""
    found = _findings(promised)
    give_up = time.monotonic() + SETTLE_SECS
    while found and time.monotonic() < give_up:
        time.sleep(LOOK_SECS)
        again = set(_findings(promised))
        found = [finding for finding in found if finding in again]
    return found


def _findings(promised: Promised) -> list[Finding]:
    return [*oracle.judge_alerts(alerts(promised)), *(f for both in _all_books() for f in oracle.judge(both))]


def alerts(promised: Promised) -> Alerts:
    from project.journal.models import JournalEntry
    from signals.models import Alert
    from trading.models import Pyramid

    given = JournalEntry.objects.filter(kind="alert.settled").values_list("subject", flat=True)
    entered = Pyramid.objects.exclude(signal__alert=None).values_list("signal__alert_id", flat=True)
    stored: dict[str, set[int]] = defaultdict(set)
    for name, number in Alert.objects.exclude(client_id="").values_list("client_id", "id"):
        stored[name].add(number)
    return Alerts(
        {name: frozenset(told) for name, told in promised.items()},
        {name: frozenset(numbers) for name, numbers in stored.items()},
        dict(Alert.objects.values_list("id", "outcome")),
        Counter(int(subject.partition(":")[2]) for subject in given),
        Counter(entered),
    )


def _all_books() -> Iterator[Books]:
    from django.conf import settings

    from project.accounts.models import ExchangeAccount

    told = plain_http.get(f"http://127.0.0.1:{settings.WINDLASS.paper_port}/_control/ledger", timeout=60).json()
    for account in ExchangeAccount.objects.order_by("id"):
        yield books(account, ledgers.WORDS[account.venue].account(told, account.pk))


def books(account: Any, told: Mapping[str, Any]) -> Books:
    from signals.models import Instrument
    from trading.models import Fill, Order

    rows = Order.objects.filter(account=account).order_by("id")
    ours = (OurOrder(o.pk, o.client_order_id, o.venue_order_id, o.intent_key, o.state) for o in rows)
    booked = {o.venue_order_id: o.client_order_id for o in rows if o.venue_order_id}
    fills = Fill.objects.filter(account=account)
    our_fills = (Execution(f.venue_order_id, f.venue_trade_id, *_plain(f.qty, f.price, f.fee)) for f in fills)
    sizes = dict(Instrument.objects.filter(venue=account.venue).values_list("venue_symbol", "contract_size"))
    theirs = ledgers.fills(account.venue, told, sizes)
    return Books(tuple(ours), tuple(ledgers.orders(account.venue, told, booked)), tuple(our_fills), tuple(theirs))


def _plain(*numbers: Any) -> tuple[Decimal, ...]:
    return tuple(Decimal(number).normalize() for number in numbers)


ANSWERS: Mapping[str, Callable[..., Any]] = {
    "furnish": furnish,
    "open": open_accounts,
    "press": press,
    "unsettled": unsettled,
    "verdict": verdict,
}

if __name__ == "__main__":
    main()
