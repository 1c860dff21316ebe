"""What each operator makes of a line, and what no operator touches."""

import ast

import pytest

from tests.mutation.mutants import Module


def made(source: str) -> list[str]:
    """What stands instead, one after the other."""
    return [mutant.after for mutant in Module("toy", source, "toy.py").mutants]


@pytest.mark.parametrize(
    ("source", "after"),
    [
        ("a < b", ["a <= b", "a >= b"]),
        ("a <= b", ["a < b", "a > b"]),
        ("a == b", ["a != b"]),
        ("a is not b", ["a is b"]),
        ("a in b", ["a not in b"]),
        ("a < b < c", ["a <= b < c", "a >= b < c", "a < b <= c", "a < b >= c"]),
        ("a + b", ["a - b"]),
        ("a // b", ["a / b"]),
        ("a | {b}", ["a & {b}"]),
        ("-a", ["a"]),
        ("not a", ["a"]),
        ("a and b", ["a or b"]),
        ("True", ["False"]),
        ("10", ["11", "9"]),
        ("'0.5'", ["'10.5'"]),
        ("'TOO_SOON'", ["'TOO_SOONX'"]),
        ("'Wait until the price has moved.'", []),
        ("b if a else c", ["b", "c"]),
        ("[a for a in b if c if d]", ["for a in b if d", "for a in b if c"]),
        ("min(a, b)", ["max(a, b)"]),
        ("sorted(a, key=b)", ["list(a)"]),
        ("floor_to(a, b)", ["ceil_to(a, b)"]),
        ("Place | None", []),
        ("Place | Cancel", []),
    ],
)
def test_an_expression(source: str, after: list[str]) -> None:
    assert made(f"x = {source}") == after


@pytest.mark.parametrize(
    ("source", "after"),
    [
        ("def f():\n    return a", ["return None"]),
        ("def f():\n    return None", []),
        ("def f():\n    a()", ["pass"]),
        ("def f():\n    raise a", ["pass"]),
        ("def f():\n    a += b", ["pass", "a -= b"]),
        ("def f():\n    if a:\n        b = c", ["if True:", "if False:"]),
        ("def f():\n    while a:\n        b = c", ["while False:"]),
        ('"""Says 10."""\n__all__ = ["ABC"]\nimport a', []),
        ("@dataclass(frozen=True)\nclass A(B, metaclass=C):\n    a: int | None = b", []),
        ("def f(a: A | None = b) -> A | None: ...", []),
        ("x = f'{a:%H:%M}'", []),
    ],
)
def test_a_statement(source: str, after: list[str]) -> None:
    assert made(source) == after


SOURCE = """
LIMIT = 5
PICK = {1: lambda a: a + 2}

class A:
    size: int = 3

    @property
    def wide(self, least=4):
        def inner(b):
            return b > 6
        return inner
"""


def test_a_mutant_knows_the_function_it_runs_in() -> None:
    found = {(mutant.before, mutant.where, mutant.key) for mutant in Module("toy", SOURCE, "toy.py").mutants}
    wide = ("A.wide", 8)  # a decorated function begins with its decorator
    assert found >= {
        ("5", "(table)", None),
        ("1", "(table)", None),
        ("a + 2", "<lambda>", ("<lambda>", 3)),
        ("3", "A", None),
        ("4", "A.wide", None),  # a default is computed once, when the function is made
        ("b > 6", "A.wide", wide),
        ("return inner", "A.wide", wide),
    }


def test_each_mutant_differs_in_one_place_and_has_a_name_of_its_own() -> None:
    module = Module("toy", SOURCE, "toy.py")
    assert len({mutant.id for mutant in module.mutants}) == len(module.mutants)
    codes = {module.code(mutant) for mutant in module.mutants}
    assert len(codes | {module.code()}) == len(module.mutants) + 1
    assert ast.dump(ast.parse(SOURCE)) == ast.dump(module._tree)
