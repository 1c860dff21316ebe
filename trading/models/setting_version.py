"""Settings through time: what was changed together, by whom and why; and what a second person has yet to say yes to."""

from typing import ClassVar

from django.db import models

from project.accounts.models import User

REASON_LENGTH = 200


class How(models.TextChoices):
    """Which way a change took."""

    PAGE = "PAGE", "page"
    API = "API", "API"
    ADMIN = "ADMIN", "admin"
    SEAL = "SEAL", "waited under the seal"
    APPROVAL = "APPROVAL", "approved by a second person"
    ROLLBACK = "ROLLBACK", "taken back"
    FILE = "FILE", "from a file"
    HAND = "HAND", "a deed on a page"
    DEMO = "DEMO", "demo"
    IMPORTED = "IMPORTED", "from the journal"


class SettingVersion(models.Model):
    """Changes made in one step, never edited: a list of name, scope, before and after (null: the wider scope held).

    of: the version that this one takes back, or returns to.
    """

    at = models.DateTimeField()
    operator = models.CharField(max_length=150)
    reason = models.CharField(max_length=REASON_LENGTH, blank=True, default="")
    how = models.CharField(max_length=10, choices=How)
    changes = models.JSONField()
    of = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        names = ", ".join(dict.fromkeys(change["name"] for change in self.changes))
        return f"version {self.pk}: {names}"[:120]


class SettingRequest(models.Model):
    """Changes that loosen something of a live account, until another admin says yes; it ends once, in one of five ways.

    `asker` is who may not say yes; the name is kept for the books.
    """

    class Ending(models.TextChoices):
        APPROVED = "APPROVED", "approved"
        REFUSED = "REFUSED", "refused"
        WITHDRAWN = "WITHDRAWN", "withdrawn"
        EXPIRED = "EXPIRED", "expired"
        OVERTAKEN = "OVERTAKEN", "overtaken: the setting changed meanwhile"

    asker = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True)
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    reason = models.CharField(max_length=REASON_LENGTH, blank=True, default="")
    expires_at = models.DateTimeField()
    changes = models.JSONField()
    ending = models.CharField(max_length=10, choices=Ending, blank=True, default="")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=150, blank=True, default="")
    ended_reason = models.CharField(max_length=REASON_LENGTH, blank=True, default="")
    version = models.ForeignKey(SettingVersion, on_delete=models.PROTECT, null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"request {self.pk} of {self.asked_by}"
