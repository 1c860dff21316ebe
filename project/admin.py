"""What the admin pages of every app share: the look, and the difference between rows of people and of the engine."""

from collections.abc import Callable, Iterable
from decimal import Context, Decimal
from typing import Any, ClassVar
from urllib.parse import quote

from django.contrib.admin import display
from django.contrib.admin.views.main import ERROR_FLAG
from django.db.models import DecimalField, Model
from django.http import HttpRequest, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.admin import ModelAdmin, StackedInline, TabularInline

Column = str | Callable[[Any], str]
DIGITS = 10
NUL = "%00"


def plain(value: Decimal | None) -> str:
    """A number without the zeros that only fill its column."""
    return "–" if value is None else f"{value.normalize():,f}" if value else "0"


def short(value: Decimal | None) -> str:
    """The same to DIGITS significant digits, which is what a list has room for; the row's own page has them all."""
    return plain(None if value is None else value.normalize(Context(prec=DIGITS)))


def number(name: str, *, shown: Callable[[Decimal | None], str] = plain) -> Callable[[Any], str]:
    """A column that shows a decimal field without trailing zeros, sortable as the number it is."""

    @display(description=name.replace("_", " ").replace("pnl", "PnL"), ordering=name)
    def column(row: Any) -> str:
        return shown(getattr(row, name))

    column.__name__ = f"number_{name}"  # the cell's class: admin.css sets numbers right
    return column


def columns(*names: str, of: type[Model], shown: Callable[[Decimal | None], str] = short) -> tuple[Column, ...]:
    """Columns by field name; decimal fields as numbers that fit a list."""
    decimals = {field.name for field in of._meta.concrete_fields if isinstance(field, DecimalField)}
    return tuple(number(name, shown=shown) if name in decimals else name for name in names)


def every_field(of: type[Model], *, without: tuple[str, ...] = ()) -> tuple[Column, ...]:
    """All concrete fields of a model as columns, in their order, with every digit."""
    names = (field.name for field in of._meta.concrete_fields if field.name not in (*without, "id"))
    return columns(*names, of=of, shown=plain)


def worded(name: str, words: Callable[[Any], str]) -> Callable[[Any], str]:
    """A column that says a state in words; sorted by the state itself."""

    @display(description=name.replace("_", " "), ordering=name)
    def column(row: Any) -> str:
        return words(getattr(row, name)) or "–"

    column.__name__ = f"worded_{name}"
    return column


def account_name() -> Callable[[Any], str]:
    """The account's name alone; venue and environment stand on its own page."""

    @display(description="account", ordering="account")
    def column(row: Any) -> str:
        return str(row.account.name) if row.account_id else "–"

    column.__name__ = "account_name"
    return column


def flag(name: str) -> Callable[[Any], str]:
    """A yes as its own name, a no as nothing: a list of red crosses frightens for no reason."""
    return worded(name, lambda value: name.replace("_", " ") if value else "")


class Admin(ModelAdmin):
    """Rows that people keep."""

    list_per_page = 50
    show_full_result_count = False  # a count over a million fills takes longer than the page

    class Media:
        css: ClassVar = {"all": ("dashboard/admin.css",)}

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The list. No row holds a NUL, and PostgreSQL takes none: such a filter is left out, as Django does with others."""
        if NUL in request.GET.urlencode():
            return HttpResponseRedirect(f"?{ERROR_FLAG}=1")
        return super().changelist_view(request, extra_context)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """A row by its number; none has one with a NUL in it."""
        return None if "\0" in object_id else super().get_object(request, object_id, from_field)


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
    hide_title = True
    show_change_link = True


class EngineStack(Unchangeable, StackedInline):
    """Engine rows one below the other, with tables of their own inside."""

    extra = 0
    show_change_link = True


def journal_of(subject: str) -> HttpResponseRedirect:
    """The journal of one subject, as in `order:7`."""
    return HttpResponseRedirect(f"{reverse('admin:journal_journalentry_changelist')}?q={quote(subject)}")
