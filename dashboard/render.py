"""Gather and render in one step, with the few settings that the page shows."""

from django.conf import settings
from django.utils import timezone

from dashboard import frames, live
from dashboard.snapshot import Overview


def webhook_url() -> str:
    """Where a source's token is appended to."""
    return f"http://127.0.0.1:{settings.WINDLASS.door_port}/webhooks/"


def shown(overview: Overview) -> frames.Shown:
    """An overview as pieces."""
    return frames.show(overview, demo=settings.WINDLASS.demo, webhook_url=webhook_url())


def shown_now(account_id: int | None) -> frames.Shown:
    """An account's page as of now."""
    return shown(live.gather(account_id, now=timezone.now()))
