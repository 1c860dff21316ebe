"""The page Settings: what it shows, a change by way of its preview, and who may make it."""

import json
import re
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dashboard import settings_words
from dashboard.settings_preview import look
from docs import facts
from docs import words as documents
from signals.models import Instrument
from tests.dashboard import rows
from trading.domain import settings as registry
from trading.models import PositionGroup, SettingOverride, SettingVersion
from trading.services.overrides import Change, Place, Wish
from trading.services.setting_versions import Said, write

PAGE = "/settings"


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def fields(browser: Client, query: str = "") -> dict[str, list[str]]:
    """What a browser would send back if nothing were touched."""
    page = browser.get(f"{PAGE}{query}").content.decode().partition('id="settings"')[2]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="(?:hidden|number|text)"[^>]*? name="([^"]+)" value="([^"]*)"', page):
        found[name] = [value]
    for name, value in re.findall(r'<textarea [^>]*?name="([^"]+)"[^>]*>([^<]*)</textarea>', page):
        found[name] = [value]
    for name, options in re.findall(r'<select [^>]*?name="([^"]+)"[^>]*>(.*?)</select>', page):
        found[name] = re.findall(r"<option selected>([^<]*)<", options)
    for name, value in re.findall(r'<input type="checkbox" name="(v[^"]+)" value="([^"]*)" checked', page):
        found.setdefault(name, []).append(value)
    return found


def previewed(browser: Client, query: str = "", **changes: str | list[str]) -> Any:
    """The form with some fields changed, sent; `v_` stands for `v.`."""
    typed = {name.replace("v_", "v.", 1): value for name, value in changes.items()}
    return browser.post(f"{PAGE}/preview{query}", fields(browser, query) | typed)


def packed(answer: Any) -> str:
    return str(answer.context["packed"])


def confirmed(browser: Client, answer: Any, query: str = "", reason: str = "because it is better") -> Any:
    return browser.post(f"{PAGE}/change{query}", {"changes": packed(answer), "reason": reason}, follow=True)


def held() -> dict[str, str]:
    return dict(SettingOverride.objects.values_list("name", "value"))


# looking -----------------------------------------------------------------------------------------


def test_every_setting_is_there_with_its_limits_and_its_default(root: Client) -> None:
    answer = root.get(PAGE)
    page = text(answer)
    assert [name for name in registry.REGISTRY if f" {name} " not in page] == []
    for said in ("1 to 125 ×", "four rising numbers", "the default", "such as 1% equity"):
        assert said in page


def test_it_asks_the_database_little(root: Client, django_assert_max_num_queries: Any) -> None:
    root.get(PAGE)
    with django_assert_max_num_queries(12):
        root.get(PAGE)


def test_a_form_that_nobody_touched_changes_nothing(root: Client) -> None:
    answer = root.post(f"{PAGE}/preview", fields(root), follow=True)
    assert "Nothing differs" in text(answer)
    assert len([name for name in fields(root) if name.startswith("s.")]) == len(registry.REGISTRY)


def test_where_a_value_comes_from_is_said(day: rows.Desk, root: Client) -> None:
    SettingOverride.objects.create(name="profile", value="strict")
    SettingOverride.objects.create(name="max_pyramids", value="3", account=day.account, symbol="BTC/USDT")
    page = text(root.get(PAGE, {"scope": "pair", "symbol": "btcusdt", "account": day.account.pk}))
    for said in ("of paper-1 BTC/USDT", "set for paper-1 BTC/USDT", "by the profile strict", "for an account or wider"):
        assert said in page


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?q=leverage", "max_leverage"),
        ("?q=no-such-thing", "No setting is called or described like"),
        ("?scope=pair&symbol=NOPE", "NOPE is not a pair of paper-1."),
        ("?scope=mine", "of all your accounts"),
        ("?scope=nonsense", "of everybody"),
    ],
)
def test_it_is_found_and_narrowed_by_its_address(root: Client, query: str, said: str) -> None:
    assert said in text(root.get(PAGE + query))


