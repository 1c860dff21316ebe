"""Fields that the API writes its own way: money without loss, and what queries share."""

from decimal import Context, Decimal
from typing import Any

from django.db import models
from rest_framework import serializers

from dashboard import given
from project.journal.record import plain

PLACES, WIDE = Decimal("1E-18"), Context(prec=76)
# As many as the rows keep; a quotient has more than anybody can use.


class Money(serializers.DecimalField):
    """A number of money or coins: text, every digit, no trailing zeros."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_digits": 38, "decimal_places": 18, **options})

    def to_representation(self, value: Any) -> Any:
        """As the journal writes it."""
        return None if value is None else plain(Decimal(value).quantize(PLACES, context=WIDE))


class RowSerializer(serializers.ModelSerializer):
    """A row, read only; its decimals are money."""

    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {models.DecimalField: Money}

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Nothing of a row is written through its serializer: deeds are."""
        fields = super().get_fields()
        for field in fields.values():
            field.read_only = True
            field.required = False
        return fields


class Id(serializers.IntegerField):
    """A row's number."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 1, "max_value": given.LARGEST_ID, **options})


class AccountQuery(serializers.Serializer):
    """Rows of one account."""

    account = Id(required=False)


class OneAccount(serializers.Serializer):
    """A page is about one account."""

    account = Id()


def named(kind: type[serializers.Serializer[Any]], source: Any) -> dict[str, Any]:
    """What a serializer writes, read from anything that has attributes of these names."""
    names: list[str] = list(kind().get_fields())
    return {name: getattr(source, name) for name in names}


class DoneSerializer(serializers.Serializer):
    """A deed was done."""

    done = serializers.BooleanField(default=True)
    message = serializers.CharField(help_text="In words.")


def done(message: str, **more: Any) -> dict[str, Any]:
    """What a deed answers."""
    return {"done": True, "message": message, **more}
