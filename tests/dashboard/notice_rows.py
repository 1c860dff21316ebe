"""A channel, what it told, and how far the journal was read."""

from datetime import datetime

from dashboard.notices.models import Channel, Notice, Place
from project.accounts.models import User


def one_of_each(user: User, *, now: datetime) -> None:
    channel = Channel.objects.create(user=user, name="phone", kind="telegram", tail="ab12")
    Notice.objects.create(
        channel=channel, key="journal:1", klass="fills", at=now, title="PAPER p: Fills", text="filled"
    )
    Place.objects.create(pk=1)
