"""Which modules are mutated, and which test files are asked about each."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

ROOT = Path(__file__).resolve().parents[2]
SOURCES = Path("trading/domain")
TESTS = Path("tests/trading/domain")
MODULES = (
    *("admission", "client_id", "exit_ladder", "exit_plan", "exit_view", "exit_watch", "group_status", "ladder"),
    *("money", "naked", "offset_saga", "order_state", "position", "pyramids", "reconcile", "reduce", "retry"),
    *("rungs", "stops", "take_profit", "work_down"),
)
_THROUGH: Mapping[str, Sequence[str]] = MappingProxyType({"exit_view": ("exit_plan",), "exit_watch": ("exit_plan",)})
# Modules that are reached through another one's tests, because what they say is decided there.


def source_of(module: str) -> Path:
    return ROOT / SOURCES / f"{module}.py"


def files_for(module: str) -> list[str]:
    """Test files that import a module, its own first; relative to the checkout."""
    names = "|".join([module, *_THROUGH.get(module, ())])
    imports = re.compile(rf"^from trading\.domain(\.({names}) import| import .*\b({names})\b)", re.MULTILINE)
    found = [path for path in sorted((ROOT / TESTS).glob("test_*.py")) if imports.search(path.read_text("utf-8"))]
    return [str(path.relative_to(ROOT)) for path in sorted(found, key=lambda path: path.stem != f"test_{module}")]
