"""Other platforms' messages at the door: who sent them, and the row that is stored."""

from datetime import UTC, datetime

import pytest

from signals import formats
from signals.authentication import Claim, NotProven, Offer, SenderRow, by_secrets, confirm, digest, senders
from signals.deliveries import Delivery, accepted, opened
from tests.signals.formats.bodies import understand
from tests.signals.formats.test_all_formats import BODIES, as_text

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECRETS = {
    "alertatron": "DeskKeys",
    "altrady": "battery-staple",
    "bridge": "correct-horse",
    "octobot": "correct-horse",
    "okx": "correct-horse/battery==",
    "pineconnector": "70123456789",
    "threecommas_dca": "correct-horse",
    "tv_strategy": "correct-horse",
    "wundertrading": "abcdef0123456789",
}


def delivered(text: str, *, token: str = "") -> Delivery:
    return Delivery("tradingview", Offer(token=token), text.encode(), "text/plain", NOON)


@pytest.mark.parametrize("name", BODIES)
def test_by_token_the_row_reads_as_the_message_did(name: str) -> None:
    source = SenderRow(id=1, kind="tradingview", account_id=2, accounts={})
    delivery = delivered(as_text(BODIES[name]), token="t" * 43)
    text, body = opened(delivery.raw)
    row, intent = accepted(delivery, Claim(source), text, body)
    assert (row.format, intent) == (name, understand(BODIES[name]))
    assert formats.parse_stored(row.format, row.raw) == intent
    assert not [secret for secret in formats.secrets_in(body) if secret in row.raw]


@pytest.mark.parametrize(("name", "secret"), SECRETS.items())
def test_what_the_platform_calls_its_secret_proves_the_sender(name: str, secret: str) -> None:
    source = SenderRow(id=1, kind="tradingview", account_id=2, accounts={}, secret_hash=digest(secret))
    offered = formats.secrets_in(opened(as_text(BODIES[name]).encode())[1])
    claim = by_secrets(senders([source]), offered, Offer(), endpoint="tradingview", raw=b"", now=NOON)
    confirm(claim, offered, offer=Offer())
    assert claim.source is source


@pytest.mark.parametrize("name", SECRETS)
def test_a_wrong_one_closes_the_door(name: str) -> None:
    source = SenderRow(id=1, kind="tradingview", account_id=2, accounts={}, secret_hash=digest("another"))
    offered = formats.secrets_in(opened(as_text(BODIES[name]).encode())[1])
    with pytest.raises(NotProven):
        by_secrets(senders([source]), offered, Offer(), endpoint="tradingview", raw=b"", now=NOON)
