"""Adding funds to a group and editing its exits: first what it would do, in numbers, then the one button."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from dashboard import formats, shell
from dashboard.access import may_act_on, refusal
from dashboard.given import words
from dashboard.pages.errors import needs_database
from dashboard.ticket import key_of, new_key
from dashboard.words import watch_words
from trading.domain import settings as registry
from trading.domain.exit_plan import ExitDecision
from trading.models import PositionGroup
from trading.services import add_funds, connect, edit_exits
from trading.services.add_funds import Added, CannotAdd
from trading.services.edit_exits import CannotEdit, Change, Outlook

METHODS = ["GET", "HEAD", "POST"]
MOST_QUOTE = Decimal(10) ** 9


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in: a number, a choice of one (`choices`), or of several (`many`)."""

    name: str
    label: str
    value: str = ""
    hint: str = ""
    choices: tuple[str, ...] = ()
    many: bool = False

    @property
    def chosen(self) -> frozenset[str]:
        """The values that are ticked."""
        return frozenset(part.strip() for part in self.value.split(",") if part.strip())


@dataclass(frozen=True, slots=True)
class Deed:
    """A form, what it would do as it is filled in, and whether it may be done."""

    title: str
    lead: str
    fields: tuple[Field, ...]
    button: str
    consequence: tuple[str, ...] = ()
    problem: str = ""
    ready: bool = False
    given: tuple[tuple[str, str], ...] = ()


# add funds ---------------------------------------------------------------------------------------


@needs_database
@login_required
@require_http_methods(METHODS)
def add_to_group(request: HttpRequest, group_id: int) -> HttpResponse:
    """One more pyramid by hand: the plan as the gate sees it now, then the orders."""
    group = _group(group_id)
    typed = request.POST if request.method == "POST" else request.GET
    try:
        size = _size(typed.get("size", ""))
        if request.method == "POST" and may_act_on(request.user, group.account_id):
            found = _added(request, group, size)
            said = f"Added to {_name(group)}: {found.verdict.reason}" if found.done else _refusal(found)
            return _told(request, group, said, done=found.done)
        deed = _add_deed(request, group, size)
    except CannotAdd as error:
        deed = _add_form(group, typed.get("size", ""), problem=str(error))
    return _page(request, group, deed)


def _size(text: str) -> Decimal | None:
    """What was typed, quote; None leaves it to source and settings. Raises CannotAdd."""
    text = words(text)
    try:
        size = Decimal(text) if text else None
    except ArithmeticError:
        size = Decimal("NaN")
    if size is not None and not (size.is_finite() and 0 < size <= MOST_QUOTE):
        raise CannotAdd(
            f"{text[:20]} is no amount: type a number above 0, or leave it empty for what the settings say."
        )
    return size


def _added(request: HttpRequest, group: PositionGroup, size: Decimal | None) -> Added:
    operator, now = request.user.get_username(), timezone.now()
    add_funds.fetch_price(group, gateway=lambda: connect.gateway(group.account), clock=timezone.now)
    return add_funds.add(group.pk, size_quote=size, operator=operator, now=now, key=key_of(request.POST))


def _add_deed(request: HttpRequest, group: PositionGroup, size: Decimal | None) -> Deed:
    if not may_act_on(request.user, group.account_id) or "show" not in request.GET:
        return _add_form(group, request.GET.get("size", ""))
    add_funds.fetch_price(group, gateway=lambda: connect.gateway(group.account), clock=timezone.now)
    found = add_funds.preview(group.pk, size_quote=size, operator=request.user.get_username(), now=timezone.now())
    text = request.GET.get("size", "")
    if not found.done:
        return _add_form(group, text, problem=_refusal(found))
    return _add_form(group, text, consequence=(found.verdict.reason, *_orders(group, found)))


def _add_form(group: PositionGroup, size: str, *, problem: str = "", consequence: tuple[str, ...] = ()) -> Deed:
    quote = group.instrument.quote
    hint = "Empty: what the source or the setting capital_per_pyramid says."
    field = Field("size", f"Capital of the new pyramid, {quote}", size, hint)
    lead = "One more pyramid of this group at the price of now. It passes every check that an alert's would pass."
    given = (("size", size), ("key", new_key())) if consequence else ()
    return Deed(
        f"Add funds to {_name(group)}", lead, (field,), "Add now", consequence, problem, bool(consequence), given
    )


def _refusal(found: Added) -> str:
    return f"{found.verdict.outcome}: {found.verdict.reason}"


def _orders(group: PositionGroup, found: Added) -> tuple[str, ...]:
    """The entry orders in words, one line each."""
    market = group.instrument
    placed = (
        f"{formats.qty(qty, market.lot_step)} {market.base} "
        + ("at market" if price is None else f"at {formats.price(price, market.tick_size)}")
        for price, qty, _ in found.orders
    )
    return (f"Orders: {'; '.join(placed)}.",)


# exits -------------------------------------------------------------------------------------------


