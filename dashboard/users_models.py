"""What is kept of people beside their rows: the invitations they come by, and the browsers they are logged in with."""

from datetime import datetime
from typing import ClassVar

from django.db import models

from project.accounts.models import Role, User


class Invite(models.Model):
    """A way in for one person, once: shown as a link when it is made; kept as SHA-256."""

    token_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    role = models.CharField(max_length=10, choices=Role)
    note = models.CharField(max_length=60, help_text="Who it is for.")
    made_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invites")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.role} for {self.note}"

    def holds(self, now: datetime) -> bool:
        """Whether it still lets somebody in, as far as this row knows."""
        return self.used_at is None and self.withdrawn_at is None and self.expires_at > now


class BrowserSession(models.Model):
    """A browser that somebody is logged in with; gone when that ends."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="browser_sessions")
    session_key = models.CharField(max_length=40, unique=True, editable=False)
    address = models.GenericIPAddressField(null=True, blank=True)
    agent = models.CharField(max_length=300, blank=True, help_text="What the browser says it is.")
    since = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="To five minutes.")

    class Meta:
        ordering: ClassVar = ["-seen_at"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.address} since {self.since}"
