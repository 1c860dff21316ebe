"""The door, end to end over ASGI on real PostgreSQL: proofs, replies, what is stored and what is only counted."""

import asyncio
import json
import time

import pytest
import time_machine
from django.utils import timezone

from project.accounts.models import ExchangeAccount, User
from signals.authentication import sign
from signals.models import Alert
from tests.trading.doors import (
    API_KEY,
    HMAC_KEY,
    SECRET,
    TOKEN,
    alerts,
    aside,
    digest,
    give_hmac_key,
    make_source,
    open_door,
    rows,
)

pytestmark = pytest.mark.django_db(transaction=True)

BUY = {"symbol": "BINANCE:BTCUSDT", "action": "buy"}
OWN = f"/webhooks/{TOKEN}"


@pytest.fixture
def source():
    return make_source()


@pytest.mark.parametrize(
    ("path", "body", "endpoint", "format_name"),
    [
        (OWN, BUY, "tradingview", "windlass"),
        (OWN + "/", BUY, "tradingview", "windlass"),
        (OWN, {"symbol": "BTCUSDT", "rsi": "55", "close": 1}, "tradingview", "windlass_values"),
        (OWN, {"type": "note", "message": "hello"}, "tradingview", "alerts"),
        ("/webhook", {**BUY, "secret": SECRET}, "tradingview", "windlass"),
        ("/webhooks/custom", {**BUY, "secret": SECRET}, "tradingview", "windlass"),
        ("/webhooks/tradingview/", {**BUY, "secret": SECRET}, "tradingview", "windlass"),
        (
            "/webhooks/tradingview",
            {"tv": BUY, "execution_intent": {"type": "signal"}, "secret": SECRET},
            "tradingview",
            "windlass_nested",
        ),
        (
            "/webhooks/indicators",
            {"symbol": "BTCUSDT", "indicators": {"rsi": 1}, "secret": SECRET},
            "indicators",
            "indicators",
        ),
        ("/webhooks/alerts", {"type": "note", "message": "hello", "secret": SECRET}, "alerts", "alerts"),
        ("/webhooks/signals", {"symbol": "BTCUSDT", "direction": "long", "secret": SECRET}, "signals", "signals"),
    ],
)
async def test_an_alert_is_stored_and_answered_202(source, path, body, endpoint, format_name):
    async with open_door() as visitor:
        reply = await visitor.post(path, body)
    assert reply.status_code == 202
    [alert] = await alerts()
    assert reply.json() == {"status": "received", "id": alert["id"]}
    assert (alert["endpoint"], alert["format"], alert["outcome"]) == (endpoint, format_name, "")
    assert (alert["account_id"], alert["peer"]) == (source.account_id, "198.51.100.7")
    assert SECRET not in alert["raw"]


@pytest.mark.parametrize(
    ("body", "status", "code", "kept"),
    [
        ("{", 422, "NOT_JSON", 1),
        ("", 422, "EMPTY_BODY", 1),
        ("buy", 422, "FORMAT_UNKNOWN", 1),
        ("[1]", 422, "NOT_AN_OBJECT", 1),
        ('{"a":' * 17 + "1" + "}" * 17, 422, "TOO_DEEP", 1),
        ("[" * 60_000, 422, "TOO_DEEP", 1),
        ('{"symbol": "BTCUSDT", "indicators": {"rsi": NaN}}', 422, "NUMBER_NOT_FINITE", 1),
        ('{"symbol": "BTCUSDT", "price": 1e999}', 422, "NUMBER_OUT_OF_RANGE", 1),
        ('{"action": "buy", "action": "sell"}', 422, "DUPLICATE_KEY", 1),
        ('{"symbol": "\\ud800", "action": "buy"}', 422, "BROKEN_TEXT", 1),
        (b"\xff\xfe", 422, "NOT_UTF8", 1),
        (b'{"symbol": "\x00"}', 422, "BROKEN_TEXT", 1),
        ('{"symbol": "{{ticker}}", "action": "buy"}', 422, "PLACEHOLDER_NOT_RENDERED", 1),
        ('{"symbol": "BTCUSDT", "close": {{close}}}', 422, "PLACEHOLDER_NOT_RENDERED", 1),
        ({**BUY, "account": "nobody"}, 422, "UNKNOWN_ACCOUNT", 1),
        ({**BUY, "trailing_stop": 1}, 422, "UNSUPPORTED_FIELD", 1),
        ({"symbol": "BTCUSDT", "action": "open"}, 422, "UNKNOWN_VALUE", 1),
        ({**BUY, "secret": "wrong"}, 401, "UNAUTHORIZED", 0),
        ("x" * 65_537, 413, "BODY_TOO_LARGE", 0),
    ],
)
async def test_a_bad_alert_gets_its_code_and_an_authenticated_one_is_kept(source, body, status, code, kept):
    async with open_door() as visitor:
        with time_machine.travel(timezone.now(), tick=False):  # the same text is the same delivery within its minute
            reply = await visitor.post(OWN, body)
            again = await visitor.post(OWN, body)
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert (reply.json()["status"], again.status_code) == ("refused", status)
    assert [(alert["format"], alert["reason"].partition(":")[0]) for alert in await alerts()] == [("", code)] * kept


