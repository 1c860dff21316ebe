"""The journal: what happened, in order, with filters; entries that name no account are the installation's."""

from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import serializers

from dashboard.api.base import Shown, own_accounts, sees_all
from dashboard.api.fields import Id, RowSerializer
from project.journal.models import JournalEntry


class EntrySerializer(RowSerializer):
    payload = serializers.DictField()
    account = serializers.IntegerField(source="account_id", allow_null=True)

    class Meta:
        model = JournalEntry
        fields = ("id", "account", "kind", "subject", "payload", "at")


class JournalQuery(serializers.Serializer):
    account = Id(required=False)
    kind = serializers.CharField(required=False, max_length=40, help_text="As in order.state; order. begins several.")
    subject = serializers.CharField(required=False, max_length=60, help_text="As in order:7.")
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


OPEN_TO_ALL = ("mode", "vault")
# Subjects without an account that concern everybody.


class Journal(Shown):
    """What happened, the latest first."""

    queryset = JournalEntry.objects.all()
    serializer_class = EntrySerializer
    query_class = JournalQuery
    owner = ""
    lookups = {"account": "account_id", "since": "at__gte", "until": "at__lt"}  # noqa: RUF012 - a table of the class

    def get_queryset(self) -> "QuerySet[Any]":
        """Entries of the user's own accounts, and what concerns everybody."""
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False) or sees_all(self.user):
            return rows
        accounts = list(own_accounts(self.user).values_list("pk", flat=True))
        return rows.filter(Q(account_id__in=accounts) | Q(account_id=None, subject__in=OPEN_TO_ALL))

    def narrow(self, rows: "QuerySet[Any]", name: str, value: Any) -> "QuerySet[Any]":
        """A kind that ends with a point names all that begin with it."""
        if name == "kind" and value.endswith("."):
            return rows.filter(kind__startswith=value)
        return super().narrow(rows, name, value)
