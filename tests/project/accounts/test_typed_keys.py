"""Keys as they are typed: what cannot be right is said, and never repeated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project.accounts.typed_keys import credentials, problems

KEY, SECRET = "k" * 64, "s" * 64
UUID = "5c2db93a-503f-67d8-6f9e-9b0c1d2e3f4a"
PEM = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIabc\n-----END PRIVATE KEY-----"


def typed(key: str = KEY, secret: str = SECRET, passphrase: str = "") -> dict[str, str]:
    return {"api_key": key, "api_secret": secret, "passphrase": passphrase}


@pytest.mark.parametrize(
    ("venue", "given", "field", "said"),
    [
        ("binance", typed(), "", ""),
        ("binance", typed(secret=PEM), "", ""),  # a private key has line breaks
        ("binance", typed(key="", secret=""), "api_secret", "together"),
        ("binance", typed(secret=""), "api_secret", "together"),
        ("binance", typed(key=KEY[:31]), "api_key", "Too short: 31 characters"),
        ("binance", typed(key=f"{KEY[:10]} {KEY[10:]}"), "api_key", "a space"),
        ("binance", typed(secret=f"{KEY[:4]}***{KEY[4:]}"), "api_secret", "shortened form"),
        ("binance", typed(secret=KEY), "api_secret", "the same"),
        ("binance", typed(key=PEM, secret=SECRET), "api_key", "swapped"),
        ("binance", typed(secret="s" * 5001), "api_secret", "Longer"),
        ("bybit", typed("k" * 18, "s" * 36), "", ""),
        ("bybit", typed("s" * 36, "k" * 18), "api_key", "swapped"),
        ("kucoinfutures", typed("0123456789abcdef01234567", UUID, "my phrase"[:2]), "", ""),
        ("kucoinfutures", typed("0123456789abcdef01234567", UUID), "passphrase", "have a passphrase"),
        ("kucoinfutures", typed(UUID, "0123456789abcdef01234567", "pp"), "api_key", "swapped"),
        ("elsewhere", typed("k" * 8, "s" * 8), "", ""),
        ("elsewhere", typed("k" * 7, "s" * 8), "api_key", "Too short"),
    ],
)
def test_what_cannot_be_right_is_said(venue: str, given: dict[str, str], field: str, said: str) -> None:
    found = problems(given, venue=venue, real=True)
    assert list(found) == [field] * bool(field)
    assert said in "".join(found.values())


def test_on_paper_any_key_of_eight_characters_will_do() -> None:
    assert problems(typed("k" * 8, "s" * 8), venue="binance", real=False) == {}


def test_the_envelope_s_names() -> None:
    assert credentials(typed(f" {KEY} ", SECRET)) == {"apiKey": KEY, "secret": SECRET}


SECRETIVE = st.text(st.characters(categories=("Lu", "Ll", "Nd", "Po", "Zs")), min_size=12, max_size=80)


@given(SECRETIVE, SECRETIVE, st.sampled_from(["binance", "bybit", "kucoin"]))
def test_no_sentence_repeats_what_was_typed(key: str, secret: str, venue: str) -> None:
    said = " ".join(problems(typed(key, secret), venue=venue, real=True).values())
    assert not any(part.strip() and part.strip() in said for part in (key, secret))