async def test_a_refusal_names_the_fields_and_the_nearest_format(source):
    async with open_door() as visitor:
        reply = await visitor.post(OWN, {"action": "buy"})
    assert reply.json()["nearest_format"] == "windlass"
    assert reply.json()["errors"] == [
        {"field": "symbol", "code": "MISSING", "expected": "required by windlass", "got": ""}
    ]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("POST", "/", 404, "NOT_FOUND"),
        ("POST", "/webhooks", 404, "NOT_FOUND"),
        ("POST", "/webhooks/tradingvew", 404, "NOT_FOUND"),
        ("POST", "/admin/login", 404, "NOT_FOUND"),
        ("GET", "/webhooks/tradingview", 405, "METHOD_NOT_ALLOWED"),
        ("PUT", OWN, 405, "METHOD_NOT_ALLOWED"),
    ],
)
async def test_other_doors_and_methods_are_refused(source, method, path, status, code):
    async with open_door() as visitor:
        reply = await visitor.http.request(method, path)
    assert (reply.status_code, reply.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("", {"status": "live"}),
        ("?nonce=abc-1", {"status": "live", "nonce": "abc-1"}),
        ("?nonce=<script>", {"status": "live"}),
    ],
)
async def test_the_door_says_that_it_lives(query, answer):
    async with open_door() as visitor:
        reply = await visitor.http.get("/health/live" + query)
    assert (reply.status_code, reply.json()) == (200, answer)


async def test_a_repeat_is_answered_200_with_the_first_id(source):
    async with open_door() as visitor:
        first, second = [await visitor.post(OWN, BUY) for _ in range(2)]
    assert (first.status_code, second.status_code) == (202, 200)
    assert second.json() == {"status": "duplicate", "id": first.json()["id"]}


