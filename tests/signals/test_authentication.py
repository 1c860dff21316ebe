"""Proofs of a sender, without a database: what opens, what contradicts, what is not enough."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals.authentication import (
    Claim,
    NotProven,
    Offer,
    SenderRow,
    address_within,
    by_envelope,
    by_secrets,
    confirm,
    digest,
    is_recent,
    networks,
    senders,
    sign,
)
from signals.authentication import sender_address as address_behind

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
KEY, RAW = b"k" * 32, b'{"symbol": "BTCUSDT"}'
ADA = SenderRow(
    id=1,
    kind="tradingview",
    account_id=10,
    accounts={"main": 10},
    token_hash=digest("token"),
    secret_hash=digest("secret"),
    api_key_hash=digest("key"),
    hmac_key=KEY,
)
FEED = SenderRow(id=2, kind="indicators", account_id=10, accounts={}, secret_hash=digest("feed"))
KNOWN = senders([FEED, ADA])
SIGNED = Offer(timestamp=STAMP, signature=sign(KEY, STAMP, RAW))


def proven(offer: Offer, secrets: tuple[str, ...] = (), *, endpoint: str = "tradingview", known=KNOWN) -> Claim:
    claim = by_envelope(known, offer, endpoint=endpoint, raw=RAW, now=NOW)
    claim = claim or by_secrets(known, secrets, offer, endpoint=endpoint, raw=RAW, now=NOW)
    confirm(claim, secrets, offer=offer)
    return claim


@pytest.mark.parametrize(
    ("offer", "secrets", "signed"),
    [
        (Offer(token="token"), (), False),
        (Offer(), ("secret",), False),
        (Offer(api_key="key"), (), False),
        (SIGNED, (), True),
        (replace(SIGNED, signature=SIGNED.signature.upper().replace("V1", "v1")), (), True),
        (replace(SIGNED, token="token", api_key="key"), ("secret",), True),
    ],
)
def test_each_proof_opens(offer, secrets, signed):
    assert proven(offer, secrets) == Claim(ADA, signed)


@pytest.mark.parametrize(
    ("offer", "secrets", "reason", "source_id"),
    [
        (Offer(), (), "NO_CREDENTIALS", None),
        (Offer(), ("wrong",), "WRONG_CREDENTIALS", None),
        (Offer(token="wrong"), ("secret",), "WRONG_CREDENTIALS", None),
        (Offer(api_key="wrong"), ("secret",), "WRONG_CREDENTIALS", None),
        (Offer(timestamp=STAMP, signature="v1=" + "0" * 64), (), "WRONG_CREDENTIALS", None),
        (Offer(token="token"), ("wrong",), "WRONG_CREDENTIALS", 1),
        (Offer(token="token", api_key="wrong"), (), "WRONG_CREDENTIALS", 1),
        (Offer(token="token", timestamp=STAMP, signature="v1=" + "0" * 64), (), "WRONG_SIGNATURE", 1),
        (Offer(token="token", timestamp=STAMP, signature="v1=é"), (), "WRONG_SIGNATURE", 1),
        (replace(SIGNED, token="token", timestamp="1"), (), "WRONG_SIGNATURE", 1),
    ],
)
def test_a_wrong_proof_closes_whatever_else_is_right(offer, secrets, reason, source_id):
    with pytest.raises(NotProven) as doubt:
        proven(offer, secrets)
    assert (doubt.value.reason, doubt.value.source_id) == (reason, source_id)


@pytest.mark.parametrize(
    ("endpoint", "secret", "opens"),
    [
        ("indicators", "feed", True),
        ("tradingview", "feed", False),
        ("signals", "feed", False),
        *[(endpoint, "secret", True) for endpoint in ("tradingview", "indicators", "alerts", "signals")],
    ],
)
def test_only_a_tradingview_source_leaves_its_endpoint(endpoint, secret, opens):
    found = KNOWN.by_secret[digest(secret)][0]
    assert found.sends_to(endpoint) is opens


@pytest.mark.parametrize(
    ("offer", "reason"),
    [(Offer(token="token"), "SIGNATURE_REQUIRED"), (Offer(token="token", signature="0" * 64), "WRONG_SIGNATURE")],
)
def test_a_required_signature_is_required(offer, reason):
    with pytest.raises(NotProven) as doubt:
        proven(offer, known=senders([replace(ADA, hmac_required=True)]))
    assert doubt.value.reason == reason


def test_a_source_whose_key_stays_closed_accepts_nothing_instead():
    with pytest.raises(NotProven):
        proven(replace(SIGNED, token="token"), known=senders([replace(ADA, hmac_required=True, hmac_key=None)]))


@pytest.mark.parametrize(("allowed", "opens"), [(True, 1), (False, 0)])
@pytest.mark.parametrize("prefix", ["", "sha256="])
def test_a_bare_signature_counts_where_allowed(allowed, opens, prefix):
    import hashlib
    import hmac

    offer = Offer(signature=prefix + hmac.new(KEY, RAW, hashlib.sha256).hexdigest())
    known = senders([replace(ADA, allow_bare_hmac=allowed)])
    found = [row for row in known.signing if row.allow_bare_hmac]
    assert len(found) == opens
    assert [proven(offer, known=known).signed for _ in found] == [True] * opens


@pytest.mark.parametrize(
    ("timestamp", "recent"),
    [
        (STAMP, True),
        (STAMP + "000", True),  # milliseconds
        (str(int(STAMP) - 300), True),
        (str(int(STAMP) - 301), False),
        (str(int(STAMP) + 301), False),
        ("", False),
        ("now", False),
        ("9" * 15, False),
        ("-5", False),
    ],
)
def test_a_timestamp_is_at_most_five_minutes_off(timestamp, recent):
    assert is_recent(timestamp, NOW) is recent


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_a_signature_fits_its_own_body_only(one, other):
    signature = sign(KEY, STAMP, one)
    assert (sign(KEY, STAMP, other) == signature) is (one == other)


@pytest.mark.parametrize(
    ("address", "allowed", "within"),
    [
        ("192.0.2.7", ["192.0.2.0/24"], True),
        ("192.0.3.7", ["192.0.2.0/24", "192.0.3.7"], True),
        ("::ffff:192.0.2.7", ["192.0.2.0/24"], True),
        ("2001:db8::1", ["2001:db8::/32"], True),
        ("2001:db8::1", ["192.0.2.0/24"], False),
        ("198.51.100.1", ["192.0.2.0/24"], False),
        ("", ["192.0.2.0/24"], False),
        ("192.0.2.7:4711", ["192.0.2.0/24"], True),
        ("[2001:db8::1]:4711", ["2001:db8::/32"], True),
        ("unix", ["0.0.0.0/0"], False),
    ],
)
def test_addresses_against_a_list(address, allowed, within):
    assert address_within(address, networks(allowed)) is within


@pytest.mark.parametrize(("address", "opens"), [("192.0.2.7", True), ("198.51.100.1", False), ("", False)])
def test_a_source_with_a_list_opens_to_it_only(address, opens):
    listed = replace(ADA, networks=networks(["192.0.2.0/24"]))
    outcome = []
    try:
        proven(Offer(token="token", address=address), known=senders([listed]))
    except NotProven as doubt:
        outcome.append(doubt.reason)
    assert outcome == ["ADDRESS_NOT_ALLOWED"] * (not opens)


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "found"),
    [
        ("192.0.2.1", "6.6.6.6", [], "192.0.2.1"),  # anybody can write the header
        ("127.0.0.1", "6.6.6.6", ["127.0.0.1"], "6.6.6.6"),
        ("127.0.0.1", "1.1.1.1, 6.6.6.6", ["127.0.0.1"], "6.6.6.6"),  # the last hop that is not ours
        ("127.0.0.1", "1.1.1.1, 10.0.0.2", ["127.0.0.1", "10.0.0.0/8"], "1.1.1.1"),
        ("127.0.0.1", "10.0.0.3, 10.0.0.2", ["127.0.0.1", "10.0.0.0/8"], "10.0.0.3"),
        ("127.0.0.1", "", ["127.0.0.1"], "127.0.0.1"),
        ("127.0.0.1", "nonsense", ["127.0.0.1"], "127.0.0.1"),
        # with ports, as some proxies write them
        ("127.0.0.1", "6.6.6.6:4711", ["127.0.0.1"], "6.6.6.6"),
        ("127.0.0.1", "1.1.1.1:80, 10.0.0.2:443", ["127.0.0.1", "10.0.0.0/8"], "1.1.1.1"),
        ("127.0.0.1", "[2001:db8::1]:4711", ["127.0.0.1"], "2001:db8::1"),
        ("127.0.0.1", "[2001:db8::1]", ["127.0.0.1"], "2001:db8::1"),
        ("127.0.0.1", "2001:db8::1", ["127.0.0.1"], "2001:db8::1"),
        ("127.0.0.1", "::ffff:6.6.6.6", ["127.0.0.1"], "6.6.6.6"),
        ("127.0.0.1", "6.6.6.6:", ["127.0.0.1"], "127.0.0.1"),
        ("127.0.0.1", "6.6.6.6:port", ["127.0.0.1"], "127.0.0.1"),
        ("::ffff:127.0.0.1", "6.6.6.6", ["127.0.0.1"], "6.6.6.6"),
    ],
)
def test_the_address_behind_proxies(peer, forwarded, trusted, found):
    assert address_behind(peer, forwarded, networks(trusted)) == found


def test_credentials_are_found_by_hash_and_the_key_is_never_shown():
    assert b"token" not in KNOWN.by_token
    assert "hmac_key" not in repr(ADA)