@needs_database
@login_required
@require_http_methods(METHODS)
def edit_group_exits(request: HttpRequest, group_id: int) -> HttpResponse:
    """A group's own take-profit and stops: what changes, where they would stand, what would fire at once."""
    group = _group(group_id)
    wanted = _wanted(request.POST if request.method == "POST" else request.GET)
    try:
        if request.method == "POST" and may_act_on(request.user, group.account_id):
            changes = edit_exits.edit(group.pk, wanted, operator=request.user.get_username(), now=timezone.now())
            return _told(request, group, f"Exits of {_name(group)}: {_changes(changes) or 'nothing was changed'}.")
        deed = _exits_deed(group, wanted, show="show" in request.GET, now=timezone.now())
    except CannotEdit as error:
        deed = _exits_form(group, wanted, problem=str(error))
    return _page(request, group, deed)


def _wanted(typed: QueryDict) -> dict[str, str]:
    """What was filled in, by name; the ticks of a choice of several are one text."""
    names = [name for name in (*edit_exits.EDITABLE, edit_exits.LEGS) if name in typed]
    said = {name: words(",".join(typed.getlist(name))) for name in names}
    return said | ({"stop": said.get("stop", "")} if typed else {})


def _exits_deed(group: PositionGroup, wanted: Mapping[str, str], *, show: bool, now: datetime) -> Deed:
    if group.closing_at is not None:
        return _exits_form(group, {}, problem="The group is closed or closing: its exits are not changed any more.")
    if not show:
        return _exits_form(group, {})
    found = edit_exits.outlook(group, wanted, now=now)
    if not found.changes:
        return _exits_form(group, wanted, problem="Nothing differs from how the group's exits stand now.")
    return _exits_form(group, wanted, consequence=_outlook(group, found))


def _exits_form(
    group: PositionGroup, wanted: Mapping[str, str], *, problem: str = "", consequence: tuple[str, ...] = ()
) -> Deed:
    try:
        values = {**edit_exits.current(group), **wanted}
    except CannotEdit as error:
        return Deed(f"Exits of {_name(group)}", "", (), "", problem=str(error))
    given = tuple((name, value) for name, value in values.items()) if consequence else ()
    lead = "They hold for this group alone, from now on; resting targets are taken back and placed anew."
    fields = tuple(_field(name, values[name]) for name in (*edit_exits.EDITABLE, edit_exits.LEGS))
    return Deed(f"Exits of {_name(group)}", lead, fields, "Change now", consequence, problem, bool(consequence), given)


LABELS = {
    "tp_mode": "How it takes profit",
    "tp_aggregate_pct": "Target of the whole group, % from its average entry",
    "stop": "Stops",
    "fixed_stop_pct": "Fixed stop, % from the average entry",
    "emergency_stop_pct": "Emergency stop, %",
    "trailing_activation_pct": "Trailing stop armed at a gain of, %",
    "trailing_distance_pct": "Trailing stop follows at, %",
    "breakeven_after_target": "To break-even after so many targets, 0 = never",
    "time_exit_h": "Closed after, hours, or off",
    edit_exits.LEGS: "Target of every leg that has not taken its own, % from the leg's price",
}


def _field(name: str, value: str) -> Field:
    row = registry.REGISTRY.get(name)
    choices = tuple(str(choice) for choice in row.choices or ()) if row else ()
    hint = "Empty: every leg keeps its own." if name == edit_exits.LEGS else ""
    return Field(name, LABELS[name], value, hint, choices, many=name == "stop")


def _changes(changes: tuple[Change, ...]) -> str:
    return "; ".join(f"{c.name} {c.before or '–'} → {c.after or '–'}" for c in changes)


def _outlook(group: PositionGroup, found: Outlook) -> tuple[str, ...]:
    """What changes, then what fires at once or where the exits would stand."""
    return (f"{_changes(found.changes)}.", *_standing(group, found.decision))


def _standing(group: PositionGroup, decision: ExitDecision) -> tuple[str, ...]:
    if decision.fired is not None:
        return (f"It fires at once: {decision.fired.words} Everything is cancelled, and the group is sold at market.",)
    tick = group.instrument.tick_size
    watched = [
        f"{watch_words(watch.kind)} {formats.price(watch.trigger_price, tick) if watch.trigger_price else watch.note}"
        for watch in decision.watch
    ]
    said = f"Watched from then on: {'; '.join(watched)}." if watched else "No stop is watched from then on."
    return (said, "Nothing fires at the price of now.")


# both --------------------------------------------------------------------------------------------


def _group(group_id: int) -> PositionGroup:
    return get_object_or_404(PositionGroup.objects.select_related("account", "instrument"), pk=group_id)


def _name(group: PositionGroup) -> str:
    return f"{group.instrument.symbol} {group.side}"


def _told(request: HttpRequest, group: PositionGroup, text: str, *, done: bool = True) -> HttpResponse:
    messages.add_message(request, messages.SUCCESS if done else messages.WARNING, text)
    return redirect("dashboard:group", group_id=group.pk)


def _page(request: HttpRequest, group: PositionGroup, deed: Deed) -> HttpResponse:
    barred = refusal(request.user, group.account_id)
    problem = barred or deed.problem
    context = {
        "overview": shell.gather(group.account_id, now=timezone.now()),
        "group": group,
        "deed": deed,
        "problem": problem,
        "may_act": not barred,
    }
    status = 403 if barred else 422 if deed.problem and request.method == "POST" else 200
    return render(request, "dashboard/deed.html", context, status=status)