async def test_a_source_may_take_every_body_as_new():
    await aside(make_source, body_dedupe_secs=0)
    async with open_door() as visitor:
        replies = [await visitor.post(OWN, BUY) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [202, 202]


async def test_an_id_counts_for_ever_and_never_twice_with_another_body(source):
    async with open_door() as visitor:
        first = await visitor.post(OWN, {**BUY, "id": "7"})
        repeat = await visitor.post(OWN, {**BUY, "id": "7"})
        other = await visitor.post(OWN, {**BUY, "id": "7", "action": "sell"})
        unlike = await visitor.post(OWN, {**BUY, "id": "8"})
    assert [r.status_code for r in (first, repeat, other, unlike)] == [202, 200, 409, 202]
    assert other.json()["code"] == "ID_REUSED"
    [refusal] = await rows("SELECT * FROM signals_refusal")
    assert (refusal["reason"], refusal["source_id"], refusal["count"]) == ("ID_REUSED", source.pk, 1)


async def test_a_body_within_its_window_is_the_same_on_either_side_of_a_buckets_edge(source):
    async with open_door() as visitor:
        first = await visitor.post(OWN, BUY)
        # The stored row moves into the bucket before: same body, 59 s ago, another key.
        await rows(
            "UPDATE signals_alert SET dedupe_key = 'h:earlier', received_at = now() - interval '59 s' RETURNING id"
        )
        within = await visitor.post(OWN, BUY)
        await rows("UPDATE signals_alert SET received_at = now() - interval '61 s' RETURNING id")
        beyond = await visitor.post(OWN, BUY)
    assert (within.status_code, within.json()["id"]) == (200, first.json()["id"])
    assert beyond.status_code == 202


async def test_five_hundred_alerts_in_four_copies_each_are_stored_once():
    await aside(make_source)
    async with open_door() as visitor:
        bodies = [{**BUY, "price": n} for n in range(1, 501)] * 4
        replies = await asyncio.gather(*(visitor.post(OWN, body) for body in bodies))
    received = {(r.json()["id"]) for r in replies if r.status_code == 202}
    duplicate = [r.json()["id"] for r in replies if r.status_code == 200]
    assert {r.json().get("code") for r in replies} == {None}
    assert (len(received), len(duplicate), set(duplicate)) == (500, 1500, received)
    assert {alert["id"] for alert in await alerts()} == received
    assert set(visitor.rung) == {alert["account_id"] for alert in await alerts()}


async def test_ids_follow_arrival(source):
    async with open_door() as visitor:
        await asyncio.gather(*(visitor.post(OWN, {**BUY, "price": n}) for n in range(1, 201)))
    found = await alerts()
    assert [a["received_at"] for a in found] == sorted(a["received_at"] for a in found)


async def test_wrong_proofs_are_counted_not_stored(source):
    async with open_door() as visitor:
        replies = [await visitor.post("/webhooks/tradingview", {**BUY, "secret": "wrong"}) for _ in range(3)]
        replies.append(await visitor.post("/webhooks/" + "x" * 43, BUY))
        replies.append(await visitor.post("/webhooks/tradingview", BUY))
    assert {reply.status_code for reply in replies} == {401}
    assert await alerts() == []
    counted = await rows("SELECT address, reason, count FROM signals_refusal ORDER BY reason")
    assert [(c["address"], c["reason"], c["count"]) for c in counted] == [
        ("198.51.100.7", "NO_CREDENTIALS", 1),
        ("198.51.100.7", "WRONG_CREDENTIALS", 4),
    ]


async def test_an_api_key_opens_and_a_wrong_one_spoils_a_right_token():
    await aside(make_source, api_key_hash=digest(API_KEY))
    async with open_door() as visitor:
        good = await visitor.post("/webhooks/tradingview", BUY, x_api_key=API_KEY)
        bad = await visitor.post("/webhooks/tradingview", BUY, x_api_key="wrong")
        mixed = await visitor.post(OWN, BUY, x_api_key="wrong")
    assert [r.status_code for r in (good, bad, mixed)] == [202, 401, 401]


@pytest.mark.parametrize(
    ("offset", "key", "status"),
    [(0, HMAC_KEY, 202), (-270, HMAC_KEY, 202), (-330, HMAC_KEY, 401), (330, HMAC_KEY, 401), (0, b"other", 401)],
)
@pytest.mark.parametrize("path", [OWN, "/webhooks/tradingview"])
async def test_a_signature_is_recent_and_right(path, offset, key, status):
    await aside(lambda: give_hmac_key(make_source(), hmac_required=True))
    raw, stamp = json.dumps(BUY), str(int(time.time()) + offset)
    async with open_door() as visitor:
        reply = await visitor.post(path, raw, x_timestamp=stamp, x_signature=sign(key, stamp, raw.encode()))
    assert reply.status_code == status


async def test_where_a_signature_is_required_nothing_else_is_enough():
    await aside(lambda: give_hmac_key(make_source(), hmac_required=True))
    async with open_door() as visitor:
        reply = await visitor.post(OWN, {**BUY, "secret": SECRET})
    assert reply.status_code == 401
    [counted] = await rows("SELECT reason FROM signals_refusal")
    assert counted["reason"] == "SIGNATURE_REQUIRED"


async def test_a_recorded_signature_is_a_duplicate_even_with_the_window_off():
    await aside(lambda: give_hmac_key(make_source(), hmac_required=True, body_dedupe_secs=0))
    raw, stamp = json.dumps(BUY), str(int(time.time()))
    proof = {"x_timestamp": stamp, "x_signature": sign(HMAC_KEY, stamp, raw.encode())}
    async with open_door() as visitor:
        replies = [await visitor.post(OWN, raw, **proof) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [202, 200]


async def test_addresses_are_limited_and_a_trusted_proxy_speaks_for_its_client(settings):
    await aside(make_source, allowed_ips=["203.0.113.0/24"])
    settings.WINDLASS = type("W", (), {"trusted_proxies": ("198.51.100.7",)})
    async with open_door() as behind_proxy:
        good = await behind_proxy.post(OWN, BUY, x_forwarded_for="6.6.6.6, 203.0.113.9")
        bad = await behind_proxy.post(OWN, BUY, x_forwarded_for="203.0.113.9, 6.6.6.6")
    async with open_door(peer="192.0.2.1") as stranger:
        forged = await stranger.post(OWN, BUY, x_forwarded_for="203.0.113.9")
    assert [r.status_code for r in (good, bad, forged)] == [202, 401, 401]


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["6.6.6.6", "203.0.113.9"], 202),  # two lines are one list
        (["203.0.113.9", "6.6.6.6"], 401),
        (["203.0.113.9, 198.51.100.8", "198.51.100.7"], 202),  # the last line is proxies alone: the client is before
        (["6.6.6.6, 198.51.100.8", "198.51.100.7"], 401),
        (["203.0.113.9:52011"], 202),
        (["6.6.6.6:52011"], 401),
    ],
)
async def test_proxies_may_write_a_line_each_and_the_clients_port(settings, lines, status):
    await aside(make_source, allowed_ips=["203.0.113.0/24"])
    settings.WINDLASS = type("W", (), {"trusted_proxies": ("198.51.100.0/24",)})
    headers = [("X-Forwarded-For", line) for line in lines]
    async with open_door() as visitor:
        reply = await visitor.http.post(OWN, content=json.dumps(BUY), headers=headers)
    assert reply.status_code == status