def test_without_an_account_there_are_still_settings(db: None, client: Client) -> None:
    client.force_login(rows.admin())
    assert "max_leverage" in text(client.get(PAGE))


def test_a_stored_value_that_is_broken_is_shown_and_can_be_mended(root: Client) -> None:
    SettingOverride.objects.create(name="max_heat", value="a lot")
    assert "a lot" in text(root.get(PAGE))
    confirmed(root, previewed(root, v_max_heat="0.4"))
    assert held() == {"max_heat": "0.4"}


def test_what_is_read_again_is_only_what_may_change_by_itself(root: Client) -> None:
    page = root.get(PAGE, headers={"X-Refresh": "1"}).content.decode()
    assert 'id="now-legs"' in page
    assert "<input" not in page


# changing ----------------------------------------------------------------------------------------


def test_a_change_is_previewed_and_then_made_as_one_version(root: Client) -> None:
    shown = previewed(root, v_max_leverage="2", v_max_pyramids="3", v_stop=["fixed", "trailing"])
    page = text(shown)
    for said in (
        "3 settings",
        "protects more",
        "3 groups are open there now.",
        "legs that are placed",
        "Open groups keep",
    ):
        assert said.lower() in page.lower()
    assert held() == {}
    assert "Version" in text(confirmed(root, shown))
    assert held() == {"max_leverage": "2", "max_pyramids": "3", "stop": "fixed, trailing"}
    version = SettingVersion.objects.get()
    assert (version.operator, version.reason, version.how) == ("root", "because it is better", "PAGE")


def test_the_plan_of_an_entry_is_shown_before_and_after(root: Client) -> None:
    shown = previewed(root, v_legs="(0, 50, 1) (-2, 50, 0.5)")
    plans = shown.context["look"].plans
    assert [len(plan.legs) for plan in (plans.before, plans.after)] == [5, 2]
    assert held() == {}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("max_leverage", "500", "OUT_OF_RANGE: max_leverage is 500 ×, the limit is 1 to 125 ×."),
        ("max_pyramids", "2.5", "NOT_WHOLE"),
        ("legs", "(0, 50, 1)", "WEIGHTS_SUM"),
        ("legs", "a few", "BAD_LEGS"),
        ("dca_max_age", "soon", "NOT_A_DURATION"),
        ("fixed_stop_pct", "20", ""),
        ("tp_ladder", "r", "LADDER_WITHOUT_STOP"),
        ("capital_per_pyramid", "much", "BAD_SIZE"),
        ("drawdown_tiers_pct", "5, 4, 3, 2", "NOT_RISING"),
    ],
)
def test_what_cannot_be_taken_says_why_at_its_field(root: Client, name: str, value: str, said: str) -> None:
    answer = previewed(root, **{f"v_{name}": value})
    assert answer.status_code == (422 if said else 200)
    assert said in text(answer)
    assert value in answer.content.decode()
    assert held() == {}


def test_on_a_phone_every_section_folds_but_the_one_with_something_wrong(root: Client) -> None:
    page = root.get(PAGE).content.decode()
    assert page.count(" data-folds open>") == page.count("<details ") == len(root.get(PAGE).context["sections"])
    refused = previewed(root, v_max_leverage="0").content.decode()
    assert refused.count("<details ") - refused.count(" data-folds open>") == 1
    assert " data-folds" not in root.get(f"{PAGE}?q=max_leverage").content.decode()  # few: nothing to fold


def test_a_refused_form_reads_nothing_again_and_its_address_leads_back(root: Client) -> None:
    refused = previewed(root, v_max_leverage="0")
    assert (refused.status_code, "data-refresh" in refused.content.decode().partition("<main")[2]) == (422, False)
    back = root.get(f"{PAGE}/preview?scope=all&x=1")
    assert (back.status_code, back.headers["Location"]) == (302, f"{PAGE}?scope=all")


