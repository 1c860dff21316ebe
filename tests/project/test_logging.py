"""What a log line tells of links and secrets: nothing that opens something."""

import io
import logging
import logging.config

import pytest

from project.logging import Line, configuration


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Unprocessable Entity: /invite/P_V85Tabc-x", "Unprocessable Entity: /invite/***"),
        ("Gone: /invite/a%2Fb/ twice", "Gone: /invite/*** twice"),
        ('"POST /webhooks/k3Y_abc HTTP/1.1" 202', '"POST /webhooks/*** HTTP/1.1" 202'),
        ("to https://discord.com/api/webhooks/12345/tok-en?wait=1", "to https://discord.com/api/webhooks/***?wait=1"),
        ("Not Found: /users/invites/3/withdraw", "Not Found: /users/invites/3/withdraw"),
        ("refused: secret=abc&x=1", "refused: secret=***&x=1"),
        ("POST https://api.telegram.org/bot12345:AA-x_y/sendMessage?a=1", "POST https://api.telegram.org/bot***?a=1"),
        ("Not Found: /bottom/12", "Not Found: /bottom/12"),
    ],
)
def test_a_finished_line(line: str, told: str) -> None:
    record = logging.LogRecord("django.request", logging.WARNING, __file__, 1, "%s", (line,), None)
    assert Line().format(record) == told


WHERE = "https://discord.com/api/webhooks/12345/tok-en"


def test_a_traceback_below_a_line() -> None:
    """As configured: what a foreign library quotes in its error, and in the error behind that one, is blanked too."""
    made = configuration(level="INFO")
    out = io.StringIO()
    handler, log = logging.StreamHandler(out), logging.getLogger("tests.lines")
    formatter = logging.config.DictConfigurator(made).configure_formatter(made["formatters"]["line"])
    handler.setFormatter(formatter)  # type: ignore[arg-type]
    log.addHandler(handler)
    try:
        raise ConnectionError(f"no answer of {WHERE}") from OSError("refused with token=abc")
    except ConnectionError:
        log.exception("a notice to %s", WHERE)
    finally:
        log.removeHandler(handler)
    told = out.getvalue()
    assert told.count("https://discord.com/api/webhooks/***") == 2
    assert "ConnectionError: no answer of" in told
    assert [secret in told for secret in ("tok-en", "token=abc")] == [False, False]
