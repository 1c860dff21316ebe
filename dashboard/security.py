"""The Content-Security-Policy of every answer: strict for our pages, looser where unfold's admin needs it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

COMMON = "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; img-src 'self' data:"
# Named for browsers to which 'self' does not include WebSockets of the same host.
PAGES = "default-src 'self'; connect-src 'self' ws://{host} wss://{host}; " + COMMON
# unfold's widgets are Alpine expressions (eval) in attributes (inline); its pages show no alert outside a text node.
ADMIN = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; " + COMMON
)


class ContentSecurityPolicy:
    """Middleware: adds the header unless the view set one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.admin = reverse("admin:index")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, then say what the answer may load."""
        response = self.get_response(request)
        policy = ADMIN if request.path.startswith(self.admin) else PAGES
        response.headers.setdefault("Content-Security-Policy", policy.format(host=request.get_host()))
        return response
