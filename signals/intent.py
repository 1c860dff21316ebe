"""What an alert asks for, before anything is known of the market or of open positions. Pure data."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final


class Action(StrEnum):
    """What the sender wants done. BUY and SELL may turn out to be exits; the engine classifies them."""

    BUY = "buy"
    SELL = "sell"
    EXIT = "exit"
    REDUCE = "reduce"
    REVERSE = "reverse"


class MarketPosition(StrEnum):
    """Where the sender's strategy stands after (or before) the order."""

    LONG = "long"
    SHORT = "short"
    FLAT = "flat"


class IntentKind(StrEnum):
    """TRADE may become an order, VALUES is a row of indicator values, NOTICE is shown and notified."""

    TRADE = "trade"
    VALUES = "values"
    NOTICE = "notice"


class SizeKind(StrEnum):
    """In what a size is counted; percentages are 0–100 and more, never ratios."""

    BASE = "base"
    QUOTE = "quote"
    PCT_EQUITY = "pct_equity"
    PCT_FREE = "pct_free"
    PCT_POSITION = "pct_position"
    RISK_QUOTE = "risk_quote"
    RISK_PCT = "risk_pct"
    CONTRACTS = "contracts"


class LevelKind(StrEnum):
    """PRICE is absolute (quote per base); PCT and OFFSET are distances from the entry, always positive."""

    PRICE = "price"
    PCT = "pct"
    OFFSET = "offset"


class OrderStyle(StrEnum):
    """How the sender wants the first entry placed; None in an Intent leaves it to the settings."""

    MARKET = "market"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Size:
    """How much the sender asks for; value > 0. A currency, where given, must turn out to be the instrument's own."""

    kind: SizeKind
    value: Decimal
    currency: str = ""


FARTHEST: Final = Decimal(10)
# A stop at a tenth of the price, or at ten times it, would lose nine tenths of the position: nobody asks for it.


@dataclass(frozen=True, slots=True)
class Level:
    """A stop or a target the sender asks for; share_pct is the part of the position it closes (0–100]."""

    kind: LevelKind
    value: Decimal
    share_pct: Decimal = Decimal(100)

    def is_near(self, price: Decimal) -> bool:
        """Whether a stop can be meant as it is written: a distance, or a price within a tenth and ten times of this."""
        return self.kind is not LevelKind.PRICE or price / FARTHEST <= self.value <= price * FARTHEST


Scalar = bool | str | Decimal


@dataclass(frozen=True, slots=True)
class Intent:
    """One alert, understood. Only kind and format are always there; None or empty means the sender did not say.

    symbol and exchange are as sent (`BINANCE:BTCUSDT.P`), resolved later against the account's instruments.
    side narrows an exit or a reduction; times are aware UTC; prices are quote per base; sizes are signed as sent.
    """

    kind: IntentKind
    format: str
    exchange: str = ""
    symbol: str = ""
    action: Action | None = None
    market_position: MarketPosition | None = None
    prev_market_position: MarketPosition | None = None
    position_size: Decimal | None = None
    prev_position_size: Decimal | None = None
    side: MarketPosition | None = None  # LONG or SHORT, never FLAT
    timeframe_secs: int | None = None
    price: Decimal | None = None
    sent_at: datetime | None = None  # the sender's "now"; age = arrival − sent_at
    bar_time: datetime | None = None  # the bar's open; age = arrival − (bar_time + timeframe), within the bar 0
    max_age_secs: Decimal | None = None  # the sender's own limit on the age; the narrower of it and ours holds
    client_id: str = ""  # the sender's own id of this alert; unique for ever per source
    account: str = ""  # another account of the same user, by name
    size: Size | None = None
    order_type: OrderStyle | None = None
    leverage: Decimal | None = None
    stop_loss: Level | None = None
    take_profit: tuple[Level, ...] = ()
    entries: tuple[Decimal, ...] = ()  # prices of further entries after `price`, quote per base
    adds_only: bool = False  # to a position that is open, on its side or market_position's; never opens one
    max_slippage_pct: Decimal | None = None
    indicators: tuple[tuple[str, Decimal], ...] = ()
    conditions: tuple[tuple[str, Scalar], ...] = ()
    confidence: Decimal | None = None  # 0–1
    strategy: str = ""  # who sent it, in the sender's words: a strategy, an alert name
    severity: str = ""
    message: str = ""
    metadata: tuple[tuple[str, Scalar], ...] = ()

    @property
    def may_exit(self) -> bool:
        """True when this may close or shrink a position: the door lets such alerts through a bucket of their own."""
        if self.action is Action.BUY and MarketPosition.SHORT in self._stands:
            return True
        exits = (Action.EXIT, Action.SELL, Action.REDUCE, Action.REVERSE)
        return self.action in exits or self.market_position is MarketPosition.FLAT

    @property
    def _stands(self) -> tuple[MarketPosition | None, ...]:
        """Every position the alert names: a buy that names a short may buy it back."""
        return (self.market_position, self.prev_market_position, self.side)
