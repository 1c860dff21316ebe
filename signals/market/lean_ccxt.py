"""ccxt with the exchanges that are used and no others: all of it weighs 77 MiB in every worker, of this 35 are needless.

The package imports its hundred exchanges when it is first imported. Here it is put in place empty, with its errors and
with an attribute hook that imports an exchange when somebody names it; every other module of ccxt is its own.
"""

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any


class _Lean(ModuleType):
    """The package `ccxt` with exchanges on demand."""

    def __getattr__(self, name: str) -> Any:
        """The class of the exchange `name`. Raises AttributeError, as a module does, when there is none."""
        try:
            return getattr(importlib.import_module(f"ccxt.{name}"), name)
        except ModuleNotFoundError:
            raise AttributeError(f"module 'ccxt' has no attribute {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        """Python binds an imported exchange's module to its package; what callers name is the class within."""
        super().__setattr__(name, getattr(value, name, value) if isinstance(value, ModuleType) else value)


def install(*exchanges: str) -> None:
    """Put the lean package in place of ccxt and load these exchanges; nothing where ccxt was imported already."""
    if "ccxt" in sys.modules:
        return
    spec = importlib.util.find_spec("ccxt")
    if spec is None:
        raise ModuleNotFoundError("ccxt is not installed: run `make install`", name="ccxt")
    package = _Lean("ccxt")
    package.__path__, package.__spec__ = list(spec.submodule_search_locations or ()), spec
    sys.modules["ccxt"] = package
    errors = vars(importlib.import_module("ccxt.base.errors"))
    vars(package).update({name: found for name, found in errors.items() if not name.startswith("_")})
    vars(package)["Exchange"] = importlib.import_module("ccxt.base.exchange").Exchange
    for name in exchanges:
        getattr(package, name)
