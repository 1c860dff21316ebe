"""The page between wanting a change of settings and making it: the same one for a form, for a way back and for a file."""

from collections.abc import Iterable, Mapping, Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from dashboard import given, settings_form, settings_preview, settings_rights
from dashboard.shell import Bar
from trading.models.setting_version import How
from trading.services.overrides import Change
from trading.services.setting_versions import Key

UNCHANGED = "Nothing differs from how it is now: nothing was changed."
SHOWN = frozenset({How.PAGE, How.ROLLBACK, How.FILE})


def how_of(form: Mapping[str, str]) -> tuple[How, int | None]:
    """Which way a change came, and which version it goes back to, as its preview marked it; else it is a plain change."""
    how, of, changes = form.get("how", ""), form.get("of", ""), form.get("changes", "")
    number = given.number(of)
    ours = how in SHOWN and settings_form.is_ours(form.get("mark", ""), changes, how, number)
    return (How(how), number) if ours else (How.PAGE, None)


def preview_page(
    request: HttpRequest,
    changes: Sequence[Change],
    *,
    bar: Bar,
    back: str,
    moved: Iterable[Key] = (),
    problem: str = "",
    how: How = How.PAGE,
    of: int | None = None,
    reason: str = "",
    status: int = 200,
) -> HttpResponse:
    """What would change and what that means; one button makes it so."""
    moved = tuple(moved)
    if not changes and not problem and not moved:
        messages.info(request, UNCHANGED)
        return redirect(f"{reverse('dashboard:settings')}?{back}")
    refused = settings_rights.refusal_of(request.user, (change.wish for change in changes))
    look = settings_preview.look(changes, account=bar.row, moved=moved, now=bar.at)
    packed = settings_form.packed(look.changes)
    context = {
        "overview": bar,
        "look": look,
        "moved": moved,
        "packed": packed,
        "mark": settings_form.marked(packed, how.value, of),
        "back": back,
        "problem": problem or refused,
        "may": bool(changes) and not refused,
        "how": how.value,
        "of": of,
        "reason": reason,
    }
    return render(
        request, "dashboard/settings_preview.html", context, status=403 if refused and status == 200 else status
    )
