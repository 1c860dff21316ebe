"""The paper exchange stands alone: none of the engine, none of Django, no client library."""

import subprocess
import sys

from tests.support.paper import ROOT

STRANGERS = ["ccxt", "celery", "django", "project", "risk", "signals", "trading.domain", "trading.services"]


def test_it_imports_nothing_of_the_engine() -> None:
    code = "import sys, trading.paper.__main__, trading.paper.feed.__main__; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(STRANGERS) & set(found.stdout.split()) == set()
