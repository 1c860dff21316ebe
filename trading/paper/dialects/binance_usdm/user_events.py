"""The user's own futures events: orders, conditional orders, wallet and positions, settings."""

from collections.abc import Callable
from typing import Any

from trading.paper.core.orders import Status
from trading.paper.core.perps import events, margin
from trading.paper.core.perps.orders import AlgoOrder, PerpFill, PerpOrder
from trading.paper.core.perps.positions import Position
from trading.paper.core.perps.state import PerpAccount
from trading.paper.dialects.binance_usdm import shapes
from trading.paper.dialects.binance_usdm.numbers import plain
from trading.paper.server.exchange import Exchange

Json = dict[str, Any]


class UserEvents:
    """Turns the exchange's events into Binance's, for the account they concern."""

    def __init__(self, exchange: Exchange, tell: Callable[[str, Json], None]) -> None:
        self._exchange = exchange
        self._tell = tell
        self._reports: dict[type, Callable[[Any], None]] = {
            events.AlgoAccepted: self._algo,
            events.AlgoClosed: self._algo,
            events.AlgoTriggered: self._algo,
            events.Funded: self._funded,
            events.Insured: lambda event: self._wallet(event.account, event.symbol, "INSURANCE_CLEAR", event.at_ms),
            events.Leveraged: self._leveraged,
            events.Margined: lambda event: self._wallet(event.account, event.symbol, "MARGIN_TRANSFER", event.at_ms),
            events.PerpAccepted: lambda event: self._order(event.order_id, "NEW", event.at_ms),
            events.PerpAmended: lambda event: self._order(event.order_id, "AMENDMENT", event.at_ms),
            events.PerpClosed: self._closed,
            events.PerpDeposited: lambda event: self._wallet(event.account, "", "DEPOSIT", event.at_ms),
            events.PerpFilled: self._filled,
        }

    def hear(self, event: Any) -> None:
        """One event, just applied."""
        report = self._reports.get(type(event))
        if report:
            report(event)

    def _order(self, order_id: int, kind: str, at_ms: int, *, fill: PerpFill | None = None) -> None:
        order = self._exchange.state.perps.orders[order_id]
        self._tell(order.account, order_update(order, kind, at_ms, fill=fill))

    def _closed(self, event: events.PerpClosed) -> None:
        kind = "CANCELED" if event.status == Status.CANCELED else "EXPIRED"
        self._order(event.order_id, kind, event.at_ms)

    def _filled(self, event: events.PerpFilled) -> None:
        order = self._exchange.state.perps.orders[event.order_id]
        fill = order.fills[-1]
        self._wallet(order.account, order.instrument.symbol, "ORDER", event.at_ms)
        kind = "CALCULATED" if order.client_id.startswith("autoclose-") else "TRADE"
        self._order(order.id, kind, event.at_ms, fill=fill if isinstance(fill, PerpFill) else None)

    def _algo(self, event: Any) -> None:
        algo = self._exchange.state.perps.algos[event.algo_id]
        self._tell(algo.account, algo_update(algo, event.at_ms))

    def _leveraged(self, event: events.Leveraged) -> None:
        changed = {"s": event.symbol, "l": event.leverage}
        told = {"e": "ACCOUNT_CONFIG_UPDATE", "E": event.at_ms, "T": event.at_ms, "ac": changed}
        self._tell(event.account, told)

    def _funded(self, event: events.Funded) -> None:
        for account in self._exchange.state.perps.accounts.values():
            if account.held(event.symbol):
                self._wallet(account.name, event.symbol, "FUNDING_FEE", event.at_ms)

    def _wallet(self, name: str, symbol: str, reason: str, at_ms: int) -> None:
        account = self._exchange.state.perps.accounts[name]
        positions = [one for one in account.positions.values() if one.symbol == symbol]
        balance = {"a": "USDT", "wb": plain(account.wallet), "cw": plain(account.cross_wallet), "bc": "0"}
        content = {"m": reason, "B": [balance], "P": [self._position(account, one) for one in positions]}
        self._tell(name, {"e": "ACCOUNT_UPDATE", "E": at_ms, "T": at_ms, "a": content})

    def _position(self, account: PerpAccount, one: Position) -> Json:
        isolated = one.symbol in account.isolated
        return {
            "s": one.symbol,
            "pa": plain(one.qty),
            "ep": plain(one.entry_price),
            "bep": plain(one.entry_price),
            "cr": plain(account.incomes.total(one.symbol)),
            "up": plain(one.unrealised(margin.mark(self._exchange.state.perps, one.symbol))),
            "mt": "isolated" if isolated else "cross",
            "iw": plain(one.isolated_wallet),
            "ps": one.side.value,
        }


def order_update(order: PerpOrder, kind: str, at_ms: int, *, fill: PerpFill | None = None) -> Json:
    """An ORDER_TRADE_UPDATE."""
    told = shapes.order(order)
    content = {
        "s": told["symbol"],
        "c": told["clientOrderId"],
        "S": told["side"],
        "o": told["type"],
        "f": told["timeInForce"],
        "q": told["origQty"],
        "p": told["price"],
        "ap": told["avgPrice"],
        "sp": told["stopPrice"],
        "x": kind,
        "X": told["status"],
        "i": order.id,
        "z": told["executedQty"],
        "T": at_ms,
        "b": "0",
        "a": "0",
        "R": order.reduce_only,
        "wt": told["workingType"],
        "ot": told["origType"],
        "ps": told["positionSide"],
        "cp": order.close_position,
        "pP": False,
        "si": 0,
        "ss": 0,
        "V": told["selfTradePreventionMode"],
        "pm": told["priceMatch"],
        "gtd": told["goodTillDate"],
    }
    return {"e": "ORDER_TRADE_UPDATE", "E": at_ms, "T": at_ms, "o": content | _execution(fill)}


def _execution(fill: PerpFill | None) -> Json:
    if fill is None:
        return {"l": "0", "L": "0", "t": 0, "m": False, "rp": "0"}
    return {
        "l": plain(fill.qty),
        "L": plain(fill.price),
        "n": plain(fill.fee),
        "N": fill.fee_asset,
        "t": fill.trade_id,
        "m": fill.maker,
        "rp": plain(fill.realised),
    }


def algo_update(algo: AlgoOrder, at_ms: int) -> Json:
    """An ALGO_UPDATE."""
    told = shapes.algo(algo)
    content = {
        "caid": algo.client_id,
        "aid": algo.id,
        "at": "CONDITIONAL",
        "o": told["orderType"],
        "s": told["symbol"],
        "S": told["side"],
        "ps": told["positionSide"],
        "f": told["timeInForce"],
        "q": told["quantity"],
        "X": told["algoStatus"],
        "ai": told["actualOrderId"],
        "ap": told["actualPrice"],
        "aq": plain(algo.actual.filled) if algo.actual else "0",
        "act": algo.actual.type.value if algo.actual else "",
        "tp": told["triggerPrice"],
        "p": told["price"],
        "V": "NONE",
        "wt": told["workingType"],
        "pm": "NONE",
        "cp": algo.close_position,
        "pP": False,
        "R": algo.reduce_only,
        "tt": algo.triggered_ms,
        "gtd": 0,
        "rm": "",
    }
    return {"e": "ALGO_UPDATE", "T": at_ms, "E": at_ms, "o": content}
