"""The lean ccxt: what the engine names is there and works, the hundred others are not loaded."""

import subprocess
import sys

from signals.market.venues import VENUES

SCRIPT = """
import sys
from signals.market import lean_ccxt
lean_ccxt.install()
import ccxt
from trading.gateways import ccxt_gateway, error_map, reports  # what the workers use of it
for name in {venues!r}:
    assert getattr(ccxt, name)({{"number": str}}).id == name
for name in {venues!r}:  # and again: by now the exchanges' modules are bound to the package
    assert getattr(ccxt, name)().id == name
assert issubclass(ccxt.InsufficientFunds, ccxt.BaseError)
assert not hasattr(ccxt, "no_such_exchange")
assert ccxt.kraken().id == "kraken"  # on demand
print(len([name for name in sys.modules if name.startswith("ccxt.")]))
lean_ccxt.install()
assert sys.modules["ccxt"] is ccxt
"""


def test_named_exchanges_work_and_no_others_are_loaded() -> None:
    venues = sorted({venue.ccxt_id for venue in VENUES.values()})
    environ = {"DJANGO_SETTINGS_MODULE": "project.settings.test", "PATH": ""}
    command = [sys.executable, "-c", SCRIPT.format(venues=venues)]
    done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
    assert int(done.stdout) < 25
