"""Capital: every way of asking for it, and the cap that bound."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.denial import Denial, DenialCode
from risk.domain.sizing import Cap, Sized, SizeLine, SizeRequest, capital, in_quote
from risk.domain.sizing_syntax import parse_size, write_size
from signals.intent import Size, SizeKind

D = Decimal
K = SizeKind
ONE_PCT = SizeRequest(K.PCT_EQUITY, D(1))
FACTS = {
    "setting": ONE_PCT,
    "equity": D(10000),
    "free": D(8000),
    "position": D(500),
    "price": D(50),
    "stop_distance": D(2),
    "base": "SOL",
    "quote": "USDT",
    "contract_size": D(10),
}


def size(request: SizeRequest | None = None, **more: object) -> Sized | Denial:
    return capital(request, **{**FACTS, **more})


@pytest.mark.parametrize(
    ("request_", "amount"),
    [
        (None, "100"),  # 1 % of 10 000
        (SizeRequest(K.PCT_EQUITY, D(5)), "500"),
        (SizeRequest(K.PCT_FREE, D(5)), "400"),  # of 8 000
        (SizeRequest(K.PCT_POSITION, D(50)), "250"),  # of 500
        (SizeRequest(K.QUOTE, D(123)), "123"),
        (SizeRequest(K.QUOTE, D(123), "USDT"), "123"),
        (SizeRequest(K.QUOTE, D(3), "sol"), "150"),  # 3 × 50
        (SizeRequest(K.BASE, D(3)), "150"),
        (SizeRequest(K.CONTRACTS, D(3)), "1500"),  # 3 × 10 × 50
        (SizeRequest(K.RISK_QUOTE, D(20)), "500"),  # 20 ÷ 2 = 10 base × 50
        (SizeRequest(K.RISK_PCT, D("0.5")), "1250"),  # 50 ÷ 2 = 25 base × 50
    ],
)
def test_every_kind_of_size(request_: SizeRequest | None, amount: str) -> None:
    found = size(request_)
    assert isinstance(found, Sized)
    assert (found.capital, found.bound_by) == (D(amount), "setting" if request_ is None else "alert")


def test_the_smallest_cap_binds_and_every_line_is_shown() -> None:
    caps = (Cap("per symbol", D(90)), Cap("live start", D(200)))
    assert size(SizeRequest(K.QUOTE, D(300)), caps=caps) == Sized(
        D(90),
        "per symbol",
        (
            SizeLine("alert", D(300), binds=False),
            SizeLine("free balance", D(8000), binds=False),
            SizeLine("per symbol", D(90), binds=True),
            SizeLine("live start", D(200), binds=False),
        ),
    )


@pytest.mark.parametrize(
    ("asked", "leverage", "capital", "bound_by"),
    [
        # 8 000 are free, and margin = notional ÷ leverage
        ("20000", "1", "8000", "free balance"),
        ("20000", "2", "16000", "free balance × leverage"),  # 16 000 ÷ 2 = 8 000
        ("20000", "2.5", "20000", "alert"),  # 20 000 ÷ 2.5 = 8 000
        ("20000", "5", "20000", "alert"),
        ("50000", "5", "40000", "free balance × leverage"),  # 40 000 ÷ 5 = 8 000
    ],
)
def test_what_is_free_pays_the_margin(asked: str, leverage: str, capital: str, bound_by: str) -> None:
    found = size(SizeRequest(K.QUOTE, D(asked)), leverage=D(leverage))
    assert isinstance(found, Sized)
    assert (found.capital, found.bound_by) == (D(capital), bound_by)


def test_a_percentage_of_what_is_free_is_not_levered() -> None:
    found = size(SizeRequest(K.PCT_FREE, D(5)), leverage=D(5))
    assert isinstance(found, Sized)
    assert (found.capital, found.bound_by) == (D(400), "alert")  # of 8 000


@pytest.mark.parametrize(("free", "left"), [("30", "30"), ("-5", "0")])
def test_never_more_than_is_free_and_never_below_zero(free: str, left: str) -> None:
    found = size(free=D(free))
    assert isinstance(found, Sized)
    assert (found.capital, found.bound_by) == (D(left), "free balance")


@pytest.mark.parametrize(
    ("request_", "lacking", "named"),
    [
        (None, {"free": None}, "free balance"),
        (None, {"equity": None}, "equity"),
        (SizeRequest(K.BASE, D(1)), {"price": None}, "price"),
        (SizeRequest(K.RISK_QUOTE, D(1)), {"stop_distance": None}, "stop distance"),
        (SizeRequest(K.RISK_PCT, D(1)), {"equity": None}, "equity"),
        (SizeRequest(K.RISK_QUOTE, D(1)), {"stop_distance": D(0)}, "stop distance"),
        (SizeRequest(K.PCT_POSITION, D(1)), {"position": None}, "position"),
    ],
)
def test_what_is_not_known_denies_by_name(request_: SizeRequest | None, lacking: dict[str, object], named: str) -> None:
    found = size(request_, **lacking)
    assert isinstance(found, Denial)
    assert (found.code, found.value) == (DenialCode.DATA_MISSING, named)


@pytest.mark.parametrize("kind", [K.QUOTE, K.RISK_QUOTE])
def test_another_currency_is_refused(kind: SizeKind) -> None:
    found = size(SizeRequest(kind, D(1), "EUR"))
    assert isinstance(found, Denial)
    assert found.code is DenialCode.SIZE_UNKNOWN
    assert "EUR" in found.sentence()


def test_a_risk_is_not_counted_in_base() -> None:
    assert isinstance(size(SizeRequest(K.RISK_QUOTE, D(1), "SOL")), Denial)


def test_an_alerts_size_is_a_request() -> None:
    assert SizeRequest.of(Size(K.BASE, D(2))) == SizeRequest(K.BASE, D(2))
    assert SizeRequest.of(Size(K.QUOTE, D(2), "SOL")) == SizeRequest(K.QUOTE, D(2), "SOL")


def test_an_alert_that_names_the_base_currency_means_base() -> None:
    found = size(SizeRequest.of(Size(K.QUOTE, D(3), "SOL")))
    assert isinstance(found, Sized)
    assert found.capital == 150  # 3 × 50


def test_a_request_in_quote_knows_no_cap() -> None:
    facts = {name: value for name, value in FACTS.items() if name != "setting"}
    assert in_quote(SizeRequest(K.QUOTE, D(9000)), **facts) == 9000  # although 8 000 are free


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("1% equity", ONE_PCT),
        ("1 % of equity", ONE_PCT),
        (" 1% ", ONE_PCT),
        ("2.5% free", SizeRequest(K.PCT_FREE, D("2.5"))),
        ("5% of free balance", SizeRequest(K.PCT_FREE, D(5))),
        ("50% Position", SizeRequest(K.PCT_POSITION, D(50))),
        ("100 USDT", SizeRequest(K.QUOTE, D(100), "USDT")),
        ("100usdt", SizeRequest(K.QUOTE, D(100), "USDT")),
        ("100 quote", SizeRequest(K.QUOTE, D(100))),
        ("0.01 base", SizeRequest(K.BASE, D("0.01"))),
        ("3 contracts", SizeRequest(K.CONTRACTS, D(3))),
        ("risk 1%", SizeRequest(K.RISK_PCT, D(1))),
        ("Risk 1% of equity", SizeRequest(K.RISK_PCT, D(1))),
        ("risk 50 USDT", SizeRequest(K.RISK_QUOTE, D(50), "USDT")),
        ("risk 50 quote", SizeRequest(K.RISK_QUOTE, D(50))),
    ],
)
def test_sizes_as_people_write_them(text: str, request_: SizeRequest) -> None:
    assert parse_size(text) == request_


@pytest.mark.parametrize(
    "text",
    ["", "100", "0 USDT", "0%", "-5 USDT", "1e3 USDT", "1% luck", "risk 5% free", "NaN USDT", "1,000 USDT", "all"],
)
def test_what_nobody_can_read_is_refused_with_examples(text: str) -> None:
    found = parse_size(text)
    assert isinstance(found, Denial)
    assert found.code is DenialCode.SIZE_UNKNOWN
    assert '"1% equity"' in found.sentence()


REQUESTS = st.builds(SizeRequest, st.sampled_from(K), st.decimals("0.001", 10**9, places=6)) | st.builds(
    SizeRequest,
    st.sampled_from([K.QUOTE, K.RISK_QUOTE]),
    st.decimals("0.001", 10**9, places=6),
    st.sampled_from(["USDT", "BTC", "1INCH"]),
)


@given(REQUESTS)
def test_what_is_written_reads_back(request_: SizeRequest) -> None:
    assert parse_size(write_size(request_)) == request_


@given(REQUESTS, st.lists(st.decimals(0, 10**6, places=2).map(lambda quote: Cap("cap", quote))))
def test_capital_never_exceeds_any_cap(request_: SizeRequest, caps: list[Cap]) -> None:
    found = capital(request_, **{**FACTS, "quote": request_.currency or "USDT", "caps": caps})
    assert isinstance(found, Sized)
    assert 0 <= found.capital <= min([D(8000), *(cap.quote for cap in caps)])
    assert sum(line.binds for line in found.lines) == 1
