"""What a log line tells of links and secrets: nothing that opens something."""

import logging

import pytest

from project.logging import Scrub


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Unprocessable Entity: /invite/P_V85Tabc-x", "Unprocessable Entity: /invite/***"),
        ("Gone: /invite/a%2Fb/ twice", "Gone: /invite/*** twice"),
        ('"POST /webhooks/k3Y_abc HTTP/1.1" 202', '"POST /webhooks/*** HTTP/1.1" 202'),
        ("to https://discord.com/api/webhooks/12345/tok-en?wait=1", "to https://discord.com/api/webhooks/***?wait=1"),
        ("Not Found: /users/invites/3/withdraw", "Not Found: /users/invites/3/withdraw"),
        ("refused: secret=abc&x=1", "refused: secret=***&x=1"),
    ],
)
def test_a_finished_line(line: str, told: str) -> None:
    record = logging.LogRecord("django.request", logging.WARNING, __file__, 1, "%s", (line,), None)
    assert Scrub().filter(record)
    assert record.getMessage() == told
