"""The package by itself: what it says it needs is what it imports, and its command exists."""

import ast
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import trading.paper

ROOT = Path(trading.paper.__path__[0])
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
COMES_WITH_UVICORN = {"httptools", "uvicorn", "uvloop"}
OPTIONAL = {"ccxt": "drivers", "httpx": "feed"}


def imported(path: Path) -> set[str]:
    """The top packages of every import in a file, also of those within functions."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    return {name.partition(".")[0] for name in plain | named}


def test_it_imports_nothing_that_it_does_not_say() -> None:
    found = {(name, path.relative_to(ROOT).parts[0]) for path in ROOT.rglob("*.py") for name in imported(path)}
    strange = {one for one in found if one[0] not in sys.stdlib_module_names and one[0] != "trading"}
    assert {name for name, _ in strange} <= COMES_WITH_UVICORN | set(OPTIONAL)
    assert {one for one in strange if one[0] in OPTIONAL} == set(OPTIONAL.items())
    assert PROJECT["dependencies"][0].startswith("uvicorn[standard]")
    assert {one.partition(">")[0] for group in PROJECT["optional-dependencies"].values() for one in group} == set(
        OPTIONAL
    )


def test_its_command_exists() -> None:
    module, _, name = PROJECT["scripts"]["paper-exchange"].partition(":")
    assert callable(getattr(import_module(module), name))