@pytest.mark.parametrize(
    ("name", "value", "said", "unsaid"),
    [
        ("registration", "invite", "It counts from now on", "open there now"),
        ("log_level", "DEBUG", "the variable WINDLASS_LOG_LEVEL counts", "at once"),
        ("max_heat", "0.4", "No group is open there now", "Nothing reads it"),
    ],
)
def test_when_it_is_felt(root: Client, name: str, value: str, said: str, unsaid: str) -> None:
    PositionGroup.objects.update(closed_at=timezone.now())
    page = text(previewed(root, **{f"v_{name}": value}))
    assert (said in page, unsaid in page) == (True, False)


def test_what_nothing_reads_is_what_the_documents_say() -> None:
    said = {name for name, note in documents.SETTING_NOTES.items() if note.startswith("not read")}
    unread = {row.name for row in registry.REGISTRY.values() if row.group == "system"} - facts.read_settings()
    assert set(settings_words.UNREAD) == said | (unread - {"registration"})


def test_two_that_contradict_each_other_are_refused_together(root: Client) -> None:
    answer = previewed(root, v_stop="fixed", v_fixed_stop_pct="20")
    assert (answer.status_code, "STOP_BEYOND_EMERGENCY" in text(answer)) == (422, True)
    assert previewed(root, v_stop="fixed", v_fixed_stop_pct="20", v_emergency_stop_pct="25").status_code == 200


def test_limits_that_make_each_other_pointless_are_warned_of(root: Client) -> None:
    assert "no pair ever gets beyond that" in text(previewed(root, v_per_symbol_pct="70"))


def test_a_smaller_pool_says_that_it_drains(root: Client) -> None:
    assert "paper-1 has 3 slots taken: nothing is thrown out, it drains to 2." in text(
        previewed(root, v_max_open_groups="2")
    )


def test_ticks_of_a_field_that_has_none_say_nothing(root: Client) -> None:
    answer = root.post(f"{PAGE}/preview", {"t.max_open_groups": "1"})
    assert (answer.status_code, held()) == (302, {})  # nothing differs, so it leads back


def drained(*changes: Change, now: datetime) -> list[tuple[str, ...]]:
    """(account, slots taken, what is left of the pool) as the preview says it."""
    sentence = re.compile(r"(\S+) has (\d+) slots taken: .* drains to (\d+)\.")
    found = map(sentence.fullmatch, look(changes, account=None, now=now).felt)
    return sorted(one.groups() for one in found if one)


def test_every_smaller_pool_says_that_it_drains_and_the_narrowest_place_holds(day: rows.Desk) -> None:
    second = rows.Desk(rows.account(day.account.user, "paper-2"), day.now)
    for minutes, base in enumerate(("BTC", "ETH"), start=1):
        second.group(Instrument.objects.get(base=base), minutes=minutes)
    wanted = {Place(): "1", Place(account_id=day.account.pk): "2", Place(account_id=second.account.pk): "1"}
    everywhere, *both = [Change("max_open_groups", at, None, size, "8", size) for at, size in wanted.items()]
    said = {
        "both": drained(*both, now=day.now),
        "everywhere": drained(everywhere, now=day.now),
        "everywhere, and of one": drained(everywhere, both[0], now=day.now),
    }
    # three slots are taken of the first account's pool, two of the second one's
    assert said == {
        "both": [("paper-1", "3", "2"), ("paper-2", "2", "1")],
        "everywhere": [("paper-1", "3", "1"), ("paper-2", "2", "1")],
        "everywhere, and of one": [("paper-1", "3", "2"), ("paper-2", "2", "1")],
    }


def test_a_row_and_a_section_are_reset(root: Client) -> None:
    write(
        [Wish("max_heat", Place(), "0.4"), Wish("max_leverage", Place(), "2"), Wish("legs", Place(), "(0, 100, 1)")],
        Said("root"),
    )
    confirmed(root, previewed(root, reset="legs"))
    assert sorted(held()) == ["max_heat", "max_leverage"]
    confirmed(root, previewed(root, reset="section:risk"))
    assert held() == {}
    assert SettingVersion.objects.count() == 3


