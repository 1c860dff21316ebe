"""Books and the seal through the API: each deed once, with its undo, its journal and its refusal in words."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from project.journal.models import JournalEntry
from tests.dashboard import rows
from tests.dashboard.api.world import get, post
from trading.models import BareHolding, Disagreement, DustMove, PendingChange, PositionGroup
from trading.services import sealing

WHY = {"reason": "as its trade history says"}


def codes(answers: list[Any]) -> list[str | None]:
    return [answer.json().get("code") for answer in answers]


def told(kind: str) -> JournalEntry:
    return JournalEntry.objects.get(kind=kind)


def test_the_books_of_an_account_tell_everything_that_waits(mine: Client, desk: rows.Desk) -> None:
    found = get(mine, "books", account=desk.account.pk).json()
    assert {name: len(said) for name, said in found.items()} == {"bare": 1, "differences": 1, "dust": 1, "stopped": 0}
    assert (found["bare"][0]["cover"], found["dust"][0]["qty"]) == ("NAKED", "0.00003")


def test_a_bare_holding_is_waived_by_name_and_the_waiver_taken_back(mine: Client) -> None:
    place = f"books/bare/{BareHolding.objects.get().pk}"
    answers = [post(mine, f"{place}/take-back"), post(mine, f"{place}/waive", WHY), post(mine, f"{place}/take-back")]
    assert codes(answers) == ["NOTHING_BARE", None, None]
    assert get(mine, place).json()["cover"] != "WAIVED"


def test_a_difference_is_settled_once_and_undone_once(mine: Client) -> None:
    place = f"books/differences/{Disagreement.objects.get().pk}"
    asked = {"choice": "OURS", **WHY}
    answers = [post(mine, f"{place}/settle", asked) for _ in range(2)] + [post(mine, f"{place}/undo") for _ in range(2)]
    assert codes(answers) == [None, "ALREADY_SETTLED", None, "NOTHING_TO_UNDO"]
    assert told("fill.kept").payload["reason"] == WHY["reason"]
    assert len(get(mine, "books/differences", open="true").json()["results"]) == 1


def test_what_nobody_of_ours_placed_is_not_settled(mine: Client) -> None:
    Disagreement.objects.update(order=None)
    answer = post(mine, f"books/differences/{Disagreement.objects.get().pk}/settle", {"choice": "OURS", **WHY})
    assert (answer.status_code, answer.json()["code"]) == (409, "NOT_OURS")


def test_dust_is_written_off_once_and_put_back_once(mine: Client) -> None:
    group = PositionGroup.objects.filter(status="DUST_CLOSED", dust_moves=None).get()
    answers = [post(mine, f"groups/{group.pk}/write-off-dust", WHY) for _ in range(2)]
    place = f"books/dust/{DustMove.objects.get(group=group).pk}/put-back"
    assert codes([*answers, *(post(mine, place) for _ in range(2))]) == [None, "NO_DUST", None, "NOT_WRITTEN_OFF"]
    assert told("dust.written_off").payload["operator"] == "mira"


@pytest.mark.parametrize("reason", ["", "no", "x" * 201])
def test_a_deed_takes_a_reason_of_some_words(mine: Client, reason: str) -> None:
    answer = post(mine, f"books/bare/{BareHolding.objects.get().pk}/waive", {"reason": reason})
    assert (answer.status_code, answer.json()["field"]) == (422, "reason")


# the seal ----------------------------------------------------------------------------------------


def test_a_waiting_change_is_withdrawn_once_even_while_the_seal_holds(mine: Client, boss: Client) -> None:
    body = {"name": "profile", "value": "sealed"}
    boss.put("/api/v1/settings/values", body, content_type="application/json")
    place = f"sealed/changes/{PendingChange.objects.get().pk}"
    answers = [post(mine, f"{place}/withdraw") for _ in range(2)]
    assert (get(mine, "sealed").json()["sealed"], codes(answers)) == (True, [None, "NOT_WAITING"])
    assert get(mine, "sealed/changes", waiting="true").json()["results"] == []
    assert get(mine, place).json()["withdrawn_by"] == "mira"


def test_the_seal_closes_what_shows_positions(mine: Client, boss: Client, desk: rows.Desk) -> None:
    boss.put("/api/v1/settings/values", {"name": "profile", "value": "sealed"}, content_type="application/json")
    account = {"account": desk.account.pk}
    closed = [get(mine, "books", **account), get(mine, "export", table="orders", **account), get(mine, "journal")]
    assert codes(closed) == ["SEALED"] * 3
    assert sealing.in_force()


def test_a_change_for_everybody_is_seen_by_everybody_and_one_of_an_account_by_its_owner(
    mine: Client, theirs: Client, desk: rows.Desk
) -> None:
    due = {"asked_by": "boss", "asked_at": desk.now, "due_at": desk.now + timedelta(days=1)}
    PendingChange.objects.create(name="max_open_groups", value="5", **due)
    shown = [[row["account"] for row in get(who, "sealed/changes").json()["results"]] for who in (mine, theirs)]
    assert shown == [[None, desk.account.pk], [None]]
