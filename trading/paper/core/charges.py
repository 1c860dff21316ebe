"""What the fills of one command cost: at whose rates, and in which asset."""

from trading.paper.core import atoms
from trading.paper.core.market import Market
from trading.paper.core.matching import Match
from trading.paper.core.orders import Side
from trading.paper.core.state import State


class Charges:
    """The fees of one command. It remembers what its earlier fills take out of the discount coin."""

    def __init__(self, state: State, market: Market, *, now_ms: int) -> None:
        self._state = state
        self._market = market
        self._now_ms = now_ms
        self._flat = state.fees if not state.tiers and state.discount is None else None
        self._spoken_for: dict[str, int] = {}

    def fee(self, account: str, side: str, match: Match, *, maker: bool) -> tuple[int, str]:
        """A fill's fee and the asset it is paid in, empty for the received one; a negative fee is a rebate."""
        received = match.qty if side == Side.BUY else atoms.times(match.price, match.qty)
        if self._flat is not None:
            return self._flat.fee(received, maker=maker), ""
        rates = self._state.rates(account, now_ms=self._now_ms)
        fee = rates.fee(received, maker=maker)
        in_quote = rates.fee(atoms.times(match.price, match.qty), maker=maker)
        return self._discounted(account, fee, in_quote, received=self._receives(side))

    def _receives(self, side: str) -> str:
        return self._market.instrument.base if side == Side.BUY else self._market.instrument.quote

    def _discounted(self, account: str, fee: int, in_quote: int, *, received: str) -> tuple[int, str]:
        """The fee in the discount coin, where the account wishes so and has enough; what spends the coin pays as usual."""
        discount, instrument = self._state.discount, self._market.instrument
        if discount is None or fee <= 0 or not self._state.accounts[account].burns:
            return fee, ""
        if discount.asset == received:
            return discount.of(fee), ""
        coin = self._state.markets.get(f"{discount.asset}{instrument.quote}")
        if coin is None or not coin.price or discount.asset in (instrument.base, instrument.quote):
            return fee, ""
        wanted = discount.of(in_quote) * atoms.SCALE // coin.price
        taken = self._spoken_for.get(account, 0)
        if self._state.accounts[account].free(discount.asset) < taken + wanted:
            return fee, ""
        self._spoken_for[account] = taken + wanted
        return wanted, discount.asset
