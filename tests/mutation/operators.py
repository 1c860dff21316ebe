"""What is changed: each operator turns one node of a module's syntax tree into others that a test should notice."""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

_COMPARISONS: Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = MappingProxyType(
    {
        ast.Lt: (ast.LtE, ast.GtE),
        ast.LtE: (ast.Lt, ast.Gt),
        ast.Gt: (ast.GtE, ast.LtE),
        ast.GtE: (ast.Gt, ast.Lt),
        ast.Eq: (ast.NotEq,),
        ast.NotEq: (ast.Eq,),
        ast.Is: (ast.IsNot,),
        ast.IsNot: (ast.Is,),
        ast.In: (ast.NotIn,),
        ast.NotIn: (ast.In,),
    }
)
_ARITHMETIC: Mapping[type[ast.operator], type[ast.operator]] = MappingProxyType(
    {
        ast.Add: ast.Sub,
        ast.Sub: ast.Add,
        ast.Mult: ast.Div,
        ast.Div: ast.Mult,
        ast.FloorDiv: ast.Div,
        ast.Mod: ast.Mult,
        ast.Pow: ast.Mult,
        ast.BitOr: ast.BitAnd,
        ast.BitAnd: ast.BitOr,
    }
)
_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "min": "max",
        "max": "min",
        "any": "all",
        "all": "any",
        "floor_to": "ceil_to",
        "ceil_to": "floor_to",
        "step_down": "step_up",
        "step_up": "step_down",
        "sorted": "list",
    }
)
_WORD = re.compile(r"[A-Z][A-Z0-9_]{2,}")
_NUMBER = re.compile(r"[0-9][0-9.]*(E-?[0-9]+)?")

Changed = tuple[str, ast.AST]
# The operator's name and what stands there instead.


def changes(node: ast.AST) -> Iterator[Changed]:
    """What may stand instead of a node; nothing for most of them."""
    operator = _OPERATORS.get(type(node))
    if operator is not None:
        yield from operator(node)


def _compare(node: ast.Compare) -> Iterator[Changed]:
    for place, operator in enumerate(node.ops):
        for other in _COMPARISONS[type(operator)]:
            ops = [*node.ops[:place], other(), *node.ops[place + 1 :]]
            yield "comparison", ast.Compare(node.left, ops, node.comparators)


def _binary(node: ast.BinOp) -> Iterator[Changed]:
    yield "arithmetic", ast.BinOp(node.left, _ARITHMETIC[type(node.op)](), node.right)


def _unary(node: ast.UnaryOp) -> Iterator[Changed]:
    yield ("not" if isinstance(node.op, ast.Not) else "sign"), node.operand


def _boolean(node: ast.BoolOp) -> Iterator[Changed]:
    yield "and/or", ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)


def _constant(node: ast.Constant) -> Iterator[Changed]:
    value = node.value
    if isinstance(value, bool):
        yield "constant", ast.Constant(not value)
    elif isinstance(value, int):
        yield from (("constant", ast.Constant(value + step)) for step in (1, -1))
    elif isinstance(value, str) and _NUMBER.fullmatch(value):
        yield "constant", ast.Constant("1" + value)
    elif isinstance(value, str) and _WORD.fullmatch(value):
        yield "word", ast.Constant(value + "X")


def _returned(node: ast.Return) -> Iterator[Changed]:
    if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
        yield "return", ast.Return(ast.Constant(None))


def _dropped(node: ast.stmt) -> Iterator[Changed]:
    yield "dropped", ast.Pass()


def _augmented(node: ast.AugAssign) -> Iterator[Changed]:
    yield "dropped", ast.Pass()
    yield "arithmetic", ast.AugAssign(node.target, _ARITHMETIC[type(node.op)](), node.value)


def _branch(node: ast.If) -> Iterator[Changed]:
    for chosen in (True, False):
        yield "condition", ast.If(ast.Constant(chosen), node.body, node.orelse)


def _choice(node: ast.IfExp) -> Iterator[Changed]:
    yield "condition", node.body
    yield "condition", node.orelse


def _loop(node: ast.While) -> Iterator[Changed]:
    yield "condition", ast.While(ast.Constant(False), node.body, node.orelse)


def _filter(node: ast.comprehension) -> Iterator[Changed]:
    for place in range(len(node.ifs)):
        rest = [*node.ifs[:place], *node.ifs[place + 1 :]]
        yield "filter", ast.comprehension(node.target, node.iter, rest, node.is_async)


def _call(node: ast.Call) -> Iterator[Changed]:
    if isinstance(node.func, ast.Name) and node.func.id in _NAMES:
        other = ast.Name(_NAMES[node.func.id], ast.Load())
        unordered = node.func.id == "sorted"
        yield "function", ast.Call(other, node.args, [] if unordered else node.keywords)


_OPERATORS: Mapping[type[ast.AST], Callable[..., Iterator[Changed]]] = MappingProxyType(
    {
        ast.Compare: _compare,
        ast.BinOp: _binary,
        ast.UnaryOp: _unary,
        ast.BoolOp: _boolean,
        ast.Constant: _constant,
        ast.Return: _returned,
        ast.Expr: _dropped,
        ast.Raise: _dropped,
        ast.Continue: _dropped,
        ast.Break: _dropped,
        ast.AugAssign: _augmented,
        ast.If: _branch,
        ast.IfExp: _choice,
        ast.While: _loop,
        ast.comprehension: _filter,
        ast.Call: _call,
    }
)