async def test_a_source_is_new_or_gone_at_once():
    async with open_door() as visitor:
        before = await visitor.post(OWN, BUY)
        source = await aside(make_source)
        await asyncio.sleep(0.25)  # a miss may look again every 0.2 s
        after = await visitor.post(OWN, BUY)
        source.enabled = False
        await aside(source.save)
        await visitor.door.directory.refresh(within_secs=60)
        gone = await visitor.post(OWN, BUY)
    assert [r.status_code for r in (before, after, gone)] == [401, 202, 401]


@pytest.mark.parametrize(("kind", "status"), [("tradingview", 503), ("signals", 429)])
async def test_over_the_limit_tradingview_gets_what_makes_it_send_again(kind, status):
    await aside(make_source, kind=kind, rate_per_min=2)
    bodies = [{"symbol": "BTCUSDT", "direction": "long", "price": n} for n in range(1, 4)]
    async with open_door() as visitor:
        replies = [await visitor.post(OWN, body) for body in bodies]
        leaving = await visitor.post(OWN, {"symbol": "BTCUSDT", "direction": "exit"})
    assert [r.status_code for r in replies] == [202, 202, status]
    assert replies[2].json()["code"] == "RATE_LIMITED"
    assert int(replies[2].headers["retry-after"]) in range(1, 31)  # at most 60 s ÷ 2, less what has passed
    assert leaving.status_code == 202


async def test_an_alert_may_name_another_account_of_the_same_user_only(source):
    def more() -> int:
        ExchangeAccount.objects.create(user=User.objects.create(username="eve"), name="hers")
        return ExchangeAccount.objects.create(user=source.user, name="second").pk

    second = await aside(more)
    async with open_door() as visitor:
        mine = await visitor.post(OWN, {**BUY, "account": "second"})
        hers = await visitor.post(OWN, {**BUY, "account": "hers"})
    assert (mine.status_code, hers.status_code) == (202, 422)
    assert (await alerts())[0]["account_id"] == second


async def test_an_indicator_source_can_never_trade():
    await aside(make_source, kind="indicators")
    async with open_door() as visitor:
        by_token = await visitor.post(OWN, {**BUY, "indicators": {"rsi": 1}})
        by_secret = await visitor.post("/webhooks/tradingview", {**BUY, "secret": SECRET})
    assert (by_token.json()["code"], by_secret.status_code) == ("UNSUPPORTED_FIELD", 401)


async def test_a_source_may_narrow_its_formats():
    await aside(make_source, formats=["windlass_nested"])
    async with open_door() as visitor:
        reply = await visitor.post(OWN, BUY)
    assert (reply.status_code, reply.json()["nearest_format"]) == (422, "windlass_nested")


async def test_what_nobody_foresaw_is_503_and_its_body_stays_out_of_the_log(source, monkeypatch, caplog):
    async with open_door() as visitor:
        monkeypatch.setattr(visitor.door.limiter, "buckets", None)
        await rows("UPDATE signals_source SET rate_per_min = 5, updated_at = now() RETURNING id")
        await visitor.door.directory.refresh(within_secs=60)
        reply = await visitor.post(OWN, {**BUY, "message": "private words"})
    assert (reply.status_code, reply.json()["code"]) == (503, "INTERNAL")
    assert "private words" not in caplog.text


def test_the_rows_are_what_django_expects(source):
    async def knock() -> None:
        async with open_door() as visitor:
            await visitor.post(OWN, {**BUY, "id": "9"}, content_type="application/json")

    asyncio.run(knock())
    alert = Alert.objects.get()
    assert (alert.client_id, alert.dedupe_key, alert.content_type) == ("9", "id:9", "application/json")
    assert (alert.outcome, alert.reason, alert.details, alert.decided_at) == ("", "", {}, None)
    assert json.loads(alert.raw) == {**BUY, "id": "9"}
