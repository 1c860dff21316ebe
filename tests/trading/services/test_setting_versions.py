"""Versions of settings: one writer, what differs between two, undoing one, returning to one, two who write at once."""

import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from project.journal.models import JournalEntry
from tests.dashboard import rows
from tests.support.races import together
from trading.models import SettingOverride, SettingVersion
from trading.services import block, overrides, setting_versions
from trading.services.overrides import CannotChange, Place, Wish
from trading.services.overrides_submit import submit
from trading.services.setting_versions import ChangedSince, Kept, Said, folded

ROOT = Path(__file__).resolve().parents[3]
ALL = Place()
MIRA = Said("mira", "a calmer week")


def change(**values: str | None) -> SettingVersion:
    version = setting_versions.write([Wish(name, ALL, text) for name, text in values.items()], MIRA)[1]
    assert version is not None
    return version


def held() -> dict[str, object]:
    return dict(SettingOverride.objects.values_list("name", "value"))


def told(changes: Sequence[Kept]) -> list[tuple[str, str | None, str | None]]:
    return [(one.name, one.before, one.after) for one in changes]


@pytest.mark.django_db
def test_a_version_says_who_why_and_what_and_the_journal_names_it() -> None:
    version = change(max_heat="0.40", max_leverage="2")
    assert (version.operator, version.reason, version.how) == ("mira", "a calmer week", "PAGE")
    assert told(setting_versions.kept(version)) == [("max_heat", None, "0.4"), ("max_leverage", None, "2")]
    entries = JournalEntry.objects.filter(kind="setting.changed").order_by("id")
    assert [(e.subject, e.payload["version"], e.payload["reason"]) for e in entries] == [
        ("setting:max_heat", version.pk, "a calmer week"),
        ("setting:max_leverage", version.pk, "a calmer week"),
    ]


@pytest.mark.django_db
def test_what_is_so_already_makes_no_version() -> None:
    change(max_heat="0.4")
    assert setting_versions.write([Wish("max_heat", ALL, "0.400")], MIRA) == ((), None)
    assert SettingVersion.objects.count() == 1


@pytest.mark.django_db
def test_one_wrong_value_keeps_all_of_them_out() -> None:
    wishes = [Wish("max_heat", ALL, "0.4"), Wish("max_leverage", ALL, "900"), Wish("legs", ALL, "(0, 1, 1)")]
    with pytest.raises(CannotChange) as caught:
        setting_versions.write(wishes, MIRA)
    assert {number: one.code for number, one in caught.value.wrong.items()} == {1: "OUT_OF_RANGE", 2: "WEIGHTS_SUM"}
    assert held() == {}


@pytest.mark.django_db
def test_settings_are_judged_together_and_not_one_after_the_other() -> None:
    """A fixed stop at 15 % is beyond the emergency stop at 10 %, unless that one moves in the same step."""
    change(stop="fixed", fixed_stop_pct="15", emergency_stop_pct="20")
    with pytest.raises(CannotChange, match="STOP_BEYOND_EMERGENCY"):
        setting_versions.write([Wish("emergency_stop_pct", ALL)], MIRA)  # back to 10


@pytest.mark.django_db
def test_one_is_undone_and_the_others_stay() -> None:
    change(max_heat="0.4", max_leverage="2")
    wrong = change(max_heat="0.9", max_pyramids="9")
    change(max_leverage="1")
    setting_versions.write(setting_versions.undoing(wrong), MIRA)
    assert held() == {"max_heat": "0.4", "max_leverage": "1"}


@pytest.mark.django_db
def test_everything_returns_to_how_it_was_after_one() -> None:
    first = change(max_heat="0.4", max_leverage="2")
    change(max_heat="0.9", max_pyramids="9")
    change(max_leverage=None)
    setting_versions.write(setting_versions.restoring(first), MIRA)
    assert held() == {"max_heat": "0.4", "max_leverage": "2"}
    assert setting_versions.restoring(SettingVersion.objects.latest("id")) == ()


@pytest.mark.django_db
def test_between_two_versions_only_what_differs_is_told_in_the_order_asked_for() -> None:
    first = change(max_heat="0.4")
    change(max_heat="0.9", max_pyramids="9")
    last = change(max_heat="0.6", max_pyramids=None)
    assert told(setting_versions.between(first.pk, last.pk)) == [("max_heat", "0.4", "0.6")]
    assert told(setting_versions.between(last.pk, first.pk)) == [("max_heat", "0.6", "0.4")]
    assert told(setting_versions.between(0, first.pk)) == [("max_heat", None, "0.4")]


