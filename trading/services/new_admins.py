"""Who counts as a second person: nobody whom somebody else has just made an admin, or handed a way in as one."""

from datetime import datetime, timedelta

from django.db.models import Q

from project.accounts.models import Role, User
from project.journal.models import JournalEntry

SETTLED = timedelta(hours=24)
# Long enough for the others to read in the journal that there is one more, and as long as a request waits.
HANDED_IN = ("user.password_set", "user.second_factor_reset")
MADE = ("user.joined", "user.made", "user.role")
TOO_NEW = (
    "Within the last 24 hours somebody else made you an admin, or gave you a new password or removed your second factor: "
    "the second person has to be an admin who was one before."
)


def why_not(user: User, *, now: datetime) -> str:
    """Why this user is nobody's second person yet; empty: he is one.

    Whoever did it counts, not only who asked: an admin whom the asker made could make the next one.
    """
    made_admin = Q(kind__in=MADE, payload__role=Role.ADMIN)
    lately = JournalEntry.objects.filter(subject=f"user:{user.pk}", at__gt=now - SETTLED)
    return TOO_NEW if lately.filter(made_admin | Q(kind__in=HANDED_IN)).exists() else ""
