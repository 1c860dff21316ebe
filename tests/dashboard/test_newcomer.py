"""What a newcomer stumbled over: names, times, help and icons of the pages."""

import re

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import formats

from dashboard import live, look
from dashboard.words import venue_words
from project.journal.models import JournalEntry
from signals.models import Alert, Source
from tests.dashboard import rows


def opened(browser: Client, name: str, *args: object) -> str:
    return browser.get(reverse(name, args=args)).content.decode()


def test_times_of_the_admin_have_seconds(day: rows.Desk, root: Client) -> None:
    assert formats.localize(day.now) == f"{day.now:%Y-%m-%d %H:%M:%S}"
    assert f"{day.now:%Y-%m-%d %H:%M:%S}" in opened(root, "admin:signals_instrument_changelist")


def test_the_admins_index_has_no_invented_plurals(root: Client) -> None:
    page = opened(root, "admin:index")
    for wrong in ("Canarys", "Pnl points", "Installations", "/admin/auth/"):
        assert wrong not in page
    assert "Profit curve" in page


def test_the_admins_first_link_is_the_live_page(rf: RequestFactory) -> None:
    first = look.sidebar(rf.get("/admin/"))[0]["items"][0]
    assert (first["title"], first["link"]) == ("Overview", "/")


def test_the_anchor_is_every_pages_icon(root: Client) -> None:
    assert root.get("/favicon.ico").headers["Location"].endswith("dashboard/anchor.svg")
    for name in ("admin:index", "dashboard:overview"):
        assert re.search(
            r'<link[^>]*rel="icon"[^>]*anchor\.svg|<link[^>]*anchor\.svg[^>]*rel="icon"', opened(root, name)
        )


def test_the_form_of_a_source_explains_its_lists(root: Client) -> None:
    page = opened(root, "admin:signals_source_add")
    for said in (">TradingView<", "Empty: every format. There are:", "Allowed addresses", "as in BTC/USDT, ETH/USDT"):
        assert said in page
    assert re.search(r'<textarea[^>]*name="formats"[^>]*rows="2"|<textarea[^>]*rows="2"[^>]*name="formats"', page)


def test_a_body_secret_is_taken_away_and_written_down(day: rows.Desk, root: Client) -> None:
    sender = day.account.sources.get()
    Source.objects.update(secret_hash=b"s" * 32, token_hash=b"t" * 32)
    action = {"action": "remove_secret", "_selected_action": [sender.pk]}
    answer = root.post(reverse("admin:signals_source_changelist"), action, follow=True)
    sender.refresh_from_db()
    assert (sender.secret_hash, bytes(sender.token_hash)) == (None, b"t" * 32)
    assert "1 of 1 sources ask for no body secret" in answer.content.decode()
    payload = {"operator": "root", "what": "secret removed"}
    assert JournalEntry.objects.get(kind="source.proof").payload == payload


@pytest.mark.parametrize(("health", "said"), [("", ">OK<"), ("KEYS_REFUSED", ">KEYS_REFUSED<")])
def test_an_accounts_health_is_said_also_when_it_is_well(day: rows.Desk, root: Client, health: str, said: str) -> None:
    day.account.health = health
    day.account.save()
    page = opened(root, "admin:accounts_exchangeaccount_change", day.account.pk)
    assert said in re.sub(r">\s+|\s+<", lambda found: found[0].strip(), page)
    assert ">One-way<" in page


@pytest.mark.parametrize(("venue", "title"), [("binance", "Binance"), ("binanceusdm", "Binance futures"), ("x", "X")])
def test_venues_by_the_names_people_know(venue: str, title: str) -> None:
    assert venue_words(venue) == title


def test_the_feed_names_a_pair_as_its_venue_does(day: rows.Desk) -> None:
    Alert.objects.update(details={})
    subjects = {row.subject for row in live.gather(None, now=day.now).alerts}
    assert {"ETH/USDT", "XRP/USDT"} <= subjects
    assert not {"ETHUSDT", "XRPUSDT"} & subjects


def test_a_pair_that_no_venue_lists_stays_as_it_was_sent(day: rows.Desk) -> None:
    Alert.objects.filter(outcome="POOL_FULL").update(raw='{"symbol": "QQQQ", "action": "buy"}', details={})
    assert "QQQQ" in {row.subject for row in live.gather(None, now=day.now).alerts}


def test_the_card_of_all_time_counts_what_it_says(day: rows.Desk, root: Client) -> None:
    page = opened(root, "dashboard:overview")
    assert "5 closed" in page
    assert "remainders too small to sell" in page
