"""An execution, recorded or reported, as the comparison of books sees it."""

from signals.models import Instrument
from trading.domain.reconcile import VenueFill
from trading.domain.vocabulary import MarketKind, Side
from trading.gateways.base import FillReport
from trading.models import Fill


def of(fill: Fill | FillReport, instrument: Instrument) -> VenueFill:
    """A recorded or reported execution with what its market makes of it."""
    return VenueFill(
        symbol=instrument.symbol,
        venue_order_id=fill.venue_order_id,
        venue_trade_id=fill.venue_trade_id,
        side=Side(fill.side),
        qty=fill.qty,
        cost=fill.cost,
        fee=fill.fee,
        fee_currency=fill.fee_currency,
        base=instrument.base,
        quote=instrument.quote,
        kind=MarketKind(instrument.kind),
    )
