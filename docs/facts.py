"""What the code says about itself, read without running it where running it would need Django."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENGINE = ("risk", "signals", "trading")
HEARD_VARIABLE = re.compile(
    r'"(WINDLASS_[A-Z_]+|DEMO|DEMO_SPEED|DATABASE_(?:OWNER_)?URL|REDIS_URL|NO_COLOR|FLOWER_BASIC_AUTH|DJANGO_SETTINGS_MODULE)"'
)


def sources(folders: Iterable[str]) -> Iterator[Path]:
    """Every module of these folders, without migrations."""
    for folder in folders:
        yield from (path for path in sorted((ROOT / folder).rglob("*.py")) if "migrations" not in path.parts)


def given(code: str, *, enum: str, home: str) -> bool:
    """Whether the engine gives a code anywhere but where it is declared."""
    pattern = re.compile(rf"\b{enum}\.{code}\b")
    return any(pattern.search(text(path)) for path in sources(ENGINE) if str(path.relative_to(ROOT)) != home)


def read_settings() -> frozenset[str]:
    """Names of settings that the engine reads: from a group, from `settings` or `limits`, or through a property."""
    found = re.findall(
        r"\b(alerts|execution|exits|grid|limits|live|modes|offset|pool|queue|settings)\.(\w+)", engine_text()
    )
    by_property = properties()
    return frozenset(setting for _, name in found for setting in by_property.get(name, (name,)))


def engine_text() -> str:
    """Everything of the engine but the settings' own modules."""
    return "\n".join(text(path) for path in sources(ENGINE) if not path.name.startswith("settings"))


def properties() -> dict[str, tuple[str, ...]]:
    """Properties of the settings' groups with the fields they read; two groups may have one of the same name."""
    tree = ast.parse(text(ROOT / "trading/domain/settings_groups.py"))
    found: dict[str, set[str]] = defaultdict(set)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            found[node.name] |= own_names(node)
    return {name: tuple(sorted(fields)) for name, fields in found.items()}


def own_names(node: ast.AST) -> set[str]:
    """Every `self.something` within."""
    found = (part for part in ast.walk(node) if isinstance(part, ast.Attribute))
    return {part.attr for part in found if isinstance(part.value, ast.Name) and part.value.id == "self"}


def refusals() -> frozenset[str]:
    """Codes with which the domain refuses a plan, a pyramid or a reduction; not those of reading a setting."""
    paths = (path for path in sources(("trading/domain",)) if not path.name.startswith("settings"))
    return frozenset(code for path in paths for code in re.findall(r'Refusal\(\s*"([A-Z_]+)"', text(path)))


def unproven() -> frozenset[str]:
    """Why the door does not believe a sender; counted under these names on the page."""
    lines = re.findall(r"raise NotProven\((.*)\)", text(ROOT / "signals/authentication.py"))
    return frozenset(code for line in lines for code in re.findall(r'"([A-Z_]+)"', line))


def variables() -> frozenset[str]:
    """Environment variables that Windlass reads."""
    paths = [*sources(("project", "trading", "dashboard")), ROOT / "celery_app.py", ROOT / "manage.py"]
    return frozenset(name for path in paths for name in HEARD_VARIABLE.findall(text(path)))


def invariants() -> dict[str, tuple[str, str]]:
    """Checked invariants: name → promise and function; `module.function` as the table of checks writes it."""
    checks = assigned("trading/services/invariants/__init__.py", "CHECKS")
    return {str(ast.literal_eval(key)): promise(ast.unparse(value)) for key, value in pairs(checks)}


def promise(dotted: str) -> tuple[str, str]:
    """The first line of a check's docstring, without its number."""
    module, function = dotted.split(".")
    tree = ast.parse(text(ROOT / f"trading/services/invariants/{module}.py"))
    found = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == function)
    return (ast.get_docstring(found) or "").partition(": ")[2].splitlines()[0], dotted


def not_checked() -> dict[str, str]:
    """Invariants that nothing checks yet, with the reason."""
    return dict(ast.literal_eval(assigned("trading/services/invariants/__init__.py", "NOT_CHECKED")))


def commands() -> dict[str, str]:
    """Commands of manage.py with their help."""
    paths = sorted((ROOT / "trading/management/commands").glob("[a-z]*.py"))
    return {path.stem: command_help(path) for path in paths}


def command_help(path: Path) -> str:
    """The `help` of a command's class."""
    found = (node for node in ast.walk(ast.parse(text(path))) if isinstance(node, ast.Assign))
    return next(str(ast.literal_eval(n.value)) for n in found if ast.unparse(n.targets[0]) == "help")


def gives_venue_facts() -> bool:
    """Whether the engine hands the gate what only a venue can answer."""
    return any("VenueFacts(" in text(path) for path in sources(("trading",)))


def bells() -> list[tuple[str, str]]:
    """Periodic bells: task and seconds."""
    calls = [value for _, value in pairs(assigned("celery_app.py", "BEAT")) if isinstance(value, ast.Call)]
    return [(str(ast.literal_eval(call.args[1])), f"{ast.literal_eval(call.args[0]):g}") for call in calls]


def queues() -> dict[str, str]:
    """Task → queue."""
    routes: dict[str, dict[str, str]] = ast.literal_eval(assigned("celery_app.py", "ROUTES"))
    return {name.removeprefix("trading."): route["queue"] for name, route in routes.items()}


def task_words() -> dict[str, str]:
    """Task → the first line of its docstring."""
    tree = ast.parse(text(ROOT / "trading/tasks.py"))
    found = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.decorator_list)
    return {node.name: (ast.get_docstring(node) or "").splitlines()[0] for node in found}


def assigned(path: str, name: str) -> ast.expr:
    """The value of a module's constant, as source."""
    for node in ast.parse(text(ROOT / path)).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == name and isinstance(node, ast.Assign | ast.AnnAssign):
            assert node.value is not None
            return node.value
    raise LookupError(f"{path} has no {name}")


def pairs(node: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """Keys and values of a dictionary in the source."""
    assert isinstance(node, ast.Dict)
    return [(key, value) for key, value in zip(node.keys, node.values, strict=True) if key is not None]


def text(path: Path) -> str:
    """A file's text."""
    return path.read_text(encoding="utf-8")
