"""The fault plan: what is understood, what is refused and by which line, which request it hits."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.paper.control.faults import Action, BadRule, Faults, parse, parse_lines

RULE = {"match": {"method": "POST", "path": "/api/v3/order"}, "action": "timeout_after_accept"}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ([], "JSON object"),
        ({}, "action: missing"),
        ({"action": "explode"}, "'explode' is none of the actions"),
        ({"action": ["ban"]}, "is none of the actions"),
        (RULE | {"time": 2}, "time: unknown"),
        (RULE | {"times": 0}, "times: 0 is not a whole number"),
        (RULE | {"times": True}, "times: True is not"),
        (RULE | {"times": "2"}, "times: '2' is not"),
        (RULE | {"match": "all"}, "match: not a JSON object"),
        (RULE | {"match": {"verb": "GET"}}, "verb: unknown"),
        (RULE | {"match": {"path": 7}}, "path: 7 is not a text"),
        ({"action": "delay_ms"}, "ms: delay_ms needs it"),
        ({"action": "appear_late", "ms": 30_001}, "at most 30000"),
        ({"action": "reply_before_accept"}, "status: reply_before_accept needs it"),
        ({"action": "reply_before_accept", "status": 42}, "status: 42 is not"),
        ({"action": "ban", "ms": -1}, "ms: -1 is not"),
        (RULE | {"headers": "Retry-After"}, "headers: 'Retry-After' is not"),
    ],
)
def test_a_broken_rule_is_refused_with_the_field(row: object, words: str) -> None:
    with pytest.raises(BadRule, match=words.replace("(", ".")):
        parse(row)


def test_a_broken_plan_is_refused_with_the_line_and_changes_nothing() -> None:
    text = "# orders get lost\n" + json.dumps(RULE) + '\n\n{"action": "explode"}\n'
    with pytest.raises(BadRule, match="line 4: action: 'explode'"):
        parse_lines(text)
    with pytest.raises(BadRule, match="line 1: Expecting"):
        parse_lines('{"action": ')
    faults = Faults()
    faults.plan([RULE])
    with pytest.raises(BadRule, match="rule 2: "):
        faults.plan([RULE, {}])
    assert len(faults.rules) == 1


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.sampled_from(["action", "match", "ms", "times"]), x),
    )
)
def test_no_json_breaks_the_parser(row: object) -> None:
    with suppress(BadRule):
        assert parse(row).action in Action


def drawn(faults: Faults, *paths: str) -> list[str]:
    rules = [faults.draw("POST", path, now_ms=1, text="symbol=BTCUSDT") for path in paths]
    return [rule.action if rule else "" for rule in rules]


@pytest.mark.parametrize(
    ("rule", "hits"),
    [
        ({}, [1, 0, 0]),
        ({"times": 2}, [1, 1, 0]),
        ({"times": 5, "skip": 1}, [0, 1, 1]),
        ({"match": {"path": "/api/*"}}, [1, 0, 0]),
        ({"match": {"path": "/fapi/*"}}, [0, 0, 0]),
        ({"match": {"method": "GET"}}, [0, 0, 0]),
        ({"match": {"contains": "symbol=BTC"}}, [1, 0, 0]),
        ({"match": {"contains": "symbol=ETH"}}, [0, 0, 0]),
    ],
)
def test_a_rule_hits_what_it_matches_as_often_as_it_says(rule: dict[str, object], hits: list[int]) -> None:
    faults = Faults()
    faults.plan([{"action": "garbage_after_accept"} | rule])
    assert [bool(one) for one in drawn(faults, *["/api/v3/order"] * 3)] == [bool(hit) for hit in hits]
    assert len(faults.happened) == sum(hits)


def test_streams_and_requests_have_rules_of_their_own() -> None:
    faults = Faults()
    faults.plan([{"action": "stream_drop"}, {"action": "http_503_before_accept"}])
    assert drawn(faults, "/ws") == [Action.HTTP_503_BEFORE_ACCEPT]
    rule = faults.draw_stream("/ws", "text", now_ms=1)
    assert rule is not None
    assert rule.action is Action.STREAM_DROP