@pytest.mark.parametrize("reason", ["", "no", "x" * 201])
def test_a_reason_is_needed(root: Client, reason: str) -> None:
    answer = confirmed(root, previewed(root, v_max_heat="0.4"), reason=reason)
    assert (answer.status_code, held()) == (422, {})


@pytest.mark.parametrize(
    "changes",
    ["", "[]", "{", "[1]", '[{"name": "legs"}]', '[{"name": 1, "scope": {}, "before": null, "after": "1"}]',
     '[{"name": "legs", "scope": {"account": "1"}, "before": null, "after": "1"}]',
     '[{"name": "legs", "scope": {"symbol": "BTC/USDT"}, "before": null, "after": "1"}]',
     '[{"name": "nothing", "scope": {}, "before": null, "after": "1"}]', "[" * 5000],
)  # fmt: skip
def test_a_form_that_is_not_ours_changes_nothing(root: Client, changes: str) -> None:
    answer = root.post(f"{PAGE}/change", {"changes": changes, "reason": "because"})
    assert (answer.status_code, held()) == (422, {})


# two people --------------------------------------------------------------------------------------


def test_the_second_of_two_sees_that_it_changed_since(root: Client) -> None:
    mine, theirs = previewed(root, v_max_heat="0.4"), previewed(root, v_max_heat="0.3")
    confirmed(root, theirs, reason="theirs")
    answer = confirmed(root, mine)
    assert answer.status_code == 409
    assert "changed meanwhile by root" in text(answer)
    assert held() == {"max_heat": "0.3"}
    confirmed(root, answer)
    assert held() == {"max_heat": "0.4"}


def test_somebody_elses_change_is_not_taken_back_by_an_old_page(root: Client) -> None:
    opened = fields(root)
    write([Wish("max_heat", Place(), "0.3"), Wish("max_leverage", Place(), "2")], Said("vera"))
    answer = root.post(f"{PAGE}/preview", opened | {"v.max_leverage": "1"})
    assert "changed meanwhile by vera" in text(answer)
    confirmed(root, answer)
    assert held() == {"max_heat": "0.3", "max_leverage": "1"}


# who ---------------------------------------------------------------------------------------------


def test_a_trader_changes_his_accounts_and_not_everybodys(day: rows.Desk, trader: Client) -> None:
    own = f"?account={day.account.pk}&scope=account"
    confirmed(trader, previewed(trader, own, v_max_heat="0.4"), own)
    assert SettingOverride.objects.get().account_id == day.account.pk
    assert "takes the role admin" in text(trader.get(f"{PAGE}?scope=all"))
    forged = [{"name": "max_heat", "scope": {}, "before": None, "after": "5"}]
    answer = trader.post(f"{PAGE}/change", {"changes": json.dumps(forged), "reason": "because"})
    assert (answer.status_code, SettingOverride.objects.count()) == (403, 1)


@pytest.mark.parametrize("scope", [{"account": 1}, {"user": 1}, {}])
def test_nobody_changes_what_is_not_his(
    day: rows.Desk, stranger: Client, viewer: Client, scope: dict[str, int]
) -> None:
    told = {name: {"account": day.account.pk, "user": day.account.user_id}[name] for name in scope}
    forged = json.dumps([{"name": "max_heat", "scope": told, "before": None, "after": "5"}])
    sent = {"changes": forged, "reason": "because"}
    assert [browser.post(f"{PAGE}/change", sent).status_code for browser in (stranger, viewer)] == [403, 403]
    assert held() == {}


def test_sealing_takes_an_admin_wherever_it_is_set(day: rows.Desk, trader: Client) -> None:
    own = f"?account={day.account.pk}&scope=account"
    answer = previewed(trader, own, v_profile="sealed")
    assert (answer.status_code, "seals the whole installation" in text(answer)) == (403, True)
    assert confirmed(trader, answer, own).status_code == 403
    assert held() == {}
