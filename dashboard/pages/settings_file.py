"""The configuration out of and into the installation, as a file; what comes in is previewed like any change."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from dashboard import settings_file, settings_rights
from dashboard.pages.errors import needs_database
from dashboard.pages.opening import bar_of
from dashboard.pages.settings_preview import preview_page
from dashboard.settings_form import NotReadable
from project.accounts.models import User
from trading.domain.settings import SettingError
from trading.models.setting_version import How
from trading.services import overrides

MOST_BYTES = 1_000_000
TOO_LARGE = "The file is larger than 1 MB: that are no settings. Nothing was done."


@require_safe
@needs_database
@login_required
def export_settings(request: HttpRequest) -> HttpResponse:
    """Every changed setting that is this person's to see."""
    user: User = request.user  # type: ignore[assignment]  # the log-in has seen to it
    text = settings_file.written(user, everything=settings_rights.is_admin(user))
    headers = {"Content-Disposition": f'attachment; filename="windlass-settings-{timezone.now():%Y-%m-%d}.json"'}
    return HttpResponse(text, content_type="application/json; charset=utf-8", headers=headers)


@require_POST
@needs_database
@login_required
def import_settings(request: HttpRequest) -> HttpResponse:
    """A file, as a preview of what it would change."""
    bar = bar_of(request)
    back = f"account={bar.row.pk}" if bar.row else ""
    try:
        wishes = settings_file.read(_text(request), whole=request.POST.get("whole") == "on")
        changes = overrides.plan(wishes)
    except (NotReadable, SettingError) as error:
        return preview_page(request, (), bar=bar, back=back, problem=str(error), status=422)
    return preview_page(request, changes, bar=bar, back=back, how=How.FILE, reason="from a file")


def _text(request: HttpRequest) -> str:
    """What was uploaded. Raises NotReadable."""
    sent = request.FILES.get("file")
    if sent is None:
        raise NotReadable("Choose a file that Export wrote.")
    if (sent.size or 0) > MOST_BYTES:
        raise NotReadable(TOO_LARGE)
    try:
        return str(sent.read().decode("utf-8"))
    except UnicodeDecodeError as error:
        raise NotReadable(settings_file.NOT_OURS) from error
