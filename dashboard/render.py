"""Gather and render in one step, with the few settings that the page shows."""

from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from dashboard import frames, live, shell
from dashboard.sealed import veiled
from dashboard.shell import Bar
from dashboard.snapshot import Overview


@dataclass(frozen=True, slots=True)
class BarOf:
    """A browser on a page that is not the overview: it watches the bar of an account, and reads its page again itself."""

    account_id: int | None


def webhook_url() -> str:
    """Where a source's token is appended to."""
    return f"http://127.0.0.1:{settings.WINDLASS.door_port}/webhooks/"


def shown(overview: Overview) -> frames.Shown:
    """An overview as pieces."""
    return frames.show(veiled(overview), demo=settings.WINDLASS.demo, webhook_url=webhook_url())


def shown_now(watched: int | BarOf | None) -> frames.Shown:
    """What a browser watches as of now: an account's overview, or its bar alone."""
    if isinstance(watched, BarOf):
        bar = shell.gather(watched.account_id, now=timezone.now())
        return frames.show_bar(bar, facts=bar_facts(bar))
    return shown(live.gather(watched, now=timezone.now()))


def bar_facts(bar: Bar | Overview) -> dict[str, str]:
    """Short texts of the menu, and when prices were read: pages that show some read themselves again by it."""
    if isinstance(bar, Overview):
        return frames.facts_of(bar)
    read_at = bar.facts.read_at.isoformat() if bar.facts.read_at else ""
    return {"groups": str(bar.facts.groups), "queue": str(bar.facts.waiting), "prices": read_at}
