"""The walls stand: floors, imports, house rules, routes."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import current_app
from django.apps import apps
from django.db.models import ForeignKey, Model

import dashboard.notices.tasks  # noqa: F401
import trading.tasks  # noqa: F401  (registers the tasks)
from celery_app import BEAT, ROUTES

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ("project", "signals", "risk", "trading", "dashboard")  # from the ground up
PURE_MONEY = ("trading/domain", "risk/domain")
# Correlation and volatility are statistics; what is money is Decimal.
STATISTICS = ("volatility", "correlation", "drawdown", "portfolio", "regime", "heat", "var", "vector")


def floor(model: type[Model]) -> int:
    """The floor of a model; Django's own stand below ours."""
    package = model.__module__.partition(".")[0]
    return FLOORS.index(package) if package in FLOORS else -1


def foreign_keys() -> Iterator[tuple[type[Model], ForeignKey]]:
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.get_fields():
            if isinstance(field, ForeignKey) and field.remote_field.parent_link is False:
                yield model, field


def test_no_foreign_key_points_upward() -> None:
    keys = [(model, field) for model, field in foreign_keys() if floor(model) >= 0]
    upward = [f"{m.__name__}.{f.name}" for m, f in keys if floor(f.related_model) > floor(m)]
    assert upward == []
    assert len(keys) > 20


def test_the_imports_keep_to_their_floors() -> None:
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def sources(*folders: str) -> list[Path]:
    return sorted(
        path for folder in folders for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts
    )


def calls(tree: ast.AST, name: str) -> list[int]:
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [node.lineno for node in nodes if isinstance(node.func, ast.Name) and node.func.id == name]


def is_statistics(path: Path) -> bool:
    return path.stem.startswith(STATISTICS)


@pytest.mark.parametrize("path", sources(*PURE_MONEY), ids=lambda path: str(path.relative_to(ROOT)))
def test_money_is_never_a_float(path: Path) -> None:
    lines = [] if is_statistics(path) else calls(ast.parse(path.read_text(encoding="utf-8")), "float")
    assert lines == []


def lines_with(pattern: str, *folders: str) -> list[str]:
    found = re.compile(pattern)
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources(*folders)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if found.search(line)
    ]


ENVIRONMENT = (
    "project/settings/",
    "project/services/",
    "project/asgi.py",
    "trading/management/commands/doctor.py",
    "trading/paper/",
    "trading/webhooks.py",
)
CCXT = ("signals/market/venues.py", "trading/gateways/", "trading/paper/drivers/live.py")


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [
        (r"^\s*(import ccxt|from ccxt)", CCXT),
        (r"\bos\.environ\b|\bgetenv\(", ENVIRONMENT),
        (r"\.select_for_update\((?!no_key=True)", ()),  # a plain FOR UPDATE deadlocks with the insert of a child
        (r"\beta=|\bcountdown=|\.apply_async\(|\.delay\(", ()),  # a due time is a column, a bell is rung
    ],
    ids=["ccxt", "environment", "locks", "due times"],
)
def test_a_house_rule_is_kept_outside_the_rooms_it_allows(pattern: str, allowed: tuple[str, ...]) -> None:
    assert [place for place in lines_with(pattern, *FLOORS) if not place.startswith(allowed)] == []


def test_broad_excepts_are_rare_and_say_why() -> None:
    places = lines_with(r"except (Base)?Exception|except:\s*$", *FLOORS)
    explained = lines_with(r"except (Base)?Exception.*# noqa: BLE001 - \w+", *FLOORS)
    assert places == explained
    assert len(places) <= 6


def names(pattern: str) -> set[str]:
    return {name for name in current_app.tasks if name.startswith(pattern)}


def test_every_task_has_a_route_and_every_route_a_task() -> None:
    assert names("trading.") == set(ROUTES)


def test_every_queue_is_one_a_worker_listens_to() -> None:
    assert {route["queue"] for route in ROUTES.values()} <= {"kill", "exits", "entries", "sweeps", "market", "misc"}


def test_exits_share_no_queue_with_entries() -> None:
    entries = {name for name, route in ROUTES.items() if route["queue"] == "entries"}
    assert entries == {"trading.process_inbox", "trading.submit_entries"}


@pytest.mark.parametrize("row", BEAT, ids=str)
def test_every_beat_row_rings_a_task_that_exists(row: str) -> None:
    assert BEAT[row]["task"] in ROUTES
    assert {f"trading.{task}" for task in BEAT[row]["args"]} <= set(ROUTES)
    assert BEAT[row]["options"]["expires"] == BEAT[row]["schedule"]


def test_tables_stand_in_alphabetical_order() -> None:
    assert [list(table) for table in (ROUTES, BEAT)] == [sorted(table) for table in (ROUTES, BEAT)]


def bodies(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", (node.end_lineno or 0) - node.lineno + 1


def test_no_function_is_longer_than_sixty_lines_and_no_file_than_four_hundred() -> None:
    code = sources(*FLOORS)
    assert [name for path in code for name, length in bodies(path) if length > 60] == []
    assert [str(path) for path in code if len(path.read_text(encoding="utf-8").splitlines()) > 400] == []


@pytest.mark.parametrize("path", sources("tests"), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_test_sleeps_in_a_loop_of_hope(path: Path) -> None:
    """A wait is for an event, with a deadline; `time.sleep` stands only in polling helpers."""
    sleeps = re.findall(r"(?m)^\s*(?:time|asyncio)\.sleep\(|await asyncio\.sleep\(", path.read_text(encoding="utf-8"))
    assert len(sleeps) <= 2
