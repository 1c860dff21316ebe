"""What is told, how loudly, when and in which words: tables and properties of the pure rooms."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.notices.domain import retry
from dashboard.notices.domain.answers import answer
from dashboard.notices.domain.classes import CLASSES, KINDS, Klass, Way, class_of, ways
from dashboard.notices.domain.digest import Rules, Waiting, expired, next_message, summary
from dashboard.notices.domain.hours import Quiet, day_of_summary, is_quiet, span_of, zone_of
from dashboard.notices.domain.tell import About, safe, spoken
from dashboard.telling import WORDS

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
RULES = Rules(most=3, window=timedelta(minutes=10), quiet=False, break_through=True, can_be_silent=True)
QUIET = Rules(most=3, window=timedelta(minutes=10), quiet=True, break_through=True, can_be_silent=True)
NO_SILENCE = Rules(most=3, window=timedelta(minutes=10), quiet=False, break_through=True, can_be_silent=False)


def waiting(number: int, klass: Klass = Klass.FILLS, *, minutes: float = 0, **fields: Any) -> Waiting:
    return Waiting(number, klass, NOON - timedelta(minutes=minutes), "PAPER p", f"text {number}", **fields)


@pytest.mark.parametrize(
    ("kind", "payload", "klass"),
    [
        ("fill", {}, Klass.FILLS),
        ("group.closed", {"realised_pnl": "1"}, Klass.GROUPS),
        ("alert.settled", {"outcome": "STALE"}, Klass.REFUSALS),
        ("alert.settled", {"outcome": "ENTERED"}, None),
        ("alert.settled", {"outcome": "NOTICE"}, Klass.MESSAGES),
        ("order.state", {"to": "REJECTED"}, Klass.REFUSALS),
        ("order.state", {"to": "NEEDS_HUMAN"}, Klass.ALARMS),
        ("order.state", {"to": "OPEN"}, None),
        ("mode.changed", {"from": "NORMAL", "to": "PAUSED"}, Klass.RISK),
        ("mode.changed", {"from": "NORMAL", "to": "EMERGENCY"}, Klass.KILL),
        ("mode.changed", {"from": "EMERGENCY", "to": "NORMAL"}, Klass.KILL),
        ("bare.told", {}, Klass.ALARMS),
        ("fill.differs", {}, Klass.ALARMS),
        ("lost.found", {}, Klass.LOST),
        ("token.made", {}, Klass.ACCESS),
        ("account.keys", {}, Klass.ACCESS),
        ("user.second_factor_removed", {}, Klass.ACCESS),
        ("login.failed", {}, Klass.ACCESS),
        ("kek.rotated", {}, Klass.ACCESS),
        ("order.new", {}, None),
        ("notices.tested", {}, None),  # or a test would tell of itself
    ],
)
def test_an_entry_has_its_class(kind: str, payload: dict[str, str], klass: Klass | None) -> None:
    assert class_of(kind, payload) == klass


def test_every_class_has_a_way_and_what_was_chosen_holds() -> None:
    chosen = ways({"fills": "on", "kill": "off", "lost": "dance", "strange": "on"})
    assert [chosen[k] for k in (Klass.FILLS, Klass.KILL, Klass.LOST)] == [Way.ON, Way.OFF, Way.ON]
    assert set(chosen) == set(CLASSES)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_can_be_said_even_when_its_payload_is_bare(kind: str) -> None:
    said = spoken(kind, {}, Klass.ALARMS, About("paper-1", "paper", "BTC/USDT", "USDT"))
    assert said.title == "PAPER paper-1: Alarms"
    assert said.text.startswith("BTC/USDT: ")


def test_a_closed_group_carries_its_result_and_currency() -> None:
    about = About("paper-1", "paper", "BTC/USDT", "USDT")
    said = spoken("group.closed", {"reason": "TARGETS_TAKEN", "realised_pnl": "41.2"}, Klass.GROUPS, about)
    assert (said.text, said.result) == ("BTC/USDT: group closed, targets taken: +41.20 USDT", Decimal("41.2"))
    assert "group.closed" in WORDS


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b\x1bc\nd", "a b c d".replace("c d", "c\nd")),
        ("\u202eevil", "\ufffdevil"),
        ("hi @everyone and @Here", "hi @\u200beveryone and @\u200bHere"),
        ("x" * 800, "x" * 699 + "…"),
    ],
    ids=["control", "bidi", "calls", "long"],
)
def test_a_text_of_a_sender_is_made_safe(text: str, shown: str) -> None:
    assert safe(text) == shown


# quiet hours -------------------------------------------------------------------------------------

NIGHT = Quiet(time(22), time(7), "Europe/Vienna")


@pytest.mark.parametrize(
    ("utc", "hours", "quiet"),
    [
        ("2026-01-15T20:59", NIGHT, False),  # Vienna is UTC + 1 in winter: 21:59
        ("2026-01-15T21:00", NIGHT, True),
        ("2026-01-16T05:59", NIGHT, True),
        ("2026-01-16T06:00", NIGHT, False),
        ("2026-07-15T20:00", NIGHT, True),  # UTC + 2 in summer
        ("2026-01-15T12:30", Quiet(time(12), time(13), "UTC"), True),
        ("2026-01-15T13:00", Quiet(time(12), time(13), "UTC"), False),
        ("2026-01-15T13:00", Quiet(time(8), time(8), "UTC"), False),
        ("2026-01-15T13:00", None, False),
    ],
)
def test_quiet_hours_follow_the_clock_of_their_zone(utc: str, hours: Quiet | None, quiet: bool) -> None:
    assert is_quiet(hours, now=datetime.fromisoformat(utc).replace(tzinfo=UTC)) is quiet


@pytest.mark.parametrize(
    ("utc", "day"),
    [("2026-01-15T06:59", None), ("2026-01-15T07:00", date(2026, 1, 14)), ("2026-01-14T23:30", None)],
)
def test_a_summary_is_due_at_its_hour_and_about_yesterday(utc: str, day: date | None) -> None:
    now = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert day_of_summary(now=now, zone="Europe/Vienna", hour=8) == day


def test_a_day_is_as_long_as_its_zone_makes_it() -> None:
    begin, end = span_of(date(2026, 3, 29), zone="Europe/Vienna")  # the clocks go forward
    assert (begin.isoformat(), end - begin) == ("2026-03-28T23:00:00+00:00", timedelta(hours=23))


@pytest.mark.parametrize("name", ["", "Europe/Nowhere", "../../etc/passwd", "/etc/localtime", "x" * 100, "Europe"])
def test_a_zone_that_is_none_is_refused(name: str) -> None:
    assert zone_of(name) is None


# one message, a digest, or nothing ---------------------------------------------------------------


def ids(*notices: Waiting, rules: Rules = RULES, sent: int = 0) -> tuple[int, ...]:
    """What is told next, after so many messages of this window."""
    message = next_message(notices, rules=rules, sent=[NOON] * sent, now=NOON)
    return message.ids if message else ()


F, K, T = Klass.FILLS, Klass.KILL, Klass.TEST


@pytest.mark.parametrize(
    ("told", "notices", "rules", "sent"),
    [
        ((), [], RULES, 0),
        ((1,), [waiting(1), waiting(2)], RULES, 0),  # room for three: singly, oldest first
        ((1, 2, 3, 4), [waiting(n) for n in (1, 2, 3, 4)], RULES, 0),  # four for three: together
        ((1, 2), [waiting(1), waiting(2)], RULES, 2),  # one place left
        ((), [waiting(1)], RULES, 3),  # none left
        ((2,), [waiting(1), waiting(2, K)], RULES, 3),  # the red button asks for no place
        ((2,), [waiting(1), waiting(2, K)], QUIET, 0),
        ((), [waiting(1)], QUIET, 0),
        ((2,), [waiting(1), waiting(2, T)], QUIET, 3),  # a test is for somebody who waits
        ((1, 2), [waiting(1, minutes=61), waiting(2)], RULES, 0),  # an old one is told in a digest only
        ((1,), [waiting(1, minutes=61)], RULES, 0),
        ((2,), [waiting(1, minutes=25 * 60), waiting(2)], RULES, 0),  # a day old: never
        ((1, 2), [waiting(1, K, minutes=90), waiting(2)], RULES, 0),  # an old alarm rings no bell of its own
        ((), [waiting(1, silent=True)], NO_SILENCE, 0),  # a service that knows no silence: later, together
        ((1, 2), [waiting(1, silent=True, minutes=10), waiting(2, silent=True)], NO_SILENCE, 0),
        ((2,), [waiting(1, silent=True), waiting(2)], NO_SILENCE, 0),
        ((1,), [waiting(1, silent=True)], RULES, 0),
    ],
)
def test_what_is_told_next(told: tuple[int, ...], notices: list[Waiting], rules: Rules, sent: int) -> None:
    assert ids(*notices, rules=rules, sent=sent) == told


def test_without_the_switch_even_the_red_button_waits_for_the_morning() -> None:
    assert ids(waiting(1, K), rules=Rules(3, timedelta(minutes=10), True, False, True)) == ()


def test_a_digest_counts_and_sums_and_quotes_what_matters() -> None:
    groups = [
        waiting(n, Klass.GROUPS, result=Decimal(r), quote="USDT") for n, r in ((1, "50.10"), (2, "-8.9"), (3, "0"))
    ]
    fills = [waiting(n) for n in range(4, 16)]
    refused = [waiting(16, Klass.REFUSALS, code="STALE"), waiting(17, Klass.REFUSALS, code="STALE")]
    everything = [*groups, *fills, *refused]
    # 50.10 − 8.90 + 0 = 41.20
    assert summary(everything) == "2 refusals (STALE 2), 3 groups closed +41.20 USDT, 12 fills"
    message = next_message(everything, rules=RULES, sent=[], now=NOON)
    assert message is not None
    assert message.body.splitlines()[1:] == ["12:00 PAPER p: text 16", "12:00 PAPER p: text 17"]


@st.composite
def notices(draw: st.DrawFn) -> list[Waiting]:
    rows = draw(st.lists(st.tuples(st.sampled_from([*CLASSES]), st.integers(0, 2000), st.booleans()), max_size=12))
    return [waiting(n, klass, minutes=age, silent=silent) for n, (klass, age, silent) in enumerate(rows)]


@settings(max_examples=60)
@given(notices(), st.integers(0, 5), st.booleans(), st.booleans())
def test_everything_young_is_told_once_and_never_more_than_the_limit(
    rows: list[Waiting], sent: int, quiet: bool, can_be_silent: bool
) -> None:
    """Sending in a loop ends; nothing is told twice; beyond the limit only what is urgent."""
    rules, times, told = Rules(3, timedelta(minutes=10), quiet, True, can_be_silent), [NOON] * sent, []
    left = rows
    while message := next_message(left, rules=rules, sent=times, now=NOON):
        told += message.ids
        times = [*times, NOON]
        left = [row for row in left if row.id not in message.ids]
    assert len(told) == len(set(told))
    assert set(told).isdisjoint(expired(rows, now=NOON))
    urgent = sum(1 for row in rows if row.id in told and row.urgent)
    assert len(times) <= max(sent, 3) + urgent


@given(st.integers(1, 100))
def test_a_channel_rests_longer_the_more_often_it_failed(failures: int) -> None:
    assert timedelta(0) < retry.wait_after(failures) <= retry.wait_after(failures + 1) <= timedelta(minutes=15)


@pytest.mark.parametrize(
    ("said", "mend"),
    [
        ("Failed to send Telegram notification: Unauthorized, error=401.", "refuses the key"),
        ("Failed to send JSON notification: Not Found, error=404.", "knows no such address"),
        ("HTTPConnectionPool: Read timed out. (read timeout=10.0)", "did not answer in time"),
        ("[Errno 111] Connection refused", "Nobody answers"),
        ("getaddrinfo failed: private address", "WINDLASS_NOTICES_PRIVATE=1"),
        ("chat not found", "write it a message first"),
        ("", "no reason was given"),
    ],
)
def test_an_answer_says_what_to_do(said: str, mend: str) -> None:
    assert mend in answer(said)


def test_a_cause_finds_our_words_and_is_not_shown() -> None:
    said = answer("Failed to send.", cause="HTTPConnectionPool(host='h'): Connection refused")
    assert said == "Nobody answers at that address. (Failed to send.)"
