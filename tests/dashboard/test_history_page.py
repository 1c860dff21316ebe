"""The pages "History" and "Performance": page by page, figures by hand, everything as CSV, few questions."""

from datetime import datetime, timedelta
from decimal import Decimal as Dec

import pytest
from django.test import Client

from dashboard import past, returns
from tests.dashboard import rows
from tests.dashboard.sheet import rows_of
from trading.models import PnlPoint, PositionGroup

QUERIES = 12


def results(client: Client, query: str = "") -> list[str]:
    page = client.get(f"/history{query}")
    assert page.status_code == 200
    return [f"{row.symbol} {row.result.normalize():f}" for row in page.context["page"].rows]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["BTC/USDT 12.4", "ETH/USDT 4.1", "XRP/USDT -1.92", "SOL/USDT 6.66", "BTC/USDT 9.05"]),
        ("?q=btc", ["BTC/USDT 12.4", "BTC/USDT 9.05"]),
        ("?q=exit+signal", ["ETH/USDT 4.1"]),
        ("?side=SHORT", []),
        ("?timeframe=60", []),
        ("?from=2100-01-01", []),
        ("?to=0001-01-01", []),
        ("?from=9999-12-31", []),
        ("?to=9999-12-31", ["BTC/USDT 12.4", "ETH/USDT 4.1", "XRP/USDT -1.92", "SOL/USDT 6.66", "BTC/USDT 9.05"]),
        ("?before=2026-01-01T00:00:00%2B23:00_1", []),
        ("?before=0001-01-01T00:00:00%2B23:00_1", ["BTC/USDT 12.4", "ETH/USDT 4.1", "XRP/USDT -1.92", "SOL/USDT 6.66", "BTC/USDT 9.05"]),
        ("?before=9999-12-31T23:59:00-23:00_1", ["BTC/USDT 12.4", "ETH/USDT 4.1", "XRP/USDT -1.92", "SOL/USDT 6.66", "BTC/USDT 9.05"]),
        ("?before=2026-01-01T00:00:00_1", ["BTC/USDT 12.4", "ETH/USDT 4.1", "XRP/USDT -1.92", "SOL/USDT 6.66", "BTC/USDT 9.05"]),
        ("?from=nonsense&before=%00&timeframe=%00", ["BTC/USDT 12.4", "ETH/USDT 4.1", "XRP/USDT -1.92", "SOL/USDT 6.66", "BTC/USDT 9.05"]),
    ],
)  # fmt: skip
def test_what_fits_is_shown_the_latest_first(root: Client, query: str, shown: list[str]) -> None:
    assert results(root, query) == shown


def test_pages_follow_each_other_without_gap_or_overlap(root: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "SHOWN", 2)
    PositionGroup.objects.filter(realised_pnl__in=["4.10", "-1.92"]).update(closed_at=rows_time())
    seen: list[int] = []
    before: str | None = ""
    while before is not None:
        page = root.get("/history", {"before": before}).context["page"]
        seen += [row.id for row in page.rows]
        before = page.next or None
    assert len(seen) == len(set(seen)) == 5


def rows_time() -> datetime:
    """Two groups that closed at the same instant."""
    return PositionGroup.objects.get(realised_pnl="4.10").closed_at


@pytest.mark.parametrize("address", ["/history", "/performance", "/performance?period=all"])
def test_few_questions(root: Client, address: str, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(QUERIES):
        assert root.get(address).status_code == 200


# performance -------------------------------------------------------------------------------------


def test_the_figures_of_a_day_by_hand(day: rows.Desk, now: datetime) -> None:
    page = returns.gather(day.account, "month", now=now)
    by_name = {period.name: period.tally for period in page.periods}
    # within 24 hours: 12.40, 4.10, −1.92; within 7 days also 6.66 and 9.05
    assert (by_name["day"].count, by_name["day"].net, by_name["day"].won) == (3, Dec("14.58"), 2)
    assert (by_name["week"].count, by_name["week"].net, by_name["all"].net) == (5, Dec("30.29"), Dec("30.29"))
    assert by_name["week"].profit_factor == Dec("32.21") / Dec("1.92")
    pairs = [(bar.label, bar.value, bar.count) for bar in page.breakdowns["pair"]]
    assert pairs[0] == ("BTC/USDT", Dec("21.45"), 2)
    assert sum(bar.count for bar in page.breakdowns["bin"]) == 5
    assert sum(bar.value for bar in page.breakdowns["hour"]) == Dec("30.29")


@pytest.mark.parametrize(
    ("place", "step", "label"),
    [
        (0, "0.05", "0.00 to + 0.05"),
        (-1, "0.05", "− 0.05 to 0.00"),
        (2, "0.0005", "+ 0.0010 to + 0.0015"),  # as fine as the step
        (-8, "2", "below − 14.00"),  # the outermost hold what lies beyond
        (7, "2", "+ 14.00 or more"),
    ],
)
def test_a_bin_says_from_where_to_where(place: int, step: str, label: str) -> None:
    rows = [(str(place), Dec(1), 1)]
    assert [bar.label.replace("\u202f", " ") for bar in returns._distribution(rows, Dec(step))] == [label]


def test_deposits_do_not_move_the_curve(day: rows.Desk, now: datetime) -> None:
    # Profit 0, 10, 5 while 1,000 come in at the second reading: 100, 110, 105; the fall is 5 ÷ 110.
    said = [(3, "100", "0"), (2, "1110", "10"), (0, "1105", "5")]
    for days, equity, profit in said:
        at = now - timedelta(days=days)
        PnlPoint.objects.create(
            account=day.account, at=at, equity=equity, realised_pnl=profit, unrealised_pnl=0, open_groups=0
        )
    page = returns.gather(day.account, "month", now=now)
    assert page.curve is not None
    assert (page.curve.low, page.curve.high) == (Dec(100), Dec(110))
    assert round(page.curve.deepest_pct, 4) == Dec("4.5455")
    assert (page.ratios.return_pct, page.ratios.sharpe) == (Dec(5), None)


def test_an_empty_account_has_its_words(root: Client) -> None:
    page = root.get("/performance?period=day").content.decode()
    assert "The curve begins with the first reading" in page


# exports -----------------------------------------------------------------------------------------


def read(client: Client, name: str, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/history/{name}.csv{query}")
    assert (answer.status_code, answer.streaming) == (200, True)
    return rows_of(answer)


@pytest.mark.parametrize(
    ("name", "count"), [("groups", 5), ("orders", 20), ("fills", 12), ("funding", 0), ("curve", 0)]
)
def test_every_table_is_exported(root: Client, name: str, count: int) -> None:
    assert len(read(root, name)) == count


def test_a_cell_can_not_become_a_formula(root: Client) -> None:
    PositionGroup.objects.filter(realised_pnl="12.40").update(close_reason='=HYPERLINK("http://x")')
    first = read(root, "groups", "?q=hyperlink")[0]
    assert (first["close_reason"], first["realised_pnl"]) == ('\'=HYPERLINK("http://x")', "12.4")


def test_an_unknown_table_is_404(root: Client) -> None:
    assert root.get("/history/users.csv").status_code == 404
