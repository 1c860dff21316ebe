"""The engine's rows."""

from trading.models.config import SettingOverride
from trading.models.foreign import ForeignOrder
from trading.models.group import Leg, PositionGroup, Pyramid
from trading.models.offset import OffsetBook, OffsetRun, OffsetStep, OffsetWatch
from trading.models.order import Fill, FundingPayment, Order
from trading.models.pending import PendingChange
from trading.models.pnl import PnlPoint
from trading.models.queue import QueuedSignal
from trading.models.result import MonthResult
from trading.models.setting_version import SettingRequest, SettingVersion
from trading.models.shadow import ShadowDecision, ShadowGroup, ShadowLeg, ShadowOrder, TheirTrade
from trading.models.slot import Slot
from trading.models.system import Canary
from trading.models.trouble import BareHolding, Disagreement, DustMove

__all__ = [
    "BareHolding",
    "Canary",
    "Disagreement",
    "DustMove",
    "Fill",
    "ForeignOrder",
    "FundingPayment",
    "Leg",
    "MonthResult",
    "OffsetBook",
    "OffsetRun",
    "OffsetStep",
    "OffsetWatch",
    "Order",
    "PendingChange",
    "PnlPoint",
    "PositionGroup",
    "Pyramid",
    "QueuedSignal",
    "SettingOverride",
    "SettingRequest",
    "SettingVersion",
    "ShadowDecision",
    "ShadowGroup",
    "ShadowLeg",
    "ShadowOrder",
    "Slot",
    "TheirTrade",
]
