"""Quiet hours, and the day that a summary is about, in a person's own time zone. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """From when to when nothing makes a sound, by the clock of `zone`; equal ends are no quiet hours."""

    begins: time
    ends: time
    zone: str


def zone_of(name: str) -> ZoneInfo | None:
    """A time zone by its name, as Europe/Vienna; None where there is no such."""
    try:
        return ZoneInfo(name) if name and len(name) <= 60 else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def is_quiet(hours: Quiet | None, *, now: datetime) -> bool:
    """Whether it is quiet now; the first minute is, the last is not any more."""
    if hours is None or hours.begins == hours.ends:
        return False
    clock = now.astimezone(ZoneInfo(hours.zone)).time()
    if hours.begins < hours.ends:
        return hours.begins <= clock < hours.ends
    return clock >= hours.begins or clock < hours.ends


def day_of_summary(*, now: datetime, zone: str, hour: int) -> date | None:
    """The day whose summary is due: yesterday, from `hour` on; before that None."""
    local = now.astimezone(ZoneInfo(zone))
    return (local - DAY).date() if local.hour >= hour else None


def span_of(day: date, *, zone: str) -> tuple[datetime, datetime]:
    """A day of a time zone as two moments in UTC: it may last 23 or 25 hours."""
    place = ZoneInfo(zone)
    return tuple(datetime.combine(d, time(), place).astimezone(UTC) for d in (day, day + DAY))  # type: ignore[return-value]
