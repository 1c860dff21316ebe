"""What happened, in order, and the seals that prove nobody changed it afterwards."""

from typing import ClassVar

from django.db import models
from django.db.models import Func
from django.db.models.functions import Cast


class CurrentTransaction(Func):
    """pg_current_xact_id(): the id of the transaction that writes the row."""

    function = "pg_current_xact_id"
    template = "(%(function)s()::text)"
    output_field = models.TextField()


class JournalEntry(models.Model):
    """One thing that happened, written inside the transaction that did it; sealed afterwards.

    (xid, id) is its place in the chain. `account_id` is no foreign key: the journal outlives what it tells of.
    """

    xid = models.BigIntegerField(db_default=Cast(CurrentTransaction(), models.BigIntegerField()), editable=False)
    account_id = models.BigIntegerField(null=True, blank=True)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=60)
    payload = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["xid", "id"], name="journal_order"),
            models.Index(fields=["subject", "id"], name="journal_subject"),
        ]
        verbose_name_plural = "journal entries"
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Seal(models.Model):
    """One batch of the chain: its first event number, its rows' span, and the hash over everything up to here."""

    first_number = models.BigIntegerField(unique=True)
    count = models.IntegerField()
    from_xid = models.BigIntegerField()
    last_xid = models.BigIntegerField()
    last_entry_id = models.BigIntegerField()
    horizon = models.BigIntegerField()
    head = models.BinaryField(max_length=32)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-first_number"]

    def __str__(self) -> str:
        return f"{self.first_number}–{self.first_number + self.count - 1}"


class Lease(models.Model):
    """Who may do a thing that only one may do; the fence grows with every change of hands."""

    name = models.CharField(max_length=60, primary_key=True)
    holder = models.CharField(max_length=80)
    fence = models.BigIntegerField(default=0)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.holder}"
