"""A mutant comes to life in a child process: in the functions that exist already, or by importing its module anew."""

import gc
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import CodeType, FunctionType, ModuleType

from tests.mutation.mutants import Key

IMPORTED_ANEW = ("trading", "tests")
# Packages that know the mutated module, or a module that does.

Functions = Mapping[Key, Sequence[FunctionType]]


def live_functions(filename: str) -> Functions:
    """The functions of a file that exist now, by name and line: also those that a decorator has hidden."""
    found = defaultdict(list)
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType) and thing.__code__.co_filename == filename:
            found[thing.__code__.co_qualname, thing.__code__.co_firstlineno].append(thing)
    return found


def codes(module: CodeType) -> Iterator[tuple[Key, CodeType]]:
    """The code of a module's outermost functions, methods among them."""
    for code in module.co_consts:
        if isinstance(code, CodeType) and "<locals>" not in code.co_qualname:
            yield (code.co_qualname, code.co_firstlineno), code
            yield from codes(code)


def in_place(functions: Functions, code: CodeType, keys: Sequence[Key]) -> None:
    """Give living functions other code."""
    new = dict(codes(code))
    for key in keys:
        for function in functions[key]:
            function.__code__ = new[key]


def anew(name: str, code: CodeType) -> None:
    """From now on the module has this code for whoever imports it; all who did import again."""
    for known in [known for known in sys.modules if known.partition(".")[0] in IMPORTED_ANEW]:
        del sys.modules[known]
    sys.meta_path.insert(0, _Mutated(name, code))


class _Mutated(MetaPathFinder, Loader):
    """Finds one module, and gives it the code it was made with."""

    def __init__(self, name: str, code: CodeType) -> None:
        self._name, self._code = name, code

    def find_spec(self, fullname: str, path: object, target: ModuleType | None = None) -> ModuleSpec | None:
        return spec_from_loader(fullname, self, origin=self._code.co_filename) if fullname == self._name else None

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, module.__dict__)
