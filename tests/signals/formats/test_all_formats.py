"""What holds for every format: one claims a body, stored bodies read the same, nothing but coded errors comes out."""

import json
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signals import formats
from signals.formats import FormatRefused
from signals.formats.fields import SECRET_NAMES
from signals.intent import Intent, IntentKind
from signals.strict_json import JsonRefused
from tests.signals.formats.bodies import refused, understand
from tests.signals.formats.vendor_bodies import OBJECTS, TEXTS

BODIES: dict[str, Any] = OBJECTS | TEXTS
WITHOUT_TIME = {
    "threecommas_dca",
    "wundertrading",
    "altrady",
    "algoway",
    "bridge",
    "finandy",
    "freqtrade",
} | TEXTS.keys()
PROOFS = {
    "alertatron": ("DeskKeys",),
    "pineconnector": ("70123456789",),
    "octobot": ("correct-horse",),
    "wundertrading": ("abcdef0123456789",),
    "okx": ("correct-horse/battery==",),
    "altrady": ("correct-horse", "battery-staple"),
}
OWN = {"alerts", "indicators", "signals", "windlass_values"}


def as_text(body: Any) -> str:
    return body if isinstance(body, str) else json.dumps(body)


def test_every_format_of_another_platform_has_a_body_here() -> None:
    assert BODIES.keys() | OWN == formats.BY_NAME.keys()


@pytest.mark.parametrize("name", BODIES)
def test_one_format_claims_a_body(name: str) -> None:
    body = formats.read(as_text(BODIES[name]))
    claims = [known.name for known in formats.REGISTRY if not known.general and known.detect(body)]
    assert understand(BODIES[name]).format == name
    assert claims in ([name], [])


@pytest.mark.parametrize("name", BODIES)
def test_a_stored_body_shows_no_secret_and_reads_the_same(name: str) -> None:
    text = as_text(BODIES[name])
    body = formats.read(text)
    proofs = formats.secrets_in(body)
    clean = formats.SCRUBBER.body(text, body, proofs=proofs)
    assert formats.parse_stored(name, clean) == understand(text)
    assert not [proof for proof in proofs if proof in clean]
    assert formats.SCRUBBER.body(clean, formats.read(clean)) == clean


@pytest.mark.parametrize(("name", "proofs"), PROOFS.items())
def test_what_proves_the_sender(name: str, proofs: tuple[str, ...]) -> None:
    assert set(formats.secrets_in(formats.read(as_text(BODIES[name])))) == set(proofs)


def test_no_format_keeps_what_another_one_proves_with() -> None:
    assert {name.lower() for name in formats.SECRET_FIELDS} <= SECRET_NAMES


@pytest.mark.parametrize("name", sorted(BODIES.keys() - WITHOUT_TIME - {"windlass", "windlass_nested"}))
def test_a_time_is_the_senders_now(name: str) -> None:
    assert isinstance(understand(BODIES[name]).sent_at, datetime)


@pytest.mark.parametrize("name", OBJECTS)
def test_quoted_or_not_numbers_are_the_same(name: str) -> None:
    plain = understand(OBJECTS[name])
    assert replace(understand(quoted(OBJECTS[name])), metadata=plain.metadata) == plain


def quoted(value: Any) -> Any:
    """Every number as a text, as TradingView renders placeholders between quotes."""
    kinds = {
        dict: lambda: {key: quoted(inner) for key, inner in value.items()},
        list: lambda: [quoted(inner) for inner in value],
        int: lambda: str(value),
        float: lambda: str(value),
    }
    return kinds.get(type(value), lambda: value)()


@pytest.mark.parametrize("name", sorted(OBJECTS.keys() - {"windlass_nested"}))
def test_blanks_and_notes_change_nothing(name: str) -> None:
    blanks = {"zz_note": "", "zz_other": None, "zz_comment": "my words"}
    intent = understand({**OBJECTS[name], **blanks})
    plain = understand(OBJECTS[name])
    assert replace(intent, metadata=plain.metadata) == plain
    assert dict(intent.metadata)["zz_comment"] == "my words"


MEANS_AN_ORDER = ["zz_trailing_stop", "zz_take_profit", "zz_order_size", "zz_leverage"]
STRICT = sorted(OBJECTS.keys() - {"threecommas_strategy"})


