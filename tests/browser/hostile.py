"""Text that somebody else writes, at its worst, planted in every column that keeps what others say."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models.functions import Cast, Concat, Substr

FLOORS = ("project", "signals", "risk", "trading", "dashboard")
TAKES = "<img src=x onerror=taken=1>"
# What would run if it were markup: short enough for a name.
MARKS = "\u202eevil\u2066"
LONG = "W" * 9_900
HOSTILE = f"\"{TAKES}{MARKS}</td></script><script>taken=1</script>'&{LONG}"
# What the engine computes with, or what a venue or the engine itself says in fixed words: no stranger's text gets in.
OURS = frozenset(
    {
        *("base", "base_url", "body", "body_hash", "bound_by", "capital_tier", "client_order_id", "code", "component"),
        *("content_type", "cover", "currency", "dedupe_key", "email", "endpoint", "environment", "ended_reason"),
        *("fee_currency", "format", "health", "holder", "intent_key", "key", "latch", "mark", "meaning", "method"),
        *("outcome", "password", "position_side", "quote", "settled_as", "standing", "start", "state", "status"),
        *("subject", "symbol", "type", "venue", "venue_symbol", "reason_code", "default_size", "address"),
    }
)
OURS_OF = {
    "JournalEntry": {"kind"}, "SettingOverride": {"name"}, "PendingChange": {"name"}, "Lease": {"name"},
    "Disagreement": {"kind"}, "Instrument": {"kind"}, "Installation": {"name"}, "Refusal": {"reason"},
    "User": {"username"},
}  # fmt: skip
# A place that holds words of others inside of JSON.
INSIDE: dict[str, Any] = {"Alert": {"details": {"symbol": HOSTILE, "note": HOSTILE}}}


def columns(model: type[models.Model]) -> Iterator[models.Field[Any, Any]]:
    """The columns of a model in which a stranger's words may stand."""
    for field in model._meta.concrete_fields:
        is_text = type(field) in (models.CharField, models.TextField) and not field.choices and not field.unique
        if is_text and field.name not in OURS | OURS_OF.get(model.__name__, set()):
            yield field


def models_of_ours() -> Iterator[type[models.Model]]:
    """Every model of the five floors."""
    yield from (model for model in apps.get_models() if model.__module__.partition(".")[0] in FLOORS)


def plant() -> dict[str, int]:
    """Write it into every such column of every row; how many rows of each."""
    return {
        f"{model.__name__}.{field.name}": _plant(model, field) for model in models_of_ours() for field in columns(model)
    }


def _plant(model: type[models.Model], field: models.Field[Any, Any]) -> int:
    numbered = Concat(Cast("pk", models.TextField()), models.Value(HOSTILE))  # what has to be unique stays so
    said = Substr(numbered, 1, field.max_length or len(HOSTILE), output_field=models.TextField())
    return int(model._default_manager.update(**{field.name: said}))


def plant_inside() -> None:
    """The same where others' words stand inside of JSON, and in what the journal tells."""
    for name, said in INSIDE.items():
        next(model for model in models_of_ours() if model.__name__ == name)._default_manager.update(**said)
