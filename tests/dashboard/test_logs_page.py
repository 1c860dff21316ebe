"""The page "Logs": filters sort as the words do, pages follow each other, searching is bounded, CSV is safe."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from dashboard import logs, telling
from dashboard.telling import Category, Level, Line, Told
from project.journal.models import JournalEntry
from project.journal.record import record
from tests.dashboard import rows
from tests.dashboard.sheet import rows_of
from trading.models import PositionGroup

QUERIES = 12
SAMPLES: tuple[tuple[str, dict[str, Any], Category, Level, str], ...] = (
    ("alert.settled", {"outcome": "ENTERED", "reason": "5 legs"}, Category.WEBHOOK, Level.INFO, "5 legs"),
    ("alert.settled", {"outcome": "STALE", "reason": "too old"}, Category.WEBHOOK, Level.WARNING, "too old"),
    ("alert.settled", {"outcome": "PORTFOLIO_HEAT", "reason": "hot"}, Category.RISK, Level.WARNING, "hot"),
    ("alert.settled", {"outcome": "LEG_BELOW_MINIMUM", "reason": "small"}, Category.PRECISION, Level.WARNING, "small"),
    ("order.state", {"from": "NEW", "to": "SUBMITTING"}, Category.ORDER, Level.INFO, "being sent"),
    ("order.state", {"from": "OPEN", "to": "NEEDS_HUMAN"}, Category.ORDER, Level.ERROR, "needs a person"),
    ("fill", {"side": "BUY", "qty": "1", "price": "2", "fee": "0.1", "fee_currency": "BTC"}, Category.ORDER, Level.INFO, "filled: buy 1 at 2"),
    ("group.exits_edited", {"operator": "mira", "changes": [{"name": "tp_mode", "before": "A", "after": "B"}]}, Category.ORDER, Level.INFO, "tp_mode A → B"),
    ("mode.changed", {"from": "NORMAL", "to": "PAUSED", "operator": "mira", "reason": "news"}, Category.RISK, Level.WARNING, "by mira: news"),
    ("mode.changed", {"from": "NORMAL", "to": "EMERGENCY"}, Category.RISK, Level.ERROR, "EMERGENCY"),
    ("risk.breach", {"code": "SECTOR_EXPOSURE"}, Category.RISK, Level.WARNING, "SECTOR_EXPOSURE"),
    ("account.unhealthy", {"code": "KEYS_REFUSED"}, Category.SYSTEM, Level.ERROR, "KEYS_REFUSED"),
    ("setting.changed", {"name": "legs", "operator": "mira"}, Category.SYSTEM, Level.INFO, "setting legs"),
    ("never.seen", {"some_fact": [1, {"a": True}]}, Category.SYSTEM, Level.INFO, "some fact 1, a yes"),
)  # fmt: skip
ENGINES: tuple[tuple[str, dict[str, Any], Category, Level, str], ...] = (
    ("engine.rival", {"mark": "abcde", "words": "3 orders of another engine"}, Category.SYSTEM, Level.ERROR, "3 orders"),
    ("engine.turned_away", {"engine": "a1", "holder": "b2"}, Category.SYSTEM, Level.WARNING, "engine b2 of this"),
    ("engine.took_over", {"from": "b2", "to": "a1"}, Category.SYSTEM, Level.WARNING, "from engine b2"),
    ("engine.settled", {"operator": "mira", "marks": ["abcde"]}, Category.SYSTEM, Level.INFO, "by mira"),
)  # fmt: skip


@pytest.fixture
def journal(day: rows.Desk) -> list[JournalEntry]:
    """An entry of each sample, in order."""
    made = [JournalEntry(kind=kind, subject="test:1", payload=payload) for kind, payload, *_ in SAMPLES]
    return JournalEntry.objects.bulk_create(made)


@pytest.mark.parametrize(("kind", "payload", "category", "level", "said"), [*SAMPLES, *ENGINES])
def test_an_entry_in_words(kind: str, payload: dict[str, Any], category: Category, level: Level, said: str) -> None:
    told = telling.told(kind, payload)
    assert (told.category, told.level) == (category, level)
    assert said in told.sentence + told.code


@pytest.mark.parametrize("kind", sorted(telling.WORDS))
def test_an_entry_without_facts_still_has_words(kind: str) -> None:
    assert isinstance(telling.told(kind, {}).sentence, str)


def shown(client: Client, **query: str) -> list[str]:
    page = client.get("/logs", query)
    assert page.status_code == 200
    return [f"{line.kind} {line.told.code}".strip() for line in page.context["page"].lines]


def named(*wanted: Any) -> list[str]:
    found = [s for s in SAMPLES if s[2] in wanted or s[3] in wanted]
    return [f"{s[0]} {telling.told(s[0], s[1]).code}".strip() for s in reversed(found)]


@pytest.mark.parametrize("category", list(Category))
def test_a_category_is_filtered_as_it_is_named(journal: list[JournalEntry], root: Client, category: Category) -> None:
    assert shown(root, category=category) == named(category)


@pytest.mark.parametrize(("level", "grave"), [("error", [Level.ERROR]), ("warning", [Level.WARNING, Level.ERROR])])
def test_a_level_is_filtered_as_it_is_named(
    journal: list[JournalEntry], root: Client, level: str, grave: list[Level]
) -> None:
    assert shown(root, level=level) == named(*grave)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"q": "MIRA"}, 3),
        ({"q": "mira tp_mode"}, 1),
        ({"q": "%"}, 0),
        ({"q": "_"}, 8),  # not any character: only what has an underscore
        ({"q": "\0", "level": "\0", "before": "x", "from": "x", "to": "\0", "timeframe": "-1"}, len(SAMPLES)),
        ({"from": "2100-01-01"}, 0),
        ({"to": "2000-01-01"}, 0),
    ],
)
def test_searching(journal: list[JournalEntry], root: Client, query: dict[str, str], count: int) -> None:
    assert len(shown(root, **query)) == count


def test_a_pair_finds_its_groups_and_their_orders(day: rows.Desk, root: Client) -> None:
    eth = PositionGroup.objects.get(instrument__base="ETH", closed_at=None)
    for kind, subject, payload in (
        ("group.status", f"group:{eth.pk}", {"from": "LIVE", "to": "ACTIVE"}),
        ("order.state", "order:7", {"from": "NEW", "to": "OPEN", "group": eth.pk}),
        ("group.entered", "group:999999", {"symbol": "BTC/USDT"}),
    ):
        JournalEntry.objects.create(kind=kind, subject=subject, payload=payload)
    assert shown(root, pair="eth") == ["order.state", "group.status"]
    assert shown(root, timeframe=str(eth.timeframe_secs)) == ["order.state", "group.status"]


def test_pages_follow_and_a_search_says_how_far_it_looked(
    journal: list[JournalEntry], root: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "SHOWN", 4)
    first = root.get("/logs").context["page"]
    second = root.get("/logs", {"before": str(first.older)}).context["page"]
    assert [line.id for line in (*first.lines, *second.lines)] == [entry.pk for entry in reversed(journal)][:8]
    monkeypatch.setattr(logs, "WINDOW", 3)
    found = root.get("/logs", {"q": "too old"}).context["page"]
    assert (found.lines, found.older, found.looked_to is not None) == ((), journal[-3].pk, True)


def test_another_account_s_entries_are_not_shown(day: rows.Desk, root: Client) -> None:
    JournalEntry.objects.create(kind="fill", subject="order:1", payload={}, account_id=day.account.pk + 1)
    assert shown(root) == []


def test_few_questions(journal: list[JournalEntry], root: Client, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(QUERIES):
        root.get("/logs", {"pair": "ETH", "q": "filled", "level": "error"})


@pytest.mark.parametrize(
    ("text", "end", "at"),
    [
        ("2026-01-31", False, datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31", True, datetime(2026, 2, 1, tzinfo=UTC)),
        ("2026-01-31T14:03", True, datetime(2026, 1, 31, 14, 3, tzinfo=UTC)),
        ("soon", False, None),
    ],
)
def test_a_moment(text: str, end: bool, at: datetime | None) -> None:
    assert logs.moment(text, end=end) == at


def test_the_export_holds_what_fits_and_no_formula(journal: list[JournalEntry], root: Client) -> None:
    JournalEntry.objects.create(kind="lost.found", subject="lost:1", payload={"words": "=1+1"})
    answer = root.get("/logs.csv?category=webhook")
    found = rows_of(answer)
    assert [row["sentence"] for row in found] == ["'=1+1", "too old", "5 legs"]


def test_alarms_are_the_errors_of_a_day(journal: list[JournalEntry], day: rows.Desk, now: datetime) -> None:
    JournalEntry.objects.filter(kind="account.unhealthy").update(at=now - timedelta(days=2))
    assert [line.kind for line in logs.alarms(day.account, now=now)] == ["mode.changed", "order.state"]


def test_a_busy_day_hides_no_alarm(journal: list[JournalEntry], day: rows.Desk, now: datetime) -> None:
    quiet = (JournalEntry(kind="order.state", subject="order:1", payload={"to": "OPEN"}) for _ in range(6_000))
    JournalEntry.objects.bulk_create(quiet)
    found = {line.kind for line in logs.alarms(day.account, now=now)}
    assert found == {"mode.changed", "order.state", "account.unhealthy"}
    asked = logs.ALARMS.queryset(account_id=day.account.pk, since=now - logs.ALARMS_WITHIN)
    assert "journal_alarms" in asked.explain()


def test_an_empty_journal_has_its_words(root: Client) -> None:
    assert "The journal is empty" in root.get("/logs").content.decode()


# what says the same ------------------------------------------------------------------------------


def _line(number: int, *, secs: float = 0, group: int | None = 7, sentence: str = "asked to cancel the order") -> Line:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC) - timedelta(seconds=secs)
    told = Told(Category.ORDER, Level.INFO, sentence, "GROUP_CLOSING")
    return Line(number, at, "order.fields", f"order:{number}", told, group)


@pytest.mark.parametrize(
    ("lines", "counts"),
    [
        ([_line(n) for n in range(12)], [12]),
        (
            [_line(1), _line(2, sentence="resting → cancelled"), _line(3), _line(4, sentence="resting → cancelled")],
            [2, 2],
        ),
        ([_line(1), _line(2, group=8)], [1, 1]),  # another group
        ([_line(1), _line(2, secs=3)], [1, 1]),  # another moment
        ([_line(1, group=None), _line(2, group=None)], [1, 1]),  # of no group: each for itself
        ([], []),
    ],
)
def test_what_says_the_same_at_once_is_one_line(lines: list[Line], counts: list[int]) -> None:
    found = logs.folded(lines)
    assert [line.count for line in found] == counts
    assert sum(counts) == len(lines)


def test_a_dozen_cancels_of_one_close_are_one_line_on_the_page(day: rows.Desk, root: Client) -> None:
    group = day.account.groups.first()
    for number in range(12):
        payload = {"group": group.pk, "cancel_requested": True, "code": "GROUP_CLOSING"}
        record("order.fields", subject=f"order:{number}", payload=payload, account_id=day.account.pk)
    page = root.get("/logs").content.decode()
    assert page.count("asked to cancel the order") == 1
    assert "×12" in page
    assert "order:11 and 11 more" in page
