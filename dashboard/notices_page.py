"""The page Notifications as rows and forms: channels in words, and what was typed as a channel's manners. Pure but for its reads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from dashboard import given
from dashboard.notices.channels import Refused, Wanted
from dashboard.notices.domain.addresses import KINDS, Field
from dashboard.notices.domain.classes import CLASSES, Klass, Way, ways
from dashboard.notices.models import Channel, Notice

WAY_WORDS = {Way.ON: "on", Way.SILENT: "silent", Way.OFF: "off"}
SHOWN = 30
STATE_WORDS = {
    "WAITING": "waits",
    "SENT": "told",
    "FOLDED": "told in a digest",
    "EXPIRED": "not told, too old",
    "GIVEN_UP": "given up",
}


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A channel on the list."""

    row: Channel
    kind: str
    state: str
    tone: str
    quiet: str
    waiting: int
    testing: bool
    test: Notice | None


@dataclass(frozen=True, slots=True)
class WayRow:
    """A class in the form, with what is chosen."""

    klass: Klass
    title: str
    what: str
    chosen: Way


@dataclass(frozen=True, slots=True)
class Form:
    """A channel's form: its kind's fields (of a secret only whether there is one), manners, ways, and what is wrong."""

    kind: str
    title: str
    where: str
    fields: tuple[Field, ...]
    typed: Mapping[str, str]
    ways: tuple[WayRow, ...]
    can_be_silent: bool
    problem: str = ""
    wrong: str = ""


# the list ----------------------------------------------------------------------------------------


def channel_rows(channels: Iterable[Channel], *, now: datetime) -> list[ChannelRow]:
    """Channels with their state in words; two questions for all of them."""
    channels = list(channels)
    waiting = list(
        Notice.objects.filter(channel__in=channels, state=Notice.State.WAITING).values_list("channel", "klass")
    )
    tests = (
        Notice.objects.filter(channel__in=channels, klass=Klass.TEST)
        .order_by("channel_id", "-id")
        .distinct("channel_id")
    )
    last = {row.channel_id: row for row in tests}
    return [_row(channel, waiting, last.get(channel.pk), now) for channel in channels]


def _row(channel: Channel, waiting: list[tuple[int, str]], test: Notice | None, now: datetime) -> ChannelRow:
    mine = [klass for pk, klass in waiting if pk == channel.pk]
    state, tone = _state(channel)
    return ChannelRow(
        row=channel,
        kind=KINDS[channel.kind].title,
        state=state,
        tone=tone,
        quiet=_quiet(channel),
        waiting=len([klass for klass in mine if klass != Klass.TEST]),
        testing=Klass.TEST in mine,
        test=test,
    )


def _state(channel: Channel) -> tuple[str, str]:
    if channel.last_error:
        return "failing", "down"
    if not channel.enabled:
        return "off", ""
    return ("works", "up") if channel.last_sent_at else ("not tried yet", "")


def _quiet(channel: Channel) -> str:
    if channel.quiet_from is None or channel.quiet_to is None:
        return "no quiet hours"
    return f"quiet {channel.quiet_from:%H:%M}–{channel.quiet_to:%H:%M} {channel.zone}"


def told(channels: Iterable[Channel], *, without: tuple[Klass, ...] = ()) -> list[tuple[Notice, str]]:
    """What was told last, and what waits, newest first."""
    rows = Notice.objects.filter(channel__in=list(channels)).exclude(klass__in=without).select_related("channel")
    return [(row, STATE_WORDS[row.state]) for row in rows.order_by("-id")[:SHOWN]]


# the form ----------------------------------------------------------------------------------------


def form(kind: str, typed: Mapping[str, str], *, problem: str = "", wrong: str = "") -> Form:
    """A form as it was filled in; secrets are never given back."""
    known = KINDS[kind]
    chosen = ways({klass: typed.get(f"way-{klass}", "") for klass in CLASSES})
    rows = tuple(WayRow(klass, row.title, row.what, chosen[klass]) for klass, row in CLASSES.items())
    secrets = {field.name for field in known.fields if field.secret}
    kept = {name: value for name, value in typed.items() if name not in secrets}
    fields = tuple(known.fields)
    return Form(kind, known.title, known.where, fields, kept, rows, known.can_be_silent, problem, wrong)


def typed_of(channel: Channel) -> dict[str, str]:
    """A channel's manners as its form is filled in; of its address nothing."""
    clock = {name: f"{at:%H:%M}" if (at := getattr(channel, name)) else "" for name in ("quiet_from", "quiet_to")}
    plain = {name: str(getattr(channel, name)) for name in ("name", "zone", "most", "window_minutes", "daily_hour")}
    ticks = {name: "on" * bool(getattr(channel, name)) for name in ("break_through", "everyones")}
    return {**plain, **clock, **ticks, **{f"way-{klass}": str(way) for klass, way in channel.ways.items()}}


LARGEST = 9_999
# Of any number in the form; what each may be is narrower.
FRESH: Mapping[str, str] = {
    "zone": "UTC", "most": "5", "window_minutes": "10", "daily_hour": "8", "break_through": "on",
}  # fmt: skip


def wanted(kind: str, typed: Mapping[str, str]) -> Wanted:
    """What was typed, read. Raises Refused with the field."""
    return Wanted(
        name=typed.get("name", ""),
        address={
            field.name: typed.get(field.name, "") for field in KINDS[kind].fields if not _is_default(field, typed)
        },
        ways={klass: typed.get(f"way-{klass}", "") for klass in CLASSES},
        zone=typed.get("zone", "") or "UTC",
        quiet_from=_clock(typed, "quiet_from"),
        quiet_to=_clock(typed, "quiet_to"),
        break_through=bool(typed.get("break_through")),
        most=_number(typed, "most"),
        window_minutes=_number(typed, "window_minutes"),
        daily_hour=_number(typed, "daily_hour"),
        everyones=bool(typed.get("everyones")),
    )


def _is_default(field: Field, typed: Mapping[str, str]) -> bool:
    """A choice left at its first is no new address."""
    return bool(field.choices) and typed.get(field.name) == field.choices[0]


def _clock(typed: Mapping[str, str], name: str) -> time | None:
    text = typed.get(name, "")
    try:
        return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None) if text else None
    except ValueError:
        raise Refused(name, f"{text[:10]} is no time of day: write it as 22:30.") from None


def _number(typed: Mapping[str, str], name: str) -> int:
    text = typed.get(name, "")
    number = given.number(text, most=LARGEST)
    if number is None:
        raise Refused(name, f"{text[:10] or 'Nothing'} is no whole number.")
    return number


def cleaned(posted: Any) -> dict[str, str]:
    """A posted form as plain texts without NUL, which no row holds."""
    return {name: given.words(str(value)) for name, value in posted.items()}
