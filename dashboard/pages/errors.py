"""What a page answers when the database is away: a page that says so, never a traceback."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

View = Callable[..., HttpResponseBase]
RETRY_AFTER_SECS = 5


def needs_database(view: View) -> View:
    """A view that answers 503 with the mend while the database does not."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except (OperationalError, InterfaceError):
            response = render(request, "dashboard/unavailable.html", status=503)
            response.headers["Retry-After"] = str(RETRY_AFTER_SECS)
            return response

    return answer
