"""What a channel has to say next, claimed before it is said and settled afterwards. Claims commit before anything leaves."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q
from django.db.models import QuerySet as Rows

from dashboard.notices.domain import retry
from dashboard.notices.domain.addresses import KINDS
from dashboard.notices.domain.classes import Klass
from dashboard.notices.domain.digest import Message, Rules, Waiting, expired, next_message
from dashboard.notices.domain.hours import Quiet, is_quiet
from dashboard.notices.models import Channel, Notice
from project.journal.record import record

CLAIM_SPAN = timedelta(seconds=90)
# Longer than any attempt lasts; whoever dies while sending leaves the channel to the next one after it.
LOOKED_AT = 500
# Notices of a channel at once: a digest counts so many, the next one the rest.
State = Notice.State


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is ours to send; `fence` proves it, `attempts` counts this one."""

    channel: Channel
    message: Message
    fence: int
    is_test: bool


def due(*, now: datetime) -> list[int]:
    """The channels that have something to say now."""
    rows = _free(now).filter(Q(enabled=True) | Q(notices__klass=Klass.TEST), notices__state=State.WAITING).distinct()
    return [row.pk for row in rows if next_of(row, now=now)]


def _free(now: datetime) -> "Rows[Channel]":
    """Channels that nobody is sending to, and that need not rest after a failure."""
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    return Channel.objects.filter(free, Q(retry_at=None) | Q(retry_at__lte=now), user__is_active=True)


def next_of(channel: Channel, *, now: datetime) -> Message | None:
    """The next message of a channel, as its rules have it now. A channel that is off tells tests only."""
    rules, waiting = _rules(channel, now), _waiting(channel)
    window = now - rules.window
    sent = Notice.objects.filter(channel=channel, state=State.SENT, sent_at__gt=window).exclude(klass=Klass.TEST)
    times = [at for at in sent.values_list("sent_at", flat=True) if at]
    return next_message(waiting, rules=rules, sent=times, now=now)


def _waiting(channel: Channel) -> list[Waiting]:
    rows = Notice.objects.filter(channel=channel, state=State.WAITING).order_by("id")
    wanted = rows if channel.enabled else rows.filter(klass=Klass.TEST)
    return [_seen(row) for row in wanted[:LOOKED_AT]]


def _seen(row: Notice) -> Waiting:
    result = Decimal(row.result) if row.result else None
    return Waiting(row.pk, Klass(row.klass), row.at, row.title, row.text, row.silent, result, row.quote, row.code)


def _rules(channel: Channel, now: datetime) -> Rules:
    return Rules(
        most=channel.most,
        window=timedelta(minutes=channel.window_minutes),
        quiet=is_quiet(quiet_hours(channel), now=now),
        break_through=channel.break_through,
        can_be_silent=KINDS[channel.kind].can_be_silent,
    )


def quiet_hours(channel: Channel) -> Quiet | None:
    """A channel's quiet hours; None where it has none."""
    if channel.quiet_from is None or channel.quiet_to is None:
        return None
    return Quiet(channel.quiet_from, channel.quiet_to, channel.zone)


# claiming and settling ---------------------------------------------------------------------------


def claim(channel_id: int, *, now: datetime) -> Claimed | None:
    """Take a channel's next message; None when there is none, or somebody else has the channel."""
    with transaction.atomic():
        channel = (
            _free(now).select_for_update(no_key=True, skip_locked=True, of=("self",)).filter(pk=channel_id).first()
        )
        if channel is None:
            return None
        _expire(channel, now)
        message = next_of(channel, now=now)
        if message is None:
            return None
        Notice.objects.filter(pk__in=message.ids).update(attempts=F("attempts") + 1)
        channel.fence += 1
        channel.claimed_until = now + CLAIM_SPAN
        channel.save(update_fields=["fence", "claimed_until"])
    is_test = Notice.objects.filter(pk=message.ids[0], klass=Klass.TEST).exists()
    return Claimed(channel, message, channel.fence, is_test)


def _expire(channel: Channel, now: datetime) -> None:
    gone = expired(_waiting(channel), now=now)
    Notice.objects.filter(pk__in=gone).update(state=State.EXPIRED)


def sent(claimed: Claimed, *, words: str, now: datetime) -> None:
    """The service has it. That holds even for one who comes back late: the message is out."""
    first, *others = claimed.message.ids
    with transaction.atomic():
        Notice.objects.filter(pk=first).update(state=State.SENT, sent_at=now, answer=words)
        Notice.objects.filter(pk__in=others).update(state=State.FOLDED, sent_at=now)
        mended = {"failures": 0, "retry_at": None, "last_error": "", "last_error_at": None, "last_sent_at": now}
        mine = Channel.objects.filter(pk=claimed.channel.pk, fence=claimed.fence)
        mine.update(claimed_until=None, **mended)
        if claimed.is_test or claimed.channel.failures:
            _journal(claimed.channel, "notices.tested" if claimed.is_test else "notices.mended", words)


def failed(claimed: Claimed, *, words: str, now: datetime) -> None:
    """The service has it not: the channel rests, its error stands on the page. A test is over with its one answer."""
    channel, ids = claimed.channel, claimed.message.ids
    with transaction.atomic():
        mine = Channel.objects.filter(pk=channel.pk, fence=claimed.fence)
        rests = now + retry.wait_after(channel.failures + 1)
        noted = {"last_error": words, "last_error_at": now, "claimed_until": None}
        if not mine.update(**noted, failures=F("failures") + 1, retry_at=rests):
            return
        over = [pk for pk, tried in _tries(ids) if claimed.is_test or retry.gives_up(tried)]
        Notice.objects.filter(pk__in=over).update(state=State.GIVEN_UP, answer=words)
        if claimed.is_test or channel.failures == 0:
            _journal(channel, "notices.tested" if claimed.is_test else "notices.failed", words)


def _tries(ids: tuple[int, ...]) -> list[tuple[int, int]]:
    return list(Notice.objects.filter(pk__in=ids).values_list("pk", "attempts"))


def _journal(channel: Channel, kind: str, words: str) -> None:
    """Told to the pages too: they show it without being loaded anew."""
    record(kind, subject=f"channel:{channel.pk}", payload={"channel": channel.name, "answer": words})
