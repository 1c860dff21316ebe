"""Each refusal arrives at a ccxt client as the class that ccxt has for Bybit's code."""

import json

import ccxt
import pytest

from trading.paper.core.refusals import Reason, Refused
from trading.paper.dialects.bybit.errors import _LINEAR, _SPOT, ByError, translated

FUNDS, INVALID, REQUEST = ccxt.InsufficientFunds, ccxt.InvalidOrder, ccxt.BadRequest

CLASSES: dict[int, type[Exception]] = {
    10001: REQUEST,
    10002: ccxt.InvalidNonce,
    10003: ccxt.AuthenticationError,
    10004: ccxt.AuthenticationError,
    110001: ccxt.OrderNotFound,
    110003: INVALID,
    110007: FUNDS,
    110009: INVALID,
    110013: REQUEST,
    110016: INVALID,
    110017: INVALID,
    110020: INVALID,
    110024: REQUEST,
    110025: ccxt.NoChange,
    110028: REQUEST,
    110034: INVALID,
    110043: REQUEST,
    110044: FUNDS,
    110072: INVALID,
    110073: ccxt.ExchangeError,
    110074: ccxt.ExchangeError,
    110092: INVALID,
    110093: INVALID,
    110094: INVALID,
    170121: INVALID,
    170130: REQUEST,
    170131: FUNDS,
    170132: INVALID,
    170133: INVALID,
    170134: INVALID,
    170135: INVALID,
    170136: INVALID,
    170137: INVALID,
    170140: INVALID,
    170141: INVALID,
    170151: INVALID,
    170192: INVALID,
    170213: ccxt.OrderNotFound,
    170227: ccxt.ExchangeError,
    170810: ccxt.ExchangeError,
}


@pytest.mark.parametrize("code", CLASSES)
def test_a_code_is_its_class(code: int) -> None:
    body = {"retCode": code, "retMsg": "words", "result": {}, "retExtInfo": {}, "time": 1}
    with pytest.raises(CLASSES[code]) as raised:
        ccxt.bybit().handle_errors(200, "OK", "/v5/order/create", "POST", {}, json.dumps(body), body, {}, None)
    assert raised.type is CLASSES[code]


@pytest.mark.parametrize(("reason", "spot"), [(one, False) for one in _LINEAR] + [(one, True) for one in _SPOT])
def test_every_refusal_has_a_code_of_the_table(reason: Reason, spot: bool) -> None:
    found = translated(Refused(reason, detail="5"), spot=spot)
    assert isinstance(found, ByError)
    assert found.code in CLASSES
    assert "{" not in found.msg
