"""A live paper exchange for tests: starts the real process on a free port and turns its levers.

with PaperExchange() as paper:
    paper.price("BTCUSDT", "60000")
    client = paper.ccxt()          # ccxt.binance, every URL on the paper exchange
    client.create_order("BTC/USDT", "limit", "buy", "0.001", "59000")
"""

import hashlib
import hmac
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import ccxt
import httpx

from project.services.ports import free_port
from tests.support import measured

START_SECS = 120.0
STOP_SECS = 60.0
POLL_SECS = 0.02
KEYS_KEPT = 300
# Of a session's thousands: the exchange reads the file again for each new one, and old accounts are nobody's.
ROOT = Path(__file__).resolve().parents[2]

Json = dict[str, Any]


class DidNotStart(RuntimeError):
    """The paper exchange ended or stayed silent; its log is in the message."""


class PaperExchange:
    """One paper exchange process with its own data folder, in manual mode unless told otherwise.

    `key`, `secret` and `account` are those of the first account; `add_key` makes more.
    """

    key = "test-key"
    secret = "test-secret"
    account = "test"

    def __init__(
        self, *arguments: str, deposit: str = "USDT=10000", port: int | None = None, control_token: str = ""
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="paper-")
        self.data = Path(self._folder.name) / "data"
        self._keys_path = Path(self._folder.name) / "keys.json"
        self._log_path = Path(self._folder.name) / "log"
        self._keys: list[dict[str, Any]] = []
        self._arguments = arguments or ("--manual",)
        self._deposit = deposit
        self._process: subprocess.Popen[bytes] | None = None
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        token = {"X-Control-Token": control_token}
        self._http = httpx.Client(base_url=self.url, timeout=STOP_SECS, headers=token, verify=False)
        self.add_key(self.key, self.secret, self.account)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._http.close()
        self._folder.cleanup()

    def start(self) -> None:
        """Start the process and wait until it answers."""
        command = [sys.executable, "-m", "trading.paper", "--port", str(self.port), "--data", str(self.data)]
        command += ["--keys", str(self._keys_path), "--deposit", self._deposit, *self._arguments]
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=measured.environ(), stdout=log, stderr=log)
        self._wait_ready(self._process)

    def _wait_ready(self, process: subprocess.Popen[bytes]) -> None:
        give_up = time.monotonic() + START_SECS
        while not self._answers():
            if process.poll() is not None or time.monotonic() > give_up:
                self.kill()
                raise DidNotStart(self.log())
            time.sleep(POLL_SECS)

    def _answers(self) -> bool:
        try:
            return self._http.get("/api/v3/ping").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """Stop it in an orderly way (SIGTERM)."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=STOP_SECS)
            self._process = None

    def kill(self) -> None:
        """kill -9: what was answered must survive."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=STOP_SECS)
            self._process = None

    def restart(self) -> None:
        """Stop it if it runs, and start it again on the same port and data."""
        self.stop()
        self.start()

    def log(self) -> str:
        """Everything the process has logged."""
        return self._log_path.read_text() if self._log_path.exists() else ""

    def add_key(self, key: str, secret: str, account: str, **more: Any) -> None:
        """Give an account an API key, with its `rights` where they are not the usual ones; the exchange notices by itself."""
        self._keys.append({"key": key, "secret": secret, "account": account, **more})
        del self._keys[1:-KEYS_KEPT]
        fresh = self._keys_path.with_suffix(".new")
        fresh.write_text(json.dumps(self._keys))
        fresh.rename(self._keys_path)

    def price(self, symbol: str, price: str, *, qty: str | None = None, market: str | None = None) -> None:
        """Set a price, of spot and perpetual unless `market` ("spot", "usdm") names one; a qty is all that trades."""
        optional = {"qty": qty, "market": market}
        given = {name: value for name, value in optional.items() if value is not None}
        self.control("price", {"symbol": symbol, "price": price} | given)

    def prices(self, steps: Iterable[tuple[str, str]]) -> None:
        """Set symbols' prices one after the other, of spot and perpetual alike."""
        self.control("price", [{"symbol": symbol, "price": price} for symbol, price in steps])

    def funding(self, rate: str = "0.0001", **only: str) -> None:
        """Settle funding now; symbol="BTCUSDT" for one contract only."""
        self.control("funding", {"rate": rate} | only)

    def depth(self, symbol: str, **shape: int | str) -> None:
        """Change the market side: spread_ticks, levels, step_bps, level_notional (quote)."""
        self.control("depth", {"symbol": symbol} | shape)

    def deposit(self, amounts: dict[str, str], account: str = account, *, market: str = "spot") -> None:
        """Add funds to an account, or with market="usdm" to its futures wallet."""
        self.control("deposit", {"account": account, "amounts": amounts, "market": market})

    def fault(self, action: str, *, method: str = "", path: str = "", times: int = 1, ms: int = 0) -> None:
        """Plan one kind of fault for the next matching requests; replaces earlier plans."""
        self.faults([{"match": {"method": method, "path": path}, "times": times, "action": action, "ms": ms}])

    def faults(self, rules: list[Json]) -> None:
        """Plan several faults at once; an empty list ends them all."""
        self.control("fault", rules)

    def ledger(self, account: str = account) -> Json:
        """Orders, fills, deposits and balances of an account, as the exchange has them."""
        found: Json = self.read("ledger", account=account)["accounts"].get(account, {})
        return found

    def futures(self, account: str = account) -> Json:
        """Wallet, positions, orders, conditional orders, fills and incomes of a futures account."""
        found: Json = self.read("ledger", account=account)["usdm"]["accounts"].get(account, {})
        return found

    def read(self, name: str, **asked: str) -> Json:
        """GET a control page: "ledger" or "state"."""
        reply = self._http.get(f"/_control/{name}", params=asked)
        reply.raise_for_status()
        found: Json = reply.json()
        return found

    def control(self, name: str, body: Any) -> Json:
        """POST to a control page; a refusal raises with its words."""
        reply = self._http.post(f"/_control/{name}", json=body)
        assert reply.status_code == httpx.codes.OK, reply.text
        found: Json = reply.json()
        return found

    def signed(
        self, method: str, path: str, params: dict[str, Any] | None = None, *, key: str = key, secret: str = secret
    ) -> httpx.Response:
        """A raw request signed as Binance wants it: parameters in the query, now as its timestamp."""
        query = urlencode({"timestamp": time.time_ns() // 1_000_000, "recvWindow": 10_000} | (params or {}))
        mac = hmac.new(secret.encode(), query.encode(), hashlib.sha256).hexdigest()
        return self._http.request(method, f"{path}?{query}&signature={mac}", headers={"X-MBX-APIKEY": key})

    def get(self, path: str, **params: Any) -> httpx.Response:
        """A raw unsigned request."""
        return self._http.get(path, params=params)

    def ccxt_usdm(self, *, key: str = key, secret: str = secret, **options: Any) -> ccxt.binanceusdm:
        """A ccxt futures client of which every URL points here."""
        given = {"apiKey": key, "secret": secret, "timeout": 10_000, "enableRateLimit": False, **options}
        return self._aimed(ccxt.binanceusdm(given), "linear")

    def ccxt(self, *, key: str = key, secret: str = secret, **options: Any) -> ccxt.binance:
        """A ccxt spot client of which every URL points here."""
        client = ccxt.binance({"apiKey": key, "secret": secret, "timeout": 10_000, "enableRateLimit": False, **options})
        return self._aimed(client, "spot")

    def _aimed(self, client: Any, kind: str) -> Any:
        client.number = str
        client.urls["api"] = {
            name: self._moved(url) for name, url in client.urls["api"].items() if isinstance(url, str)
        }
        client.options |= {
            "fetchCurrencies": False,
            "fetchMargins": False,
            "fetchMarkets": {"types": [kind]},
            "recvWindow": 10_000,
        }
        for match in ("exact", "broad"):
            client.exceptions[match] = client.exceptions[match] | client.exceptions[kind].get(match, {})
        return client

    def _moved(self, url: str) -> str:
        return self.url + "/" + url.split("/", 3)[-1]
