"""The journal: what happened, in order, with filters; entries that name no account are the installation's."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import serializers

from dashboard import logs, telling
from dashboard.api.base import Shown, own_accounts, sees_all
from dashboard.api.fields import Id, RowSerializer
from dashboard.api.paging import InWindows
from dashboard.telling import Category, Level
from project.journal.models import JournalEntry
from trading.models import Order

CATEGORIES = [(one.value, one.value) for one in Category]
LEVELS = [(one.value, one.value) for one in Level]
WORDS = ("category", "level", "code", "sentence")


class EntrySerializer(RowSerializer):
    """An entry, and what the page Logs says of it: category, level, code and sentence."""

    payload = serializers.DictField()
    account = serializers.IntegerField(source="account_id", allow_null=True)
    category = serializers.ChoiceField(choices=CATEGORIES)
    level = serializers.ChoiceField(choices=LEVELS)
    code = serializers.CharField(allow_blank=True)
    sentence = serializers.CharField(allow_blank=True)

    class Meta:
        model = JournalEntry
        fields = ("id", "account", "kind", "subject", "payload", "at", *WORDS)

    def to_representation(self, instance: Any) -> Any:
        """The words are made once for all of them."""
        told = telling.told(instance.kind, instance.payload)
        for name in WORDS:
            setattr(instance, name, str(getattr(told, name)))
        return super().to_representation(instance)


class JournalQuery(serializers.Serializer):
    account = Id(required=False)
    group = Id(required=False, help_text="About a group or one of its orders.")
    category = serializers.ChoiceField(choices=CATEGORIES, required=False)
    level = serializers.ChoiceField(choices=LEVELS, required=False, help_text="At least so grave.")
    q = serializers.CharField(required=False, max_length=60, help_text="Words that all stand somewhere in the entry.")
    kind = serializers.CharField(required=False, max_length=40, help_text="As in order.state; order. begins several.")
    subject = serializers.CharField(required=False, max_length=60, help_text="As in order:7.")
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


LOOKED_FOR = frozenset({"category", "level", "q"})
# What no index knows.
OPEN_TO_ALL = ("mode", "vault")
# Subjects without an account that concern everybody.


class Journal(Shown):
    """What happened, the latest first."""

    queryset = JournalEntry.objects.all()
    serializer_class = EntrySerializer
    query_class = JournalQuery
    pagination_class = InWindows
    owner = ""
    lookups = {"account": "account_id", "since": "at__gte", "until": "at__lt"}  # noqa: RUF012 - a table of the class

    def get_queryset(self) -> "QuerySet[Any]":
        """Entries of the user's own accounts, and what concerns everybody."""
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False) or sees_all(self.user):
            return rows
        accounts = list(own_accounts(self.user).values_list("pk", flat=True))
        return rows.filter(Q(account_id__in=accounts) | Q(account_id=None, subject__in=OPEN_TO_ALL))

    @property
    def looks_through(self) -> bool:
        """Whether entries have to be read to be found."""
        return not LOOKED_FOR.isdisjoint(self.request.query_params)

    def narrow(self, rows: "QuerySet[Any]", name: str, value: Any) -> "QuerySet[Any]":
        """A kind that ends with a point names all that begin with it; the others as the page finds them."""
        if name == "kind" and value.endswith("."):
            return rows.filter(kind__startswith=value)
        found = FINDS.get(name)
        return found(rows, value) if found else super().narrow(rows, name, value)


def _of_group(rows: "QuerySet[Any]", group_id: int) -> "QuerySet[Any]":
    orders = Order.objects.filter(group=group_id).values_list("pk", flat=True)
    return rows.filter(subject__in=[f"group:{group_id}", *(f"order:{order}" for order in orders)])


FINDS: Mapping[str, Callable[["QuerySet[Any]", Any], "QuerySet[Any]"]] = MappingProxyType(
    {
        "category": lambda rows, value: rows.filter(logs.of_category(Category(value))),
        "group": _of_group,
        "level": lambda rows, value: rows.filter(logs.of_level(Level(value))),
        "q": logs.searched,
    }
)
