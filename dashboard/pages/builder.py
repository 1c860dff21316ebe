"""The alert builder: choose source, action and size; copy address and message; send a test and watch where it goes."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dashboard import builder, builder_send, builder_sources, given
from dashboard.access import may_act, refusal
from dashboard.builder import ACT_WORDS, TITLES, Built, Wish
from dashboard.builder_parts import Act
from dashboard.builder_sources import CannotMake
from dashboard.fresh import needs_fresh_confirmation
from dashboard.pages.errors import needs_database
from dashboard.previewing import said
from dashboard.render import webhook_url
from project.accounts.models import Environment, ExchangeAccount, User
from signals.formats import BY_NAME
from signals.models import Source, Ticker

INTERVALS = ("1", "3", "5", "15", "30", "60", "120", "240", "D", "W")
SIZES = ("100 USDT", "1% equity", "25% free", "1% risk", "0.01 base", "50% position")


@dataclass(frozen=True, slots=True)
class Fresh:
    """An address that was just made, told this once."""

    url: str = ""
    source_name: str = ""
    problem: str = ""


@needs_database
@login_required
@require_safe
@never_cache
def builder_page(request: HttpRequest) -> HttpResponse:
    """The form, the message as it is now, and how Windlass reads it."""
    return _page(request, request.GET, Fresh())


def _page(request: HttpRequest, typed: Mapping[str, str], fresh: Fresh, *, status: int = 200) -> HttpResponse:
    now = timezone.now()
    sources = list(Source.objects.select_related("account", "user").order_by("id"))
    wanted = given.number(typed.get("source", ""))
    source = next((row for row in sources if row.pk == wanted), sources[0] if sources else None)
    wish = _priced(wish_of(typed), typed, source)
    built = builder.build(wish, now=now)
    context = {
        "accounts": [row for row in ExchangeAccount.objects.order_by("id") if _acts_on(request, row)],
        "acts": [(act, ACT_WORDS[act]) for act in builder.acts_of(wish.format)],
        "built": built,
        "endpoint": BY_NAME[wish.format].endpoint,
        "facts": [(fact.name.replace("_", " "), fact.value) for fact in said(built.intent)] if built.intent else [],
        "formats": TITLES.items(),
        "fresh": fresh,
        "intervals": INTERVALS,
        "may_act": may_act(request.user),
        "may_source": bool(source and not refusal(request.user, source.account_id)),
        "notes": list(_notes(source, wish, built)),
        "sends": bool(source and builder_send.may_send(source)),
        "sizes": SIZES,
        "source": source,
        "sources": sources,
        "webhook": webhook_url(),
        "wish": wish,
    }
    return render(request, "dashboard/builder.html", context, status=status)


def _acts_on(request: HttpRequest, account: ExchangeAccount) -> bool:
    return not refusal(request.user, account.pk)


def wish_of(typed: Mapping[str, str]) -> Wish:
    """What was typed; an act that the format does not know becomes the first it knows."""
    texts = {
        field.name: given.words(typed[field.name], longest=builder.MAX_FIELD)
        for field in fields(Wish)
        if field.name in typed and field.name not in ("act", "fixed", "on_paper")
    }
    plain: dict[str, Any] = {name: text for name, text in texts.items() if text or name in ("size", "stop_pct")}
    if plain.get("format") not in TITLES:
        plain.pop("format", None)
    acts = builder.acts_of(plain.get("format", builder.FIRST))
    chosen = next((act for act in acts if act == typed.get("act")), acts[0])
    return Wish(**plain, act=Act(chosen), fixed=bool(typed.get("fixed")))


def _priced(wish: Wish, typed: Mapping[str, str], source: Source | None) -> Wish:
    """Where no price was typed, the last one of the pair: a test at another would be refused as too far from the market.

    On paper our own message names none.
    """
    wish = replace(wish, on_paper=source is not None and source.account.environment == Environment.PAPER)
    if typed.get("price") or source is None:
        return wish
    account, symbol = source.account, wish.symbol.replace("/", "").removesuffix(".P").upper()
    rows = Ticker.objects.filter(instrument__venue=account.venue, instrument__environment=account.environment)
    last = rows.filter(instrument__venue_symbol=symbol).values_list("last", flat=True).first()
    return wish if last is None else replace(wish, price=f"{last.normalize():f}")


def _notes(source: Source | None, wish: Wish, built: Built) -> list[str]:
    """What to know before it is used."""
    if source is None:
        return []
    notes = []
    if not source.enabled:
        notes.append(f"{source.name} is switched off: the door answers 401.")
    if not source.live:
        notes.append(f"{source.name} is in shadow mode: its alerts are decided on paper.")
    if source.formats and wish.format not in source.formats:
        notes.append(f"{source.name} takes {', '.join(source.formats)} only: choose one of them, or change the source.")
    if source.kind != "tradingview" and source.kind != BY_NAME[wish.format].endpoint:
        notes.append(f"{source.name} is of kind {source.kind}: it takes no such message.")
    if source.secret_hash is not None:
        notes.append(f"{source.name} has a body secret: where the message carries one, it must be that one.")
    return notes


def opens_live(request: HttpRequest) -> bool:
    """Whether the address would be one for real money, and theirs to make."""
    row = _account(request.POST) if "make" in request.POST else _source(request.POST).account
    return row.environment == Environment.LIVE and _acts_on(request, row)


@needs_database
@login_required
@require_POST
@never_cache
@needs_fresh_confirmation(when=opens_live, back=lambda _: reverse("dashboard:builder"))
def builder_source(request: HttpRequest) -> HttpResponse:
    """Make a source, or a new address for one; told this once."""
    typed = request.POST
    try:
        row, token = _made(request, typed) if "make" in typed else _renewed(request, typed)
    except CannotMake as error:
        return _page(request, typed, Fresh(problem=str(error)), status=422)
    fresh = Fresh(f"{webhook_url()}{token}", row.name)
    return _page(request, {**typed.dict(), "source": str(row.pk)}, fresh)


def _made(request: HttpRequest, typed: Mapping[str, str]) -> tuple[Source, str]:
    account = _account(typed)
    if problem := refusal(request.user, account.pk):
        raise CannotMake(problem)
    name = given.words(typed.get("source_name", ""))
    return builder_sources.make(_user(request), account, name, BY_NAME[wish_of(typed).format].endpoint)


def _account(typed: Mapping[str, str]) -> ExchangeAccount:
    rows = ExchangeAccount.objects.select_related("user")
    return get_object_or_404(rows, pk=given.number(typed.get("account", "")) or 0)


def _renewed(request: HttpRequest, typed: Mapping[str, str]) -> tuple[Source, str]:
    row = _source(typed)
    if problem := refusal(request.user, row.account_id):
        raise CannotMake(problem)
    return row, builder_sources.new_token(row, operator=request.user.get_username())


@needs_database
@login_required
@require_POST
@never_cache
def builder_send_test(request: HttpRequest) -> HttpResponse:
    """Send the message as a bar would, and go where its way is shown."""
    typed, row = request.POST, _source(request.POST)
    if problem := refusal(request.user, row.account_id):
        return _page(request, typed, Fresh(problem=problem), status=403)
    now = timezone.now()
    wish = _priced(wish_of(typed), typed, row)
    built, token = builder.build(wish, now=now), builder_send.token_of(typed.get("url", ""))
    elsewhere = builder_send.names_another(row, built.intent)
    if problem := builder_send.ELSEWHERE.format(name=row.account.name) if elsewhere else built.problem:
        return _page(request, typed, Fresh(problem=problem), status=422)
    if token:
        sent = builder_send.through_the_door(token, built.arrives, source=row)
    else:
        operator = request.user.get_username()
        sent = builder_send.into_the_mailbox(built.arrives, source=row, operator=operator, now=now)
    if sent.alert_id is None:
        return _page(request, typed, Fresh(problem=sent.words), status=422)
    messages.success(request, f"{sent.words} This is its way, as it goes.")
    return redirect("dashboard:signal", sent.alert_id)


def _source(typed: Mapping[str, str]) -> Source:
    """Raises Http404."""
    return get_object_or_404(Source.objects.select_related("account"), pk=given.number(typed.get("source", "")) or 0)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
