"""Drawings: what is taken, what is refused and why, and that each sees and touches his own alone."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from dashboard import chart_drawings
from dashboard.models import Drawing
from dashboard.problems import Refused
from tests.dashboard import rows

AT = 1_767_700_800  # 2026-01-06 12:00 UTC
LEVEL = {"kind": "LEVEL", "points": [[AT, "61000.5"]]}
TREND = {"kind": "TREND", "colour": "warn", "points": [[AT, "61000"], [AT + 3600, "62000"]]}


def test_a_level_and_a_line() -> None:
    noon = datetime(2026, 1, 6, 12, tzinfo=UTC)
    level = chart_drawings.draft(json.dumps(LEVEL).encode())
    assert (level.kind, level.colour, level.points) == ("LEVEL", "accent", ((noon, Decimal("61000.5")),))
    line = chart_drawings.draft(json.dumps(TREND).encode())
    assert (line.colour, [price for _, price in line.points]) == ("warn", [61000, 62000])
    assert line.fields["second_at"] == noon.replace(hour=13)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"[]", "body"),
        (b"{", "body"),
        (b"[" * 1900, "body"),
        (b'{"kind": "\\ud800", "points": []}', "kind"),
        (b'{"kind": "LEVEL", "points": [[1' + b"0" * 400 + b", 1]]}", "points"),
        (b'{"kind": "LEVEL", "points": [[-1' + b"0" * 400 + b", 1]]}", "points"),
        (b'{"kind": "LEVEL", "points": [[1e999, 1]]}', "points"),
        (b'{"kind": "LEVEL", "points": [[1767700800, 1' + b"0" * 400 + b"]]}", "points"),
        (b'{"kind": "LEVEL", "points": [' + b" " * 3000 + b"]}", "body"),
        (b'{"kind": "CIRCLE", "points": []}', "kind"),
        (b'{"kind": ["LEVEL"], "points": []}', "kind"),
        (b'{"kind": "LEVEL", "colour": "red;", "points": [[1767700800, 1]]}', "colour"),
        (b'{"kind": "LEVEL"}', "points"),
        (b'{"kind": "LEVEL", "points": [[1767700800, 1], [1767700800, 2]]}', "points"),
        (b'{"kind": "RAY", "points": [[1767700800, 1]]}', "points"),
        (b'{"kind": "LEVEL", "points": [1767700800]}', "points"),
        (b'{"kind": "LEVEL", "points": [["noon", 1]]}', "points"),
        (b'{"kind": "LEVEL", "points": [[true, 1]]}', "points"),
        (b'{"kind": "LEVEL", "points": [[-5, 1]]}', "points"),
        (b'{"kind": "LEVEL", "points": [[99999999999, 1]]}', "points"),
        (b'{"kind": "LEVEL", "points": [[NaN, 1]]}', "points"),
        (b'{"kind": "LEVEL", "points": [[1767700800, 0]]}', "points"),
        (b'{"kind": "LEVEL", "points": [[1767700800, "-3"]]}', "points"),
        (b'{"kind": "LEVEL", "points": [[1767700800, "NaN"]]}', "points"),
        (b'{"kind": "LEVEL", "points": [[1767700800, "1e300"]]}', "points"),
        (b'{"kind": "LEVEL", "points": [[1767700800, "1e-30"]]}', "points"),
        (b'{"kind": "LEVEL", "points": [[1767700800, null]]}', "points"),
        (b'{"kind": "LEVEL", "points": [[1767700800, {}]]}', "points"),
    ],
)
def test_what_is_no_drawing_is_refused(body: bytes, field: str) -> None:
    with pytest.raises(Refused) as refused:
        chart_drawings.draft(body)
    assert (refused.value.problem.status, refused.value.problem.field) == (422, field)
    assert refused.value.problem.advice


@pytest.mark.parametrize("text", ["0.000000000000000001", "999999999999999.123456789012345678"])
def test_prices_are_kept_to_the_last_place(day: rows.Desk, text: str) -> None:
    wanted = chart_drawings.draft(json.dumps({"kind": "LEVEL", "points": [[AT, text]]}).encode())
    row = chart_drawings.add(day.account.user, "BTC/USDT", wanted)
    row.refresh_from_db()
    assert row.first_price == Decimal(text)


def test_a_row_of_half_a_line_cannot_be(day: rows.Desk) -> None:
    half = {"kind": "TREND", "first_at": day.now, "first_price": 1}
    with pytest.raises(IntegrityError), transaction.atomic():
        Drawing.objects.create(user=day.account.user, symbol="BTC/USDT", **half)


# over the wire -----------------------------------------------------------------------------------


def address(day: rows.Desk, rest: str = "", symbol: str = "BTC/USDT") -> str:
    return f"/chart/drawings{rest}?account={day.account.pk}&symbol={symbol}"


def post(browser: Client, place: str, body: object = None):
    return browser.post(place, json.dumps(body or {}), content_type="application/json")


def drawn(browser: Client, day: rows.Desk, symbol: str = "BTC/USDT") -> list[dict]:
    return browser.get(f"/chart/marks?account={day.account.pk}&symbol={symbol}").json()["drawings"]


def test_drawn_moved_and_erased(day: rows.Desk, viewer: Client) -> None:
    answer = post(viewer, address(day), TREND)
    assert answer.status_code == 201
    (row,) = drawn(viewer, day)
    assert row == answer.json() == {"id": row["id"], **TREND}
    assert drawn(viewer, day, "ETH/USDT") == []
    moved = TREND | {"points": [[AT, "60000"], [AT + 7200, "61000.25"]]}
    assert post(viewer, address(day, f"/{row['id']}"), moved).status_code == 204
    assert drawn(viewer, day) == [{"id": row["id"], **moved}]
    assert post(viewer, address(day, f"/{row['id']}/erase")).status_code == 204
    assert drawn(viewer, day) == []


def test_nobody_sees_or_touches_what_another_drew(day: rows.Desk, viewer: Client, stranger: Client) -> None:
    row = post(viewer, address(day), LEVEL).json()
    assert drawn(stranger, day) == []
    answers = [post(stranger, address(day, f"/{row['id']}{rest}"), LEVEL) for rest in ("", "/erase")]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "NOT_FOUND")] * 2
    assert drawn(viewer, day) == [row]


def test_there_is_room_for_so_many(day: rows.Desk, viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chart_drawings, "MOST", 2)
    answers = [post(viewer, address(day), LEVEL).status_code for _ in range(3)]
    assert answers == [201, 201, 409]


def test_a_browser_without_the_token_draws_nothing(day: rows.Desk) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(day.account.user)
    assert post(strict, address(day), LEVEL).status_code == 403
    assert not Drawing.objects.exists()


@pytest.mark.parametrize("rest", ["", "/1", "/1/erase"])
def test_a_stranger_is_told_to_log_in_and_a_get_changes_nothing(day: rows.Desk, root: Client, rest: str) -> None:
    assert post(Client(), address(day, rest), LEVEL).status_code == 401
    assert root.get(address(day, rest)).status_code == 405
