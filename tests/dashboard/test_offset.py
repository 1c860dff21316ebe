"""The page "Offset": who loses and why not yet, the exact consequence, who may act, and the deed on a real account."""

import re
from datetime import timedelta
from decimal import Decimal as Dec

import pytest
from django.test import Client
from django.utils import timezone

from dashboard import offsets
from risk.domain.offset_words import NotNow, OffsetCode
from tests.dashboard import rows
from tests.support.factories import Desk
from tests.trading.services.offsets import ended, group, scene
from trading.models import OffsetRun, OffsetWatch, PositionGroup, SettingOverride

PAGE = "/offset"


def text(browser: Client, address: str = PAGE) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", browser.get(address).content.decode()))


def test_an_ordinary_day_shows_who_loses_and_why_it_waits(day: rows.Desk, trader: Client) -> None:
    page = text(trader)
    assert "ETH/USDT" in page
    assert "PYRAMIDS_INCOMPLETE" in page
    assert "Loss budget left today" in page
    assert "None yet." in page


def test_of_a_group_that_closes_already_nothing_else_is_said(day: rows.Desk, trader: Client) -> None:
    before = trader.get("/offset").content.decode()
    PositionGroup.objects.filter(account=day.account, closed_at=None).update(
        closing_at=timezone.now(), status="CLOSING"
    )
    after = trader.get("/offset").content.decode()
    assert (before.count("Run now…") > 0, after.count("Run now…")) == (True, 0)
    rows_of_it = after.count('data-key="loser-')
    assert rows_of_it == after.count("GROUP_CLOSING") == after.count("is closing already") > 0


def test_nothing_lost_is_said(day: rows.Desk, trader: Client) -> None:
    PositionGroup.objects.update(qty=0, cost=0)
    assert "No group stands at a loss: there is nothing to offset." in text(trader)


def test_an_empty_installation_opens(db: None, client: Client) -> None:
    client.force_login(rows.admin())
    assert "No exchange account yet" in text(client)


def test_a_setting_that_makes_no_sense_is_named(day: rows.Desk, trader: Client) -> None:
    SettingOverride.objects.create(account=day.account, name="max_open_groups", value="banana")
    page = text(trader)
    assert "Nothing is offset meanwhile." in page
    assert "banana" in page


def test_a_stranger_is_sent_to_the_login(day: rows.Desk) -> None:
    assert Client().get(PAGE)["Location"] == "/login?next=/offset"


def test_it_runs_no_inline_script_and_is_in_the_menu(day: rows.Desk, trader: Client) -> None:
    page = trader.get(PAGE).content.decode()
    assert "style=" not in page
    assert page.count("<script") == page.count("<script src=") + page.count('<script type="module" src=')
    assert f'href="{PAGE}?account={day.account.pk}"' in trader.get("/").content.decode()


@pytest.mark.parametrize("deed", ["offset", "skip"])
def test_a_viewer_may_not_act(day: rows.Desk, viewer: Client, deed: str) -> None:
    row = PositionGroup.objects.get(instrument__symbol="ETH/USDT", closed_at=None)
    answers = [viewer.get(f"/groups/{row.pk}/{deed}"), viewer.post(f"/groups/{row.pk}/{deed}")]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert (OffsetRun.objects.count(), OffsetWatch.objects.count()) == (0, 0)


def test_a_trader_skips_once_and_comes_back_to_the_page(day: rows.Desk, trader: Client) -> None:
    row = PositionGroup.objects.get(instrument__symbol="ETH/USDT", closed_at=None)
    assert "leaves ETH/USDT LONG alone" in text(trader, f"/groups/{row.pk}/skip")
    answer = trader.post(f"/groups/{row.pk}/skip", follow=True)
    assert answer.redirect_chain == [(f"{PAGE}?account={day.account.pk}", 302)]
    assert "ETH/USDT LONG is skipped for 1\u202fh." in answer.content.decode()
    assert OffsetWatch.objects.get(group=row).skipped_by == "mira"


def test_a_closed_group_is_not_skipped(day: rows.Desk, trader: Client) -> None:
    over = PositionGroup.objects.filter(closed_at__isnull=False).first()
    assert (
        "closed or closing; nothing was changed" in trader.post(f"/groups/{over.pk}/skip", follow=True).content.decode()
    )


def test_books_that_cannot_be_read_are_said(day: rows.Desk, trader: Client) -> None:
    """The day's account has no venue behind it."""
    row = PositionGroup.objects.get(instrument__symbol="ETH/USDT", closed_at=None)
    address = f"/groups/{row.pk}/offset"
    assert "Offset ETH/USDT LONG now" in text(trader, address)
    answer = trader.post(address, follow=True)
    assert 'class="note warning"' in answer.content.decode()
    assert OffsetRun.objects.count() == 0


def test_what_was_asked_is_what_happens(desk: Desk, client: Client) -> None:
    scene(desk, "ETHUSDT", post_full_wait_minutes=60)
    client.force_login(desk.account.user)
    assert "offset in 59" in text(client)
    address = f"/groups/{group('BTC').pk}/offset"
    question = text(client, address)
    assert "Then closes BTC/USDT LONG" in question
    said = re.search(r"Sells ([\d.]+) ETH of ETH/USDT at market, about 3,2\d\d\.\d\d each: \+ ([\d.]+) USDT", question)
    assert said is not None, question
    answer = client.post(address, follow=True)
    assert "Offset of BTC/USDT LONG has begun" in answer.content.decode()
    assert "about to sell" in text(client)
    assert "is part of offset" in text(client, address)
    run = ended(desk)
    won, lost = run.steps.order_by("id")
    assert (str(won.sold_qty.normalize()), abs(won.realised - Dec(said[2])) <= won.bound) == (said[1], True)
    assert run.operator == desk.account.user.username
    assert "done" in text(client)
    assert "Done: the winners paid" in text(client)
    assert abs(lost.realised - lost.expected) <= lost.bound


NOON = timezone.now()
SOON = NotNow(OffsetCode.TIMER_RUNNING, 22, 60, NOON + timedelta(minutes=38))
BLOCKED = NotNow(OffsetCode.GROUP_BLOCKED)


@pytest.mark.parametrize(
    ("reasons", "found", "said"),
    [
        ((SOON,), BLOCKED, "offset in 38\u202fmin"),
        ((BLOCKED, SOON), BLOCKED, "blocked by hand"),
        ((), NotNow(OffsetCode.NO_WINNERS), "its time has come, nobody can pay"),
        ((), NotNow(OffsetCode.BOOK_STALE), "with the next look, within 10 s"),
    ],
)
def test_when_in_a_few_words(reasons: tuple[NotNow, ...], found: NotNow, said: str) -> None:
    assert offsets.when(reasons, found, now=NOON) == said
