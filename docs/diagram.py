"""The tables of the database as Mermaid diagrams and lists, from the models' `_meta`; no database is asked."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import django
from django.apps import apps

APPS = ("accounts", "journal", "signals", "risk", "trading")  # floor by floor
TYPE = re.compile(r"[a-z]+")
# A column's type without its length: what a diagram has room for.


def models(label: str) -> list[Any]:
    """The models of an app, by name."""
    _prepare()
    return sorted(apps.get_app_config(label).get_models(), key=lambda model: model.__name__)


def _prepare() -> None:
    """Django's registry, without the secrets and files of an installation; where it stands, nothing is touched."""
    if not apps.ready:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.local")
        os.environ.setdefault("WINDLASS_SECRET_KEY", "models are read, nothing is signed")
        django.setup()


# diagrams ----------------------------------------------------------------------------------------


def overview() -> str:
    """Every table and every reference, without columns."""
    return _diagram(edge for label in APPS for model in models(label) for edge in _edges(model))


def of_app(label: str) -> str:
    """The tables of one app with their columns; those of other apps as names."""
    found = models(label)
    return _diagram([*(line for model in found for line in _entity(model)), *(e for m in found for e in _edges(m))])


def _diagram(lines: Iterable[str]) -> str:
    return "\n".join(["```mermaid", "erDiagram", *(f"    {line}" for line in lines), "```"])


def _entity(model: Any) -> Iterator[str]:
    yield f"{model.__name__} {{"
    yield from (f"    {_column(field)}" for field in model._meta.concrete_fields)
    yield "}"


def _column(field: Any) -> str:
    """Type, name, and whether it is the key, a reference, or unique."""
    kinds = (("PK", field.primary_key), ("FK", field.is_relation), ("UK", field.unique and not field.primary_key))
    marks = ", ".join(name for name, is_so in kinds if is_so)
    return f"{_type(field)} {field.column} {marks}".rstrip()


def _type(field: Any) -> str:
    from django.db import connection

    kind = field.db_type(connection)
    return f"{TYPE.match(kind)[0]}{'[]' * kind.endswith(']')}"  # type: ignore[index]  # every type begins with letters


def _edges(model: Any) -> Iterator[str]:
    """One line a reference: `PositionGroup ||--o{ Order : group`."""
    for field in model._meta.concrete_fields:
        if field.is_relation and field.related_model._meta.app_label in APPS:
            ends = f"{'|o' if field.null else '||'}--{'o|' if field.unique else 'o{'}"
            yield f"{field.related_model.__name__} {ends} {model.__name__} : {field.name}"


# lists -------------------------------------------------------------------------------------------


def listed(label: str) -> list[Sequence[str]]:
    """Table, what a row is, and what the database itself enforces."""
    return [(f"`{model._meta.db_table}`", _meaning(model), _rules(model)) for model in models(label)]


def _meaning(model: Any) -> str:
    return (model.__doc__ or "").partition("\n")[0]


def _rules(model: Any) -> str:
    names = [constraint.name for constraint in model._meta.constraints]
    return ", ".join(f"`{name}`" for name in names) or "–"
