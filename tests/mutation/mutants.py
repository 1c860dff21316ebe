"""Every mutant of a module: where it differs, by which operator, and its code."""

import ast
import copy
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import CodeType

from tests.mutation.operators import changes

TABLE = "(table)"
# Where a mutant outside of functions and classes is.
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Key = tuple[str, int]
# A function's qualified name and first line, as its code object has them.
Path = tuple[tuple[str, int | None], ...]

# What no test is asked to notice: types, decorators, the bases of classes and the layout of texts.
_SKIPPED = frozenset({"annotation", "returns", "decorator_list", "bases", "format_spec"})


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change. key None: it is outside of functions, so the module has to be imported anew."""

    module: str
    where: str
    line: int
    operator: str
    before: str
    after: str
    key: Key | None
    number: int = 0  # of those that read alike in one function

    @property
    def id(self) -> str:
        """Stays the same while lines move."""
        again = f" #{self.number + 1}" if self.number else ""
        return f"{self.module}.{self.where}: {self.before} → {self.after}{again}"


@dataclass(frozen=True, slots=True)
class _Place:
    """What a node is in: classes, the function it belongs to by name, and the key of the outermost one it runs in."""

    scope: str = ""
    where: str = ""
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class _Site:
    """A node by the way to it from the tree's root."""

    path: Path
    node: ast.AST
    place: _Place


@dataclass(frozen=True, slots=True)
class _Made:
    """A mutant, and which node stands there instead."""

    mutant: Mutant
    path: Path
    node: ast.AST


class Module:
    """A module's source with all its mutants."""

    def __init__(self, name: str, source: str, filename: str) -> None:
        self.name, self.filename = name, filename
        self._tree = ast.parse(source)
        self._made = {made.mutant.id: made for made in self._all()}

    @property
    def mutants(self) -> Sequence[Mutant]:
        """All of them, in the order of the source."""
        return [made.mutant for made in self._made.values()]

    def code(self, mutant: Mutant | None = None) -> CodeType:
        """The module compiled with a mutant, or as it is."""
        tree = copy.deepcopy(self._tree)
        if mutant is not None:
            made = self._made[mutant.id]
            _put(tree, made.path, made.node)
        return self._compiled(tree)

    def watched(self, hit: str) -> CodeType:
        """The module compiled so that each function first calls the builtin `hit` with its key."""
        tree = copy.deepcopy(self._tree)
        outermost = [site for site in _sites(tree) if _is_outermost(site)]
        for site in outermost:
            _watch(site.node, hit, site.place.key)
        return self._compiled(tree)

    def _compiled(self, tree: ast.Module) -> CodeType:
        return compile(ast.fix_missing_locations(tree), self.filename, "exec", dont_inherit=True)

    def _all(self) -> Iterator[_Made]:
        seen = Counter[str]()
        for site in _sites(self._tree):
            for operator, node in changes(site.node):
                mutant = self._mutant(site, operator, ast.copy_location(node, site.node))
                seen[mutant.id] += 1
                yield _Made(replace(mutant, number=seen[mutant.id] - 1), site.path, node)

    def _mutant(self, site: _Site, operator: str, node: ast.AST) -> Mutant:
        where, line = site.place.where or TABLE, _line(site.node)
        return Mutant(self.name, where, line, operator, _text(site.node), _text(node), site.place.key)


# where nodes are ---------------------------------------------------------------------------------


def _sites(tree: ast.Module) -> Iterator[_Site]:
    yield from _below(_Site((), tree, _Place()))


def _below(site: _Site) -> Iterator[_Site]:
    for name, index, child in _children(site.node):
        inner = _Site((*site.path, (name, index)), child, _place(site, name, child))
        yield inner
        yield from _below(inner)


def _place(site: _Site, name: str, child: ast.AST) -> _Place:
    """A function's body runs in it, its defaults do not."""
    place = replace(site.place, key=None) if name == "args" and _is_outermost(site) else site.place
    if isinstance(child, ast.ClassDef) and place.key is None:
        return replace(place, scope=f"{place.scope}{child.name}.", where=f"{place.scope}{child.name}")
    if isinstance(child, Function) and place.key is None:
        name = f"{place.scope}{getattr(child, 'name', '<lambda>')}"
        return replace(place, where=name, key=(name, _first_line(child)))
    return place


def _is_outermost(site: _Site) -> bool:
    """Whether a node is a function that is in no other one."""
    where = f"{site.place.scope}{getattr(site.node, 'name', '<lambda>')}"
    return isinstance(site.node, Function) and site.place.key == (where, _first_line(site.node))


def _first_line(node: Function) -> int:
    """As a code object counts: a decorated function begins with its first decorator."""
    return min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])


def _children(node: ast.AST) -> Iterator[tuple[str, int | None, ast.AST]]:
    for name, value in ast.iter_fields(node):
        if name not in _SKIPPED and not (isinstance(node, ast.ClassDef) and name == "keywords"):
            found = enumerate(value) if isinstance(value, list) else [(None, value)]
            yield from ((name, index, child) for index, child in found if _looked_at(child))


def _looked_at(node: object) -> bool:
    if not isinstance(node, ast.AST) or isinstance(node, ast.Import | ast.ImportFrom):
        return False
    return not (_is_text(node) or _is_export(node) or _is_union(node))


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_export(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"


def _is_union(node: ast.AST) -> bool:
    """Types joined by a bar: on its right None, or a name in capitals and small letters."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.BitOr):
        return False
    name = getattr(node.right, "id", "")
    return getattr(node.right, "value", ...) is None or (name[:1].isupper() and not name.isupper())


# changing a tree ---------------------------------------------------------------------------------


def _put(tree: ast.AST, path: Path, new: ast.AST) -> None:
    *way, (name, index) = path
    node = tree
    for step, number in way:
        value = getattr(node, step)
        node = value if number is None else value[number]
    if index is None:
        setattr(node, name, new)
    else:
        getattr(node, name)[index] = new


def _watch(node: ast.AST, hit: str, key: Key | None) -> None:
    call = ast.copy_location(ast.parse(f"{hit}({key!r})", mode="eval").body, node)
    if isinstance(node, ast.Lambda):
        node.body = ast.BoolOp(ast.Or(), [call, node.body])
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        node.body.insert(0, ast.Expr(call))


def _line(node: ast.AST) -> int:
    return node.target.lineno if isinstance(node, ast.comprehension) else getattr(node, "lineno", 0)


def _text(node: ast.AST) -> str:
    """One line of source; of a branch its first line."""
    return " ".join(ast.unparse(node).strip().split("\n")[0].split())
