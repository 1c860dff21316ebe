"""Template filters: the number formats of dashboard.formats under short names."""

from datetime import UTC, datetime
from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dashboard import formats, words
from dashboard.snapshot import Market

register = template.Library()

register.filter("tone", formats.tone)
register.filter("timeframe", formats.timeframe)


@register.filter
def price(value: Decimal | None, market: Market) -> str:
    """`{{ group.average_entry|price:group.market }}`"""
    return formats.price(value, market.tick_size)


@register.filter
def qty(value: Decimal | None, market: Market) -> str:
    """`{{ leg.qty|qty:group.market }}`"""
    return formats.qty(value, market.lot_step)


@register.filter
def result(value: Decimal | None, currency: str) -> str:
    """Signed money: `{{ group.unrealised|result:group.market.quote }}`"""
    return formats.amount(value, currency, signed=True)


@register.filter
def money(value: Decimal | None, currency: str) -> str:
    """Money without a sign: `{{ page.budget|money:page.quote }}`"""
    return formats.amount(value, currency)


@register.filter
def fee(value: Decimal, currency: str) -> str:
    """What was paid, with its currency; a fee in base keeps its digits."""
    return f"{formats.qty(value.normalize(), Decimal(1))}{formats.THIN}{currency}"


@register.filter
def percent(value: Decimal | None) -> str:
    """Signed percent."""
    return formats.percent(value)


@register.filter
def brief(value: Decimal | None) -> str:
    """Signed percent to one place: how far something is."""
    return formats.percent(value, 1)


@register.filter
def number(value: Decimal | None, places: int) -> str:
    """So many decimal places: `{{ page.slippage.bps|number:1 }}`"""
    return formats.number(value, places)


@register.filter
def clock(at: datetime | None, now: datetime) -> str:
    """The time of day, UTC, with the day where it was not today."""
    return formats.clock(at, now=now)


@register.filter
def span(secs: float) -> str:
    """A length of time."""
    return formats.span(secs)


@register.filter
def chip(code: str) -> str:
    """An order's code as a chip; what one of ours means stands in its title."""
    said = words.code_words(code)
    title = format_html(' title="{}"', said) if said else ""
    return format_html("<code{}>{}</code>", title, code) if code else ""


@register.simple_tag
def age(at: datetime, now: datetime) -> SafeString:
    """The age of a moment, which the browser goes on counting; below a second in its words (ages.js)."""
    moment = at.astimezone(UTC).isoformat(timespec="milliseconds")
    secs = (now - at).total_seconds()
    said = formats.span(secs) if secs >= 1 else f"< 1{formats.THIN}s"
    return format_html('<time data-age datetime="{}">{}</time>', moment, said)
