"""The remote button's signature: ours is accepted, anything else is not."""

import pytest

from trading.kill.signing import is_genuine, signature

BODY, NOW = b'{"action":"kill"}', 1_700_000_000


def genuine(**changed: object) -> bool:
    given = {
        "secret": "s",
        "timestamp": str(NOW),
        "given": signature("s", str(NOW), BODY),
        "raw": BODY,
        "now": float(NOW),
    }
    return is_genuine(**(given | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "accepted"),
    [
        ({}, True),
        ({"now": NOW + 300.0}, True),
        ({"now": NOW - 300.0}, True),
        ({"now": NOW + 301.0}, False),
        ({"now": NOW - 301.0}, False),
        ({"secret": "other"}, False),
        ({"raw": BODY + b" "}, False),
        ({"timestamp": str(NOW + 1)}, False),
        ({"timestamp": ""}, False),
        ({"timestamp": "١٢٣"}, False),
        ({"timestamp": "1e9"}, False),
        ({"given": ""}, False),
        ({"given": "v1=é"}, False),
    ],
)
def test_only_the_right_secret_body_and_time_are_accepted(changed: dict[str, object], accepted: bool) -> None:
    assert genuine(**changed) is accepted
