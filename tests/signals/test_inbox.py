"""The inbox's rules of sameness, and a row that the database itself refuses."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals.inbox import MAX_WAITING, Inbox, InboxClosed, NewAlert, body_hash, dedupe_key, leaders
from tests.trading.doors import alerts, aside, make_source
from trading.webhooks import conninfo

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HASH = body_hash("body")


def alert(**values: object) -> NewAlert:
    base = NewAlert(
        source_id=1,
        account_id=1,
        endpoint="tradingview",
        format="windlass",
        raw="body",
        content_type="",
        body_hash=HASH,
        dedupe_key="h:1",
        client_id="",
        received_at=NOON,
        peer="",
        window_secs=60,
    )
    return replace(base, **values)


@pytest.mark.parametrize(
    ("named", "key"),
    [
        ({"client_id": "7"}, "id:7"),
        ({"client_id": "7", "signature": "v1=ab"}, "id:7"),
        ({"signature": "v1=ab"}, "s:v1=ab"),
        ({}, f"h:{HASH.hex()}:29454480"),  # 1767268800 s ÷ 60
        ({"window_secs": 3600}, f"h:{HASH.hex()}:490908"),  # 1767268800 s ÷ 3600
    ],
)
def test_what_names_an_alert(named, key):
    arguments = {"client_id": "", "body_hash": HASH, "received_at": NOON, "window_secs": 60, **named}
    assert dedupe_key(**arguments) == key


def test_with_the_window_off_no_two_alerts_are_the_same():
    keys = {dedupe_key(client_id="", body_hash=HASH, received_at=NOON, window_secs=0) for _ in range(50)}
    assert len(keys) == 50


@pytest.mark.parametrize(
    ("batch", "leader_of"),
    [
        ([alert(), alert()], [0, 0]),
        ([alert(), alert(source_id=2)], [0, 1]),
        ([alert(), alert(dedupe_key="h:2")], [0, 0]),  # one body on either side of a bucket's edge
        ([alert(window_secs=0), alert(window_secs=0, dedupe_key="n:2")], [0, 1]),
        ([alert(dedupe_key="id:1", window_secs=0), alert(dedupe_key="id:1", window_secs=0, body_hash=b"x")], [0, 0]),
        ([alert(), alert(dedupe_key="h:2", body_hash=b"x"), alert(dedupe_key="h:3")], [0, 1, 0]),
        ([], []),
    ],
)
def test_copies_within_a_batch_follow_their_first(batch, leader_of):
    firsts, found = leaders(batch)
    assert found == leader_of
    assert firsts == [batch[leader_of.index(n)] for n in range(len(firsts))]


@given(st.lists(st.tuples(st.integers(1, 2), st.sampled_from("abc"), st.sampled_from([0, 60])), max_size=30))
def test_leaders_are_among_the_batch_and_never_share_a_key(shapes):
    batch = [alert(source_id=s, dedupe_key=f"h:{k}", body_hash=k.encode(), window_secs=w) for s, k, w in shapes]
    firsts, leader_of = leaders(batch)
    assert len({(first.source_id, first.dedupe_key) for first in firsts}) == len(firsts)
    assert all(firsts[place].dedupe_key == one.dedupe_key for one, place in zip(batch, leader_of, strict=True))


@pytest.mark.django_db(transaction=True)
async def test_a_row_that_the_database_refuses_fails_alone():
    source = await aside(make_source)
    rung: list[frozenset[int]] = []
    inbox = Inbox(conninfo, on_commit=rung.append)
    good = alert(source_id=source.pk, account_id=source.account_id)
    bad = replace(good, dedupe_key="h:2", body_hash=b"2", endpoint="an endpoint of more than twelve characters")
    last = replace(good, dedupe_key="h:3", body_hash=b"3", received_at=NOON + timedelta(seconds=1))
    results = await asyncio.gather(*map(inbox.store, (good, bad, last)), return_exceptions=True)
    await inbox.close()
    assert [type(result).__name__ for result in results] == ["Stored", "InboxClosed", "Stored"]
    assert [row["dedupe_key"] for row in await alerts()] == ["h:1", "h:3"]
    assert rung == [frozenset({source.account_id})]


@pytest.mark.django_db(transaction=True)
async def test_a_lone_alert_is_stored_on_a_fresh_connection_within_its_limits():
    source = await aside(make_source)
    inbox = Inbox(conninfo, on_commit=lambda accounts: None)
    stored = await inbox.store(alert(source_id=source.pk, account_id=source.account_id))
    connection = await inbox._connected()
    limits = [
        await (await connection.execute(f"SHOW {name}", prepare=False)).fetchone()
        for name in ("statement_timeout", "enable_seqscan", "plan_cache_mode")
    ]
    await inbox.close()
    assert stored.fresh
    assert limits == [("1s",), ("off",), ("force_generic_plan",)]


@pytest.mark.django_db(transaction=True)
async def test_a_plan_is_made_anew_as_the_table_grows():
    source = await aside(make_source)
    inbox = Inbox(conninfo, on_commit=lambda accounts: None)
    anew = []
    for number in range(9):
        await inbox.store(
            alert(source_id=source.pk, account_id=source.account_id, dedupe_key=f"h:{number}", window_secs=0)
        )
        anew.append(inbox._plan_anew_at)
    await inbox.close()
    assert anew == [2, 4, 4, 8, 8, 8, 8, 16, 16]


@pytest.mark.django_db(transaction=True)
async def test_the_waiting_room_is_bounded_and_closing_sends_everybody_home():
    inbox = Inbox(conninfo, on_commit=lambda accounts: None)
    waiting = [asyncio.ensure_future(inbox.store(alert(dedupe_key=f"h:{n}"))) for n in range(MAX_WAITING)]
    await asyncio.sleep(0)  # everybody has entered, the flusher has not
    with pytest.raises(InboxClosed) as full:
        await inbox.store(alert(dedupe_key="h:last"))
    await inbox.close()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert full.value.code == "BUSY"
    assert {type(outcome) for outcome in outcomes} == {InboxClosed}
