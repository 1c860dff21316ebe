"""The order ticket: looked at with plan and checks, sent once, followed; what is wrong stands beside its field."""

import re
from typing import Any

import pytest
from django.test import Client

from project.accounts.models import Environment, ExchangeAccount, Role
from project.journal.models import JournalEntry
from signals.models import Alert, Source
from tests.dashboard import rows
from tests.support.factories import Desk
from trading.models import Order, PositionGroup, SettingOverride

QUERIES = 12
BUY = {"symbol": "BTCUSDT", "side": "LONG", "size": "200 USDT", "timeframe": "60", "note": "the news"}


@pytest.fixture
def owner(desk: Desk, client: Client) -> Client:
    """The browser of the account's owner, on a live paper exchange."""
    desk.refresh()
    client.force_login(desk.account.user)
    return client


def looked(browser: Client, **typed: str) -> Any:
    return browser.get("/ticket", {**BUY, **typed, "show": "1"})


def form_of(page: Any) -> dict[str, str]:
    """What the button under the plan would send."""
    form = re.search(r'<form[^>]*id="send".*?</form>', page.content.decode(), re.DOTALL)
    assert form is not None
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))


def test_looking_shows_plan_checks_and_consequence_and_keeps_nothing(owner: Client) -> None:
    page = looked(owner)
    text = page.content.decode()
    said = (
        "ENTERED",
        'id="plan"',
        "reserved funds",
        "binds",
        "stay unused",
        "5 orders: buys up to",
        "paper money",
        "Send</button>",
    )
    assert [words for words in said if words not in text] == []
    assert [model.objects.count() for model in (Alert, Order, PositionGroup)] == [0, 0, 0]
    assert Source.objects.count() == 1


def test_sending_is_one_alert_that_is_followed(desk: Desk, owner: Client) -> None:
    form = form_of(looked(owner))
    answers = [owner.post("/ticket", form) for _ in range(2)]  # a double click
    alert = Alert.objects.get()
    assert {answer.headers["Location"] for answer in answers} == {f"/ticket?account={desk.account.pk}&sent={alert.pk}"}
    assert "being decided" in owner.get(answers[0].headers["Location"]).content.decode()
    desk.decide()
    desk.settle()
    text = owner.get(answers[0].headers["Location"]).content.decode()
    assert all(said in text for said in ("5 of 5, the first", f"Group {PositionGroup.objects.get().pk}", "5 legs"))
    assert JournalEntry.objects.get(kind="alert.by_hand").payload["note"] == "the news"


def test_a_form_that_was_sent_and_then_altered_is_not_taken_for_the_first(owner: Client) -> None:
    form = form_of(looked(owner))
    owner.post("/ticket", form)
    answer = owner.post("/ticket", {**form, "size": "300 USDT"})
    text = answer.content.decode()
    assert (answer.status_code, f"as alert {Alert.objects.get().pk}" in text) == (409, True)
    anew = form_of(answer)
    assert (anew["size"], anew["key"] == form["key"]) == ("300 USDT", False)
    assert owner.post("/ticket", anew).status_code == 302
    assert Alert.objects.count() == 2


def test_a_refusal_stands_in_its_numbers_and_is_not_offered(owner: Client) -> None:
    ExchangeAccount.objects.update(armed=False)
    text = looked(owner).content.decode()
    assert "NOT_ARMED" in text
    assert text.count("▲ no<") == 1
    assert 'id="send"' not in text


WRONG: tuple[tuple[dict[str, str], str, str], ...] = (
    ({"symbol": ""}, "symbol", "Type the pair"),
    ({"symbol": "BTCUSD"}, "symbol", "Did you mean BTC/USDT"),
    ({"size": "100"}, "size", "a size with its unit"),
    ({"size": "2 USDT"}, "size", "USDT"),
    ({"size": "9999999 USDT"}, "size", "limit"),
    ({"leverage": "200"}, "leverage", "at most 125"),
    ({"leverage": "5"}, "leverage", "leverage on spot"),
    ({"stop": "x"}, "stop", "a number"),
    ({"stop": "99999999", "stop_unit": "price"}, "stop", "stop"),
    ({"target": "0"}, "target", "0.05"),
    ({"target": "x%"}, "target", "x"),
    ({"price": "1", "order_type": "market"}, "price", "A market order has no price"),
    ({"price": "-1"}, "price", "“-1” was typed"),
    ({"price": "50000", "order_type": "limit"}, "price", "worse than the alert"),
    ({"timeframe": "soon"}, "timeframe", "is no timeframe"),
    ({"side": "SHORT"}, "side", "spot market"),
)


