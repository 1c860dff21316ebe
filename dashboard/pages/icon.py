"""The icon for who asks at the address that browsers try by themselves."""

from django.http import HttpRequest, HttpResponseRedirect
from django.views.decorators.http import require_safe

from dashboard import look


@require_safe
def favicon(request: HttpRequest) -> HttpResponseRedirect:
    """The same anchor that the pages link."""
    return HttpResponseRedirect(look.icon(request))
