"""Versions of settings: the list, what one changed, what lies between two, and the way back by way of a preview."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from dashboard import given
from dashboard.pages.errors import needs_database
from dashboard.pages.opening import bar_of
from dashboard.pages.settings_preview import preview_page
from dashboard.settings_preview import Places, told
from trading.domain import settings as registry
from trading.domain.settings import SettingError
from trading.domain.settings_kinds import Scope
from trading.models import SettingVersion
from trading.models.setting_version import How
from trading.services import overrides, setting_versions
from trading.services.overrides import Change, Place

AT_ONCE = 50
TOWARDS = {"undo": setting_versions.undoing, "return": setting_versions.restoring}


@require_safe
@needs_database
@login_required
def setting_versions_page(request: HttpRequest) -> HttpResponse:
    """The latest first; `?name=` narrows it, `?before=` goes on, `?first=&last=` compares two."""
    bar, asked = bar_of(request), request.GET
    rows = list(_narrowed(asked.get("name", ""), given.number(asked.get("before", "")))[: AT_ONCE + 1])
    first, last = (given.number(asked.get(end, "")) for end in ("first", "last"))
    compared = setting_versions.between(first, last) if first is not None and last is not None else None
    read = [setting_versions.kept(row) for row in rows[:AT_ONCE]]
    places = Places.of(one for changes in (*read, compared or ()) for one in changes)
    context = {
        "overview": bar,
        "now": bar.at,
        "versions": list(zip(rows, (told(changes, places) for changes in read), strict=False)),
        "older": rows[AT_ONCE - 1].pk if len(rows) > AT_ONCE else None,
        "names": sorted(registry.REGISTRY),
        "name": asked.get("name", ""),
        "first": first,
        "last": last,
        "compared": None if compared is None else told(compared, places),
    }
    return render(request, "dashboard/settings_versions.html", context)


def _narrowed(name: str, before: int | None) -> "QuerySet[SettingVersion]":
    rows = SettingVersion.objects.all()
    if name in registry.REGISTRY:
        rows = rows.filter(changes__contains=[{"name": name}])
    return rows if before is None else rows.filter(pk__lt=before)


@require_POST
@needs_database
@login_required
def roll_back_settings(request: HttpRequest, version_id: int, way: str) -> HttpResponse:
    """`undo` what a version changed, or `return` to how all settings were just after it: first as a preview."""
    bar = bar_of(request)
    version = get_object_or_404(SettingVersion, pk=version_id)
    towards = TOWARDS.get(way)
    if towards is None:
        raise Http404
    back = f"account={bar.row.pk}" if bar.row else ""
    try:
        changes = overrides.plan(towards(version))
    except SettingError as error:
        said = f"Version {version.pk} does not go back: {error}"
        return preview_page(request, (), bar=bar, back=back, problem=said, status=422)
    return preview_page(
        request,
        changes,
        bar=bar,
        back=_where(changes) or back,
        how=How.ROLLBACK,
        of=version.pk,
        reason=_reason(version, way),
    )


LOOKED_AT = {Scope.USER: "mine", Scope.ACCOUNT: "account", Scope.PAIR: "pair"}
# What the settings page calls them in its address.


def _where(changes: Sequence[Change]) -> str:
    """The address part of the one place that all of them are about; empty where there is none, or it is everybody's."""
    places = {change.place for change in changes}
    at = next(iter(places)) if len(places) == 1 else Place()
    said = {"account": at.account_id, "scope": LOOKED_AT.get(at.scope), "symbol": at.symbol}
    return urlencode({name: value for name, value in said.items() if value})


def _reason(version: SettingVersion, way: str) -> str:
    """What stands in the field until somebody writes better."""
    return f"{'takes back' if way == 'undo' else 'back to'} version {version.pk}"
