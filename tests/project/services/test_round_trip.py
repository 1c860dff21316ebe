"""Does a public address lead to our door? Asked of real small servers on loopback."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from project.services import ports, round_trip
from project.services.doctor import Level


class Echo(BaseHTTPRequestHandler):
    """Answers below /door like our door, elsewhere like somebody else."""

    answers: ClassVar[dict[str, tuple[int, str]]] = {
        "/door/health/live": (200, '{{"status": "live", "nonce": "{nonce}"}}'),
        "/stranger/health/live": (200, "<html>welcome</html>"),
        "/list/health/live": (200, "[]"),
        "/lost/health/live": (404, "not here"),
    }

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        status, body = self.answers[url.path]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.format(nonce=parse_qs(url.query)["nonce"][0]).encode())

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", ports.free_port()), Echo) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()


@pytest.mark.parametrize(
    ("path", "level", "words"),
    [
        ("/door", Level.OK, "an alert reaches the door"),
        ("/door/", Level.OK, "an alert reaches the door"),
        ("/stranger", Level.FAIL, "not this door"),
        ("/list", Level.FAIL, "not this door"),
        ("/lost", Level.FAIL, "answered 404"),
    ],
)
def test_the_round_trip(server: str, path: str, level: Level, words: str) -> None:
    finding = round_trip.probe(server + path)
    assert finding.level is level
    assert words in finding.text


def test_nobody_there() -> None:
    finding = round_trip.probe(f"http://127.0.0.1:{ports.free_port()}")
    assert finding.level is Level.FAIL
    assert "refused" in finding.text


def test_a_slow_way_is_a_warning() -> None:
    assert round_trip.judge("n", "n", secs=3.1).level is Level.WARN


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("name.example", "is no web address"),
        ("ftp://name.example", "is no web address"),
        ("https:///x", "is no web address"),
        ("http://name.example:8081", "ports 80 and 443 only, not 8081"),
    ],
)
def test_an_address_tradingview_cannot_call(url: str, words: str) -> None:
    finding = round_trip.public_url(url)
    assert finding.level is Level.FAIL
    assert words in finding.text
