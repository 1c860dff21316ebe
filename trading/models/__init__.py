"""The engine's rows."""

from trading.models.config import SettingOverride
from trading.models.foreign import ForeignOrder
from trading.models.group import Leg, PositionGroup, Pyramid
from trading.models.order import Fill, FundingPayment, Order
from trading.models.pnl import PnlPoint
from trading.models.queue import QueuedSignal
from trading.models.slot import Slot
from trading.models.system import Canary

__all__ = [
    "Canary",
    "Fill",
    "ForeignOrder",
    "FundingPayment",
    "Leg",
    "Order",
    "PnlPoint",
    "PositionGroup",
    "Pyramid",
    "QueuedSignal",
    "SettingOverride",
    "Slot",
]