@pytest.mark.django_db
def test_what_is_gone_needs_no_way_back() -> None:
    account = rows.account(rows.user("owner"))
    version = setting_versions.write([Wish("max_heat", Place(account_id=account.pk), "0.4")], MIRA)[1]
    assert version is not None
    account.delete()
    assert setting_versions.undoing(version) == ()


@pytest.mark.django_db
def test_blocking_a_pair_by_hand_is_a_version_too() -> None:
    account = rows.account(rows.user("owner"))
    answers = [
        block.set_pair_blocked(account.pk, "BTC/USDT", to=to, operator="mira") for to in (False, True, True, False)
    ]
    assert answers == [False, True, False, True]
    versions = SettingVersion.objects.order_by("id")
    assert [(v.how, v.operator, v.changes[0]["before"], v.changes[0]["after"]) for v in versions] == [
        ("HAND", "mira", None, "on"),
        ("HAND", "mira", "on", "off"),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "before", "after", "protects"),
    [
        ("max_heat", "0.5", "0.4", True),
        ("max_heat", "0.4", "0.5", False),
        ("blocked", "off", "on", True),
        ("blocked", "on", "off", False),
        ("legs", "(0, 100, 1)", "(0, 100, 2)", False),
        ("max_heat", "a lot", "0.1", False),
    ],
)
def test_what_only_protects_more_is_known(name: str, before: str, after: str, protects: bool) -> None:
    SettingOverride.objects.create(name=name, value=before)
    (found,) = overrides.plan([Wish(name, ALL, after)])
    assert found.protects is protects


@pytest.mark.django_db(transaction=True)
def test_of_two_who_saw_the_same_one_writes_and_the_other_is_told() -> None:
    def wish(value: str) -> str:
        at = (Wish("max_heat", ALL, value),)
        try:
            submit(at, MIRA, now=timezone.now(), seen={("max_heat", ALL): None})
        except ChangedSince as error:
            return f"since then {error.changes[0].before}"
        return value

    first, second = together(lambda: wish("0.3"), lambda: wish("0.4"))
    written = str(held()["max_heat"])
    assert sorted((first, second)) == sorted((written, f"since then {written}"))
    assert SettingVersion.objects.count() == 1


def test_nothing_else_writes_settings() -> None:
    """A setting written past its versions could not be taken back."""
    writers = [path.name for path in sources() if WRITES.search(path.read_text(encoding="utf-8"))]
    assert writers == ["setting_versions.py"]


WRITES = re.compile(
    r"SettingOverride\.objects\.(\w*create|bulk_)|rows\.update_or_create\(name=|SettingOverride\(.*\)\.save"
)


def sources() -> list[Path]:
    return [
        path for room in ("project", "signals", "trading", "dashboard") for path in sorted((ROOT / room).rglob("*.py"))
    ]


@pytest.mark.django_db
def test_what_the_journal_told_before_there_were_versions_becomes_some() -> None:
    change(max_heat="0.4")
    change(max_heat=None, max_leverage="2")
    known = [told(setting_versions.kept(version)) for version in SettingVersion.objects.order_by("id")]
    SettingVersion.objects.all().delete()
    import_module("trading.migrations.0016_setting_versions").from_the_journal(apps, None)
    found = SettingVersion.objects.order_by("id")
    assert [one for version in found for one in told(setting_versions.kept(version))] == [*known[0], *known[1]]
    assert {(version.how, version.operator) for version in found} == {("IMPORTED", "mira")}


STEPS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from([None, "1", "2", "3"])), max_size=12
)  # fmt: skip


@given(STEPS)
def test_folding_tells_the_same_as_walking(steps: list[tuple[str, str | None]]) -> None:
    """Applied to where it began, the folded change leads to where all steps end; undone, back again."""
    state: dict[str, str | None] = dict.fromkeys("abc")
    walked = []
    for name, value in steps:
        walked.append(Kept(name, ALL, state[name], value))
        state[name] = value
    found = folded(walked)
    assert dict.fromkeys("abc") | {one.name: one.after for one in found} == state
    assert {one.before for one in found} <= {None}
    assert len({one.name for one in found}) == len(found)
