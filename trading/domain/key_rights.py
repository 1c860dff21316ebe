"""What a venue says an API key may do, read from each venue's own answer. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KeyRights:
    """None where the venue does not say, which is never taken for yes. ip_bound: only listed addresses may use the key."""

    trading: bool | None = None
    withdrawal: bool | None = None
    transfer: bool | None = None
    ip_bound: bool | None = None


def rights_of(venue: str, answer: Told, *, derivative: bool) -> KeyRights:
    """The rights in a venue's answer; all unknown for a venue nobody has described here."""
    read = READERS.get(venue)
    return read(answer, derivative) if read else KeyRights()


def _binance(answer: Told, derivative: bool) -> KeyRights:
    """GET sapi/v1/account/apiRestrictions: one flag each."""
    return KeyRights(
        trading=_flag(answer, "enableFutures" if derivative else "enableSpotAndMarginTrading"),
        withdrawal=_flag(answer, "enableWithdrawals"),
        transfer=_either(_flag(answer, "enableInternalTransfer"), _flag(answer, "permitsUniversalTransfer")),
        ip_bound=_flag(answer, "ipRestrict"),
    )


def _bybit(answer: Told, derivative: bool) -> KeyRights:
    """GET v5/user/query-api: lists of words per part, and `readOnly` above them all."""
    told = answer.get("result", answer)
    allowed, read_only = told.get("permissions"), told.get("readOnly")
    if not isinstance(allowed, Mapping) or read_only not in (0, 1):
        return KeyRights()
    wallet = frozenset(allowed.get("Wallet") or ())
    words = allowed.get("ContractTrade" if derivative else "Spot") or ()
    addresses = told.get("ips")
    return KeyRights(
        trading=read_only == 0 and ("Order" if derivative else "SpotTrade") in words,
        withdrawal="Withdraw" in wallet,
        transfer=not wallet.isdisjoint({"AccountTransfer", "SubMemberTransfer"}),
        ip_bound=None if addresses is None else bool(addresses) and "*" not in addresses,
    )


def _kucoin(answer: Told, derivative: bool) -> KeyRights:
    """GET api/v1/user/api-key: one line of words. Only `Transfer` takes money away from KuCoin."""
    told = answer.get("data", answer)
    text = told.get("permission")
    if not isinstance(text, str):
        return KeyRights()
    words = {word.strip() for word in text.split(",")}
    return KeyRights(
        trading=("Futures" if derivative else "Spot") in words,
        withdrawal=not words.isdisjoint({"Transfer", "Withdrawal"}),
        transfer=not words.isdisjoint({"InnerTransfer", "FlexTransfers"}),
        ip_bound=bool(told.get("ipWhitelist")),
    )


READERS: Mapping[str, Callable[[Told, bool], KeyRights]] = MappingProxyType(
    {"binance": _binance, "binanceusdm": _binance, "bybit": _bybit, "kucoin": _kucoin, "kucoinfutures": _kucoin}
)


def _flag(answer: Told, name: str) -> bool | None:
    """A flag that is one; anything else is not known."""
    value = answer.get(name)
    return value if isinstance(value, bool) else None


def _either(one: bool | None, other: bool | None) -> bool | None:
    return True if one or other else None if one is None or other is None else False
