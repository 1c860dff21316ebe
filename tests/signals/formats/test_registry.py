"""Choosing a format, unrendered placeholders, foreign bodies, secrets."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals import formats
from signals.formats import FormatRefused
from signals.strict_json import JsonRefused
from tests.signals.formats.bodies import refused, understand
from tests.signals.formats.vendor_bodies import OBJECTS

BUY = {"symbol": "BTCUSDT", "action": "buy"}


@pytest.mark.parametrize(
    ("body", "endpoint", "by_token", "name"),
    [
        (BUY, "tradingview", False, "windlass"),
        ({"symbol": "X1", "indicators": {"rsi": 1}}, "tradingview", True, "windlass"),
        ({"symbol": "X1", "indicators": {"rsi": 1}}, "indicators", True, "indicators"),
        ({"tv": {"symbol": "X1"}, "execution_intent": {"type": "exit"}}, "tradingview", False, "windlass_nested"),
        ({"symbol": "X1", "rsi": 1}, "tradingview", True, "windlass_values"),
        ({"symbol": "X1", "direction": "long"}, "tradingview", True, "signals"),
        ({"type": "a", "message": "b"}, "tradingview", True, "alerts"),
        ({**BUY, "message": "b", "strategy": "c"}, "tradingview", True, "windlass"),
    ],
)
def test_a_body_finds_its_format(body, endpoint, by_token, name):
    assert understand(body, endpoint=endpoint, by_token=by_token).format == name


# What resembles a platform's message and is none: refused whole, with the format that it resembles.
STRANGE = [
    ({}, "windlass"),
    ({"hello": "world"}, "windlass"),
    ({"ticker": "BTCUSDT", "sentiment": "flat", "orderType": "market"}, "traderspost"),
    ({"instrument": "BTCUSDT.P", "action": "ENTER_LONG", "maxLag": "60"}, "okx"),
    ({"bot_uuid": "b", "tv_instrument": "BTCUSDT"}, "threecommas_custom"),
    ({"email_token": "t", "pair": "USDT_BTC"}, "threecommas_dca"),
    ({"amountPerTrade": 1, "amountPerTradeType": "quote"}, "wundertrading"),
    ({"api_key": "k", "exchange": "BYBI", "dca_orders": []}, "altrady"),
    ({"tv": {"symbol": "BTCUSDT"}}, "windlass_nested"),
    ("buy", "windlass"),
    ("EXCHANGE=BINANCE\nSYMBOL=BTCUSDT", "octobot"),
    ("Keys(BTCUSDT) market(side=buy);", "alertatron"),
    ("buy,BTCUSD,risk=1,sl=2%", "pineconnector"),
    ("I went long,buy,it was good", "csv_line"),
    ("BTC/USDT\nTargets 61000", "cornix"),
    ("enter-long", "wundertrading"),
]


@pytest.mark.parametrize(("body", "nearest"), STRANGE)
def test_a_strange_body_is_refused_whole_with_the_nearest_format(body, nearest):
    refusal = refused(body)
    assert (refusal.code in {"FORMAT_UNKNOWN", "NOT_A_CODE"}, refusal.nearest) == (True, nearest)
    assert refusal.errors


def test_an_empty_object_says_what_an_alert_needs():
    refusal = refused({})
    assert [(e.field, e.code) for e in refusal.errors] == [("symbol", "MISSING"), ("action or indicators", "MISSING")]
    assert "windlass" in refusal.message


def test_two_platforms_in_one_body_are_a_guess_and_refused():
    both = {**OBJECTS["okx"], **OBJECTS["altrady"]}
    refusal = refused(both)
    assert (refusal.code, refusal.nearest) == ("FORMAT_AMBIGUOUS", "okx")
    assert "okx and altrady" in refusal.message


@pytest.mark.parametrize(
    ("text", "field", "placeholder"),
    [
        ('{"symbol": "{{ticker}}", "action": "buy"}', "symbol", "{{ticker}}"),
        ('{"tv": {"price": "{{close}}"}}', "tv.price", "{{close}}"),
        ('{"list": ["a", {"b": "x {{plot(\\"RSI\\")}} y"}]}', "list[1].b", '{{plot("RSI")}}'),
        ('{"close": {{close}}}', "body", "{{close}}"),
        ("buy {{ticker}}", "body", "{{ticker}}"),
    ],
)
def test_a_placeholder_that_was_not_rendered_is_named(text, field, placeholder):
    refusal = refused(text)
    assert [(e.field, e.code, e.got) for e in refusal.errors] == [(field, "PLACEHOLDER_NOT_RENDERED", placeholder)]
    assert "chart" in refusal.message


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "EMPTY_BODY"),
        ("  \n", "EMPTY_BODY"),
        ("[1]", "NOT_AN_OBJECT"),
        ("[]", "NOT_AN_OBJECT"),
        ('"buy"', "NOT_AN_OBJECT"),
        ("123", "NOT_AN_OBJECT"),
        ("-1.5e3", "NOT_AN_OBJECT"),
        ("null", "NOT_AN_OBJECT"),
        ("true", "NOT_AN_OBJECT"),
    ],
)
def test_bodies_that_are_no_alert(text, code):
    assert refused(text).code == code


def test_a_text_has_an_end():
    assert [(e.field, e.code, e.got) for e in refused("a" * 8193).errors] == [("body", "TOO_LONG", "8193")]


def test_a_source_may_narrow_and_widen_its_formats():
    body = formats.read(json.dumps({"symbol": "BTCUSDT", "direction": "long"}))
    chosen = formats.choose(body, endpoint="tradingview", by_token=False, allowed=["signals"])
    assert chosen.name == "signals"
    with pytest.raises(FormatRefused) as refusal:
        formats.choose(body, endpoint="tradingview", by_token=True, allowed=["from an older version"])
    assert refusal.value.code == "FORMAT_NOT_ACCEPTED"


def test_names_and_marks_are_unique():
    assert len(formats.BY_NAME) == len(formats.REGISTRY)
    assert {known.endpoint for known in formats.REGISTRY} == set(formats.ENDPOINTS)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("{", "NOT_JSON"),
        ('{"symbol": "{{ticker}}"}', "PLACEHOLDER_NOT_RENDERED"),
        ('{"action": "open", "symbol": "BTCUSDT"}', "UNKNOWN_VALUE"),
        (json.dumps(BUY), "REFUSED_AT_THE_DOOR"),  # refused for its account or source: it stays refused
    ],
)
def test_what_was_stored_without_a_format_stays_refused(raw, code):
    with pytest.raises((FormatRefused, JsonRefused)) as refusal:
        formats.parse_stored("", raw)
    assert refusal.value.code == code


def scrubbed(text: str, *proofs: str) -> str:
    return formats.SCRUBBER.body(text, formats.read(text), proofs=proofs)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ('{"secret": "hunter2", "a": 1}', '{"secret": "***", "a": 1}'),
        ('{"secret":"a\\"b\\\\","a":1}', '{"secret":"***","a":1}'),
        ('{"secret": 12345, "a": 1}', '{"secret": "***", "a": 1}'),
        ('{"SECRET": "hunter2"}', '{"SECRET": "***"}'),
        ('{"a": {"api_key": "hunter2"}}', '{"a": {"api_key": "***"}}'),
        ('{"passphrase" : "hunter2"}', '{"passphrase" : "***"}'),
        ('{"message": "the \\"secret\\": \\"x\\" of"}', '{"message": "the \\"secret\\": \\"x\\" of"}'),
        ('{"symbol": "BTCUSDT"}', '{"symbol": "BTCUSDT"}'),
        ("symbol=BTCUSDT\ntoken=hunter2;a=1", "symbol=BTCUSDT\ntoken=***;a=1"),
        ("symbol=BTCUSDT;TOKEN=hunter2", "symbol=BTCUSDT;TOKEN=***"),
        ("symbol=BTCUSDT\\nTOKEN=hunter2\\nsignal=BUY", "symbol=BTCUSDT\\nTOKEN=***\\nsignal=BUY"),
        ("60123456789,buy,BTCUSD,secret=hunter2,risk=1", "***,buy,BTCUSD,secret=***,risk=1"),
        ("MyKeys(BTCUSDT) { close(); }", "***(BTCUSDT) { close(); }"),
        ('{"signalToken": "hunter2"}', '{"signalToken": "***"}'),
        ('{"data": {"a": 1}, "key": "hunter2"}', '{"data": {"a": 1}, "key": "***"}'),
        ('{"code": "some other code"}', '{"code": "***"}'),
    ],
)
def test_secrets_are_blanked_where_they_stand(text, clean):
    assert scrubbed(text) == clean


def test_a_proof_is_blanked_wherever_it_is_repeated_unless_it_is_a_word():
    assert scrubbed('{"note": "my correct-horse here"}', "correct-horse") == '{"note": "my *** here"}'
    assert scrubbed('{"action": "buy"}', "buy") == '{"action": "buy"}'


@pytest.mark.parametrize(
    "text", ['{"s\\u0065cret": "hunter2"}', '{"secret": {"a": "hunter2"}}', '{"secret": ["hunter2"]}']
)
def test_a_secret_that_hides_is_refused(text):
    with pytest.raises(FormatRefused) as refusal:
        scrubbed(text)
    assert refusal.value.code == "SECRET_EXPOSED"


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=20, max_size=40),
    st.booleans(),
)
def test_no_secret_survives(secret, escaped):
    clean = scrubbed(json.dumps({"symbol": "BTCUSDT", "secret": secret, "n": 1}, ensure_ascii=escaped))
    assert json.loads(clean) == {"symbol": "BTCUSDT", "secret": "***", "n": 1}


def test_secrets_offered_as_proof():
    assert formats.secrets_in({"secret": "a", "symbol": "b"}) == ("a",)
    assert formats.secrets_in({"secret": Decimal(5)}) == ()
    assert formats.secrets_in("secret=a") == ()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{"secret": "hunter2", }', '{"secret": "***", }'),
        ('{"symbol": }', '{"symbol": }'),
        ("token=hunter2 and more", "token=***"),
        ('{"secret": "hunter2', formats.WITHHELD),  # cut short
        ('{"secret": {"a": "hunter2"}}', formats.WITHHELD),
        ('{"s\\u0065cret": "hunter2"}', formats.WITHHELD),
        ('{"a": 1, "a": 2, "password": [1]}', formats.WITHHELD),
        ("my secret is hunter2", formats.WITHHELD),
    ],
)
def test_of_a_body_that_nobody_could_read_no_secret_is_kept(text, kept):
    assert formats.SCRUBBER.malformed(text) == kept


@given(st.text(st.characters(categories=["L", "N"]), min_size=8, max_size=20), st.integers(0, 60))
def test_no_secret_survives_in_a_body_cut_anywhere(secret, length):
    text = json.dumps({"symbol": "BTCUSDT", "secret": f"#{secret}#", "n": 1}, ensure_ascii=False)[:length]
    assert f"#{secret}" not in formats.SCRUBBER.malformed(text)


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        (name, raw)
        for name in formats.BY_NAME
        for raw in ("buy\nnow", '{"a": 1}')
        if (name, raw) != ("threecommas_dca", '{"a": 1}')
    ],
)
def test_a_stored_body_of_another_format_is_refused(name, raw):
    """A text where an object was kept, or the other way round: no reader stumbles over it."""
    with pytest.raises((FormatRefused, JsonRefused)):
        formats.parse_stored(name, raw)
