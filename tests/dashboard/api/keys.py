"""Keys to the API, for tests of what keeps and shows them."""

from datetime import datetime, timedelta

from dashboard import tokens
from dashboard.models import KeptAnswer
from dashboard.roles import Scope
from project.accounts.models import User


def one_of_each(user: User, *, now: datetime) -> None:
    """A personal token, a log-in, and a kept answer."""
    tokens.make(user, name="test", scope=Scope.READ, days=1, now=now)
    tokens.log_in(user, scope=Scope.READ, now=now)
    KeptAnswer.objects.create(user=user, key="test", request_hash=b"\1" * 32, expires_at=now + timedelta(days=1))