def test_what_is_wrong_stands_beside_its_field(owner: Client) -> None:
    pages = [looked(owner, **typed) for typed, _, _ in WRONG]
    said = [page.context["form"].wrong for page in pages]
    assert [list(wrong) for wrong in said] == [[field] for _, field, _ in WRONG]
    assert [words for wrong, (_, field, words) in zip(said, WRONG, strict=True) if words not in wrong[field]] == []
    assert [page for page in pages if 'id="send"' in page.content.decode()] == []
    assert Alert.objects.count() == 0


MEANT: tuple[tuple[dict[str, str], str], ...] = (
    ({"stop": "5"}, "the alert&#x27;s stop"),
    ({"stop": "1500", "stop_unit": "offset"}, "the alert&#x27;s stop"),
    ({"stop": "50000", "stop_unit": "price", "target": "3"}, "whole group"),
    ({"price": "59500", "order_type": "limit"}, "59,500.00"),
    ({"order_type": "market", "size": "1% equity"}, "MARKET at the market&#x27;s price"),
)


def test_what_the_fields_mean(owner: Client) -> None:
    pages = [looked(owner, **typed) for typed, _ in MEANT]
    assert [(page.context["form"].wrong, page.context["looked"].ready) for page in pages] == [({}, True)] * len(MEANT)
    texts = [page.content.decode() for page in pages]
    assert [said for text, (_, said) in zip(texts, MEANT, strict=True) if said not in text] == []


def test_real_money_asks_back(owner: Client) -> None:
    form = form_of(looked(owner))
    ExchangeAccount.objects.update(environment=Environment.LIVE)
    answer = owner.post("/ticket", form)
    assert (answer.status_code, "tick the box" in answer.content.decode()) == (422, True)
    assert Alert.objects.count() == 0
    assert owner.post("/ticket", {**form, "sure": "1"}).status_code == 302


def test_a_form_without_its_key_is_looked_at_once_more(owner: Client) -> None:
    answers = [owner.post("/ticket", {**BUY, "key": key}) for key in ("", "x" * 32, "preview", "0" * 31)]
    assert {answer.status_code for answer in answers} == {422}
    assert all("The form was not complete" in answer.content.decode() for answer in answers)
    assert Alert.objects.count() == 0


def test_sent_without_looking_it_is_checked_as_well(owner: Client) -> None:
    answers = [owner.post("/ticket", {**BUY, "key": "0" * 32, **typed}) for typed in ({"size": "1"}, {"source": "9"})]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert "a size with its unit" in answers[0].content.decode()
    assert "no such strategy" in answers[1].content.decode()


# who, and what stands there -----------------------------------------------------------------------


@pytest.mark.parametrize(("name", "role"), [("vera", Role.VIEWER), ("otto", Role.TRADER)])
def test_who_may_not_act_sees_the_form_and_sends_nothing(desk: Desk, client: Client, name: str, role: str) -> None:
    client.force_login(rows.user(name, role))
    text = client.get("/ticket", {**BUY, "show": "1"}).content.decode()
    assert "Look at it" not in text
    assert 'id="plan"' not in text
    assert client.post("/ticket", {**BUY, "key": "0" * 32}).status_code == 403
    assert Alert.objects.count() == 0


def test_a_stranger_is_sent_to_the_login(day: rows.Desk) -> None:
    assert Client().get("/ticket").status_code == 302


def test_another_accounts_order_is_not_followed(day: rows.Desk, root: Client) -> None:
    other = rows.account(rows.user("nina"), "other")
    page = root.get(f"/ticket?account={other.pk}&sent={Alert.objects.latest('pk').pk}")
    assert page.context["followed"] is None


def test_an_empty_form_and_no_account(day: rows.Desk, root: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(QUERIES):
        page = root.get(f"/ticket?sent={Alert.objects.get(outcome='ENTERED').pk}")
    assert "Looking sends nothing" in page.content.decode()


def test_without_an_account_the_page_says_what_to_do(db: None, client: Client) -> None:
    client.force_login(rows.user("mira"))
    assert "No exchange account yet" in client.get("/ticket").content.decode()
    assert client.post("/ticket", {**BUY, "key": "0" * 32}).status_code == 200


def test_whatever_is_typed_is_shown_as_text(day: rows.Desk, root: Client) -> None:
    names = ("symbol", "size", "price", "stop", "target", "leverage", "timeframe", "note", "side")
    texts = ("<script>alert(1)</script>", "\u202eevil", "W" * 9_900, "\0\0", '"><img src=x>')
    pages = [root.get("/ticket", {**dict.fromkeys(names, text), "show": "1"}).content.decode() for text in texts]
    bad = ("<script>alert", "<img", "\u202e", "\0", "W" * 300)
    assert [said for page in pages for said in bad if said in page] == []


def test_under_the_seal_nothing_is_sent(day: rows.Desk, root: Client) -> None:
    SettingOverride.objects.create(name="profile", value="sealed")
    assert root.post("/ticket", {**BUY, "key": "0" * 32}).status_code == 403
    assert Alert.objects.count() == 4
