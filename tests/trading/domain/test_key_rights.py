"""What venues say of a key, in their own words: captured shapes, one row each."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.domain.key_rights import READERS, KeyRights, rights_of

BINANCE = {
    "ipRestrict": False, "createTime": 1698645219000, "enableReading": True, "enableWithdrawals": False,
    "enableInternalTransfer": False, "enableMargin": False, "enableFutures": False, "permitsUniversalTransfer": False,
    "enableVanillaOptions": False, "enableFixApiTrade": False, "enableFixReadOnly": True,
    "enableSpotAndMarginTrading": True, "enablePortfolioMarginTrading": False,
}  # fmt: skip
BYBIT = {
    "retCode": 0,
    "result": {
        "readOnly": 0, "ips": ["*"],
        "permissions": {"ContractTrade": ["Order", "Position"], "Spot": ["SpotTrade"], "Wallet": ["AccountTransfer"]},
    },
}  # fmt: skip
KUCOIN = {"code": "200000", "data": {"remark": "one", "permission": "General,Spot,Futures", "isMaster": True}}


def bybit(**fields: Any) -> dict[str, Any]:
    return {"result": BYBIT["result"] | fields}


def kucoin(**fields: Any) -> dict[str, Any]:
    return {"data": KUCOIN["data"] | fields}


@pytest.mark.parametrize(
    ("venue", "derivative", "answer", "trading", "withdrawal", "bound"),
    [
        ("binance", False, BINANCE, True, False, False),
        ("binanceusdm", True, BINANCE, False, False, False),  # futures were not ticked
        ("binance", False, BINANCE | {"enableWithdrawals": True, "ipRestrict": True}, True, True, True),
        ("binance", False, {"ipRestrict": False}, None, None, False),  # a flag that is not told is not known
        ("binance", False, BINANCE | {"enableWithdrawals": "false"}, True, None, False),  # a text is no flag
        ("bybit", True, BYBIT, True, False, False),
        ("bybit", True, bybit(readOnly=1), False, False, False),
        ("bybit", False, bybit(permissions={"Spot": [], "Wallet": ["Withdraw"]}, ips=["1.2.3.4"]), False, True, True),
        ("bybit", True, {"retCode": 10003}, None, None, None),
        ("kucoin", False, KUCOIN, True, False, False),
        ("kucoinfutures", True, kucoin(permission="General,Spot", ipWhitelist="1.2.3.4"), False, False, True),
        ("kucoin", False, kucoin(permission="General, Spot, Transfer"), True, True, False),
        ("kucoin", False, {"code": "400100"}, None, None, None),
        ("mtgox", False, BINANCE, None, None, None),
    ],
)
def test_rights(venue: str, derivative: bool, answer: Any, trading: Any, withdrawal: Any, bound: Any) -> None:
    found = rights_of(venue, answer, derivative=derivative)
    assert (found.trading, found.withdrawal, found.ip_bound) == (trading, withdrawal, bound)


@given(st.sampled_from(sorted(READERS)), st.booleans(), st.dictionaries(st.text(max_size=8), st.integers() | st.text()))
def test_an_answer_of_another_shape_is_never_taken_for_a_right(venue: str, derivative: bool, answer: Any) -> None:
    assert rights_of(venue, answer, derivative=derivative) == KeyRights()
