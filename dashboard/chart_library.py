"""TA-Lib, loaded when an indicator is first asked for, and alone."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

NOT_NEEDED = ("pandas", "polars")
# TA-Lib loads them where they are installed, 45 MB for wrappers that we never call.


def library() -> Any:
    """TA-Lib, without what it would bring along."""
    with _absent(*NOT_NEEDED):
        import talib
    return talib


@contextmanager
def _absent(*names: str) -> Iterator[None]:
    """While something loads that uses these where it finds them, they are not there; unless they are loaded already."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: an import of it fails
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
