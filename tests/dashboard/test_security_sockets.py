"""Pages of which origin may open a socket: those of the same host and port, and those trusted by name."""

import pytest
from django.conf import settings

from dashboard.security_sockets import is_own


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        ("http://localhost", "localhost", True),
        ("http://127.0.0.1:8080", "127.0.0.1:8080", True),
        ("http://[::1]:8080", "[::1]:8080", True),
        ("https://Windlass.example", "windlass.example", True),
        ("https://windlass.example", "windlass.example:443", True),
        ("http://127.0.0.1:9999", "127.0.0.1:8080", False),
        ("http://localhost:8080", "127.0.0.1:8080", False),
        ("http://localhost.evil.example", "localhost", False),
        ("https://windlass.example:8443", "windlass.example", False),
        ("http://127.0.0.1:http", "127.0.0.1", False),
        ("file://127.0.0.1:8080", "127.0.0.1:8080", False),
        ("null", "localhost", False),
        ("", "localhost", False),
        ("http://", "", False),
        ("https://desk.example", "127.0.0.1:8080", True),
        ("http://desk.example", "127.0.0.1:8080", False),
        ("https://desk.example:8443", "127.0.0.1:8080", False),
        ("https://a.desks.example", "127.0.0.1:8080", True),
        ("https://evildesks.example", "127.0.0.1:8080", False),
    ],
)
def test_whose_page_it_is(monkeypatch: pytest.MonkeyPatch, origin: str, host: str, own: bool) -> None:
    monkeypatch.setattr(settings, "CSRF_TRUSTED_ORIGINS", ["https://desk.example", "https://*.desks.example"])
    assert is_own(origin, host) is own
