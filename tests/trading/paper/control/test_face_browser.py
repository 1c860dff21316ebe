"""The status page in a browser: it follows by itself, keeps what is being written, and says when nobody answers."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.chromium import ARGUMENTS, PATIENCE_MS, chromium_path
from tests.support.paper import PaperExchange


@pytest.fixture(scope="module")
def own() -> Iterator[PaperExchange]:
    with PaperExchange() as running:
        running.price("BTCUSDT", "60000")
        yield running


@pytest.fixture
def page(own: PaperExchange) -> Iterator[Page]:
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium found")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=path, args=ARGUMENTS)
        opened = browser.new_page(viewport={"width": 390, "height": 844})
        opened.set_default_timeout(PATIENCE_MS)
        opened.goto(own.url)
        yield opened
        browser.close()


def test_it_follows_by_itself_and_says_when_nobody_answers(own: PaperExchange, page: Page) -> None:
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.evaluate("window.kept = true")
    draft = page.locator("#plans textarea").first
    draft.fill("half a plan")
    own.price("BTCUSDT", "61000")
    expect(page.locator("#book .last")).to_have_text("61\u2009000.00")
    own.control("deposit", {"account": "test", "amounts": {"BTC": "2"}})
    expect(page.locator("#accounts")).to_contain_text("2.00")
    expect(draft).to_have_value("half a plan")
    assert page.evaluate("window.kept") is True
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    own.stop()
    expect(page.locator("#age")).to_contain_text("no answer for")
    own.start()
    expect(page.locator("#age")).to_contain_text("as of")
    assert problems == []


def test_a_reset_asks_back_and_then_does_it(own: PaperExchange, page: Page) -> None:
    own.deposit({"BTC": "1"})
    page.reload()
    expect(page.get_by_role("button", name="Begin anew")).to_be_hidden()
    page.get_by_text("Reset an account…").click()
    page.get_by_role("button", name="Begin anew").click()
    expect(page.locator("#ledger")).to_contain_text("amount -")
    assert own.ledger()["balances"]["BTC"] == {"free": "0.00000000", "locked": "0.00000000"}
