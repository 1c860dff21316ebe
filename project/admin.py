"""What the admin pages of every app share: the look, and the difference between rows of people and of the engine."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from django.contrib.admin import display
from django.db.models import DecimalField, Model
from django.http import HttpRequest
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin, StackedInline, TabularInline

Column = str | Callable[[Any], str]


def plain(value: Decimal | None) -> str:
    """A number without the zeros that only fill its column."""
    return "–" if value is None else f"{value.normalize():,f}" if value else "0"


def number(name: str) -> Callable[[Any], str]:
    """A column that shows a decimal field without trailing zeros, sortable as the number it is."""

    @display(description=name.replace("_", " "), ordering=name)
    def column(row: Any) -> str:
        return plain(getattr(row, name))

    return column


def columns(*names: str, of: type[Model]) -> tuple[Column, ...]:
    """Columns by field name; decimal fields as plain numbers."""
    decimals = {field.name for field in of._meta.concrete_fields if isinstance(field, DecimalField)}
    return tuple(number(name) if name in decimals else name for name in names)


def every_field(of: type[Model], *, without: tuple[str, ...] = ()) -> tuple[Column, ...]:
    """All concrete fields of a model as columns, in their order."""
    names = (field.name for field in of._meta.concrete_fields if field.name not in (*without, "id"))
    return columns(*names, of=of)


class Admin(ModelAdmin):
    """Rows that people keep."""

    list_per_page = 50
    show_full_result_count = False  # a count over a million fills takes longer than the page


def asked_back(
    page: "Admin", request: HttpRequest, chosen: Iterable[Model], *, title: str, lines: Iterable[str]
) -> TemplateResponse | None:
    """The page that names an action's consequence, a line a row; None once the person has said yes to it."""
    if request.POST.get("confirmed"):
        return None
    context = {
        **page.admin_site.each_context(request),
        "title": title,
        "lines": list(lines),
        "chosen": list(chosen),
        "action": request.POST["action"],
        "back": request.get_full_path(),
        "opts": page.opts,
    }
    return TemplateResponse(request, "admin/confirm_action.html", context)


class Unchangeable:
    """Rows that the engine owns: they are looked at, never written here."""

    def has_add_permission(self, *_: Any) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, *_: Any) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, *_: Any) -> bool:
        """Nobody: orders, fills and the journal are never deleted."""
        return False


class EngineAdmin(Unchangeable, Admin):
    """A page of engine rows; all fields, decimals written plainly."""

    hidden: tuple[str, ...] = ()

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[Column, ...]:
        """Every field but the hidden ones."""
        return every_field(self.model, without=self.hidden)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[Column, ...]:
        """The same: callables are shown only where they are read-only."""
        return self.get_fields(request, obj)


class EngineTable(Unchangeable, TabularInline):
    """Engine rows as a table inside another row's page."""

    extra = 0
    show_change_link = True


class EngineStack(Unchangeable, StackedInline):
    """Engine rows one below the other, with tables of their own inside."""

    extra = 0
    show_change_link = True