@pytest.mark.parametrize("name", STRICT)
@pytest.mark.parametrize("stranger", MEANS_AN_ORDER)
def test_a_stranger_that_sounds_like_an_order_is_refused_by_name(name: str, stranger: str) -> None:
    refusal = refused({**OBJECTS[name], stranger: 5})
    assert (refusal.nearest, [(e.field, e.code) for e in refusal.errors]) == (name, [(stranger, "UNSUPPORTED_FIELD")])


@pytest.mark.parametrize("name", STRICT)
def test_a_long_name_is_quoted_short(name: str) -> None:
    refusal = refused({**OBJECTS[name], "x" * 3000: {"deep": {"er": {}}}, "take_profits" * 300: 5, "symbol": []})
    assert all(len(error.field) < 150 and len(error.got) < 150 for error in refusal.errors)


HOSTILE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.text(max_size=20)
    | st.sampled_from(["{{close}}", "NaN", "1e999", "buy", "2%", "-5%", "@5", "***", "BTCUSDT", "100 USDT", "limit"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(sorted({name for body in OBJECTS.values() for name in body} | {"x" * 99, "qty", "stop_loss"}))


@settings(max_examples=200)
@given(st.sampled_from(sorted(OBJECTS)), st.dictionaries(NAMES, HOSTILE, max_size=4), st.booleans())
def test_hostile_objects_are_understood_or_refused_with_a_code(name: str, hostile: dict, by_token: bool) -> None:
    check(json.dumps({**OBJECTS[name], **hostile}), by_token)


@settings(max_examples=100)
@given(st.sampled_from(sorted(OBJECTS)), st.data(), HOSTILE)
def test_hostile_parts_are_understood_or_refused_with_a_code(name: str, data: st.DataObject, hostile: Any) -> None:
    parts = {key: value for key, value in OBJECTS[name].items() if isinstance(value, dict)} or {"order": {"a": 1}}
    part = data.draw(st.sampled_from(sorted(parts)))
    inner = data.draw(st.sampled_from(sorted(parts[part])))
    check(json.dumps({**OBJECTS[name], part: {**parts[part], inner: hostile}}), by_token=True)


CUTS = st.tuples(st.integers(0, 400), st.integers(0, 400), st.text('{}[]",:;=()@%#\n\t /.-+09azAZ_*\\é', max_size=6))


@settings(max_examples=200)
@given(st.sampled_from(sorted(BODIES)), st.lists(CUTS, min_size=1, max_size=4))
def test_damaged_texts_are_understood_or_refused_with_a_code(name: str, cuts: list[tuple[int, int, str]]) -> None:
    text = as_text(BODIES[name])
    for start, length, put in cuts:
        text = text[:start] + put + text[start + length % 7 :]
    check(text, by_token=True)


def check(text: str, by_token: bool) -> None:
    """A coded refusal whose fields are named, or an intent that holds only what it may hold."""
    outcome: Intent | FormatRefused | JsonRefused
    try:
        body = formats.read(text)
        outcome = formats.parse(body, formats.choose(body, endpoint="tradingview", by_token=by_token))
    except (FormatRefused, JsonRefused) as refusal:
        outcome = refusal
    assert problems(outcome) == []


def problems(outcome: Intent | FormatRefused | JsonRefused) -> list[str]:
    """What no outcome may be."""
    if not isinstance(outcome, Intent):
        bad = [error for error in getattr(outcome, "errors", ()) if not (error.code and error.expected)]
        return [str(error) for error in bad] + ([] if outcome.code and str(outcome) else ["no code or message"])
    levels = [level for level in (outcome.stop_loss, *outcome.take_profit) if level]
    found = {
        "size not above 0": outcome.size is not None and outcome.size.value <= 0,
        "level not above 0": any(level.value <= 0 or not 0 < level.share_pct <= 100 for level in levels),
        "targets above 100 %": sum(level.share_pct for level in outcome.take_profit) > 100,
        "price not above 0": outcome.price is not None and outcome.price <= 0,
        "no action": outcome.kind is IntentKind.TRADE and not (outcome.action or outcome.adds_only),
        "a text without end": any(
            isinstance(text := getattr(outcome, f.name), str) and len(text) > 1000 for f in fields(outcome)
        ),
    }
    return [name for name, is_so in found.items() if is_so]
