"""The paper exchange in manual mode: prices stand still, every order rests, no latency is added."""

from decimal import Decimal
from typing import Any

import httpx
from django.utils import timezone

from benchmarks.bench import Bench
from benchmarks.engine import Engine, python
from benchmarks.rows import WALLET, Desk
from project.services.ports import HOST
from signals.models import Instrument, Ticker
from tests.support.markets import know_markets
from trading.services import connect, reconcile

PRICE = "100"
BUY_AT = "99.8"
# Below the market, so that the first leg rests too; within the guard's 0.5 %.
FINEST_LOT, FINEST_TICK = Decimal("0.1"), Decimal("0.1")


def url(bench: Bench) -> str:
    """Where it listens."""
    return f"http://{HOST}:{bench.ports['paper']}"


def start(bench: Bench, engine: Engine) -> None:
    """Start it, with the keys of the desks made so far or later."""
    port, data, keys = bench.ports["paper"], bench.home / "paper", bench.home / "paper-keys.json"
    words = f"-m trading.paper --manual --port {port} --deposit USDT={WALLET}".split()
    engine.start("paper", python(*words, "--data", str(data), "--keys", str(keys)))
    engine.await_port(port)


def open_markets(bench: Bench, desks: list[Desk]) -> list[str]:
    """Give every market a price and let each desk look, as the engine does at its start; the symbols fit for grids."""
    listed = httpx.get(f"{url(bench)}/api/v3/exchangeInfo", timeout=20).json()["symbols"]
    for symbol in listed:
        control(bench, "price", {"symbol": symbol["symbol"], "price": PRICE, "market": "spot"})
    for desk in desks:
        gateway = connect.gateway(desk.account)
        reconcile.reconcile(desk.account.pk, gateway=gateway, clock=timezone.now, timing=connect.timing())
    fine = Instrument.objects.filter(lot_step__lte=FINEST_LOT, tick_size__lte=FINEST_TICK, kind="SPOT", quote="USDT")
    _want(fine)
    know_markets()
    return list(fine.order_by("id").values_list("symbol", flat=True))


def _want(instruments: Any) -> None:
    """Prices as if every pair had been alerted before: from now on they are polled."""
    now, price = timezone.now(), Decimal(PRICE)
    Ticker.objects.bulk_create(
        [Ticker(instrument=i, bid=price, ask=price, last=price, at=now, wanted_at=now) for i in instruments],
        ignore_conflicts=True,
    )


def control(bench: Bench, name: str, body: Any) -> Any:
    """Turn one of its levers. Raises on a refusal."""
    reply = httpx.post(f"{url(bench)}/_control/{name}", json=body, timeout=20)
    reply.raise_for_status()
    return reply.json()


def orders(bench: Bench) -> list[dict[str, Any]]:
    """Every order it ever accepted."""
    ledger = httpx.get(f"{url(bench)}/_control/ledger", timeout=60).json()
    return [order for account in ledger["accounts"].values() for order in account["orders"]]
