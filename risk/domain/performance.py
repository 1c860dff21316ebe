"""What trading has come to: win rate, profit factor, expectancy, and the ratios of a daily curve. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from risk.domain.precision import exact

ZERO, ONE, HUNDRED = Decimal(0), Decimal(1), Decimal(100)
DAYS_A_YEAR = Decimal(365)  # crypto trades every day
LEAST_RETURNS = 10
# A ratio of fewer days is a number without a meaning, so there is none.


@dataclass(frozen=True, slots=True)
class Tally:
    """Closed groups counted together; results net of fees, quote. `lost` sums are ≤ 0; neither won nor lost: exactly 0."""

    count: int = 0
    won: int = 0
    lost: int = 0
    gross_win: Decimal = ZERO
    gross_loss: Decimal = ZERO
    fees: Decimal = ZERO
    best: Decimal | None = None
    worst: Decimal | None = None

    @property
    def net(self) -> Decimal:
        """The sum of all results, quote."""
        return self.gross_win + self.gross_loss

    @property
    def win_rate_pct(self) -> Decimal | None:
        """Won ÷ all, percent."""
        return _divided(HUNDRED * self.won, self.count)

    @property
    def profit_factor(self) -> Decimal | None:
        """Gross win ÷ gross loss; None while nothing was lost."""
        return _divided(self.gross_win, -self.gross_loss)

    @property
    def expectancy(self) -> Decimal | None:
        """What a group brings on average, quote: win rate × average win − loss rate × average loss (Tharp 1998)."""
        return _divided(self.net, self.count)

    @property
    def average_win(self) -> Decimal | None:
        """Quote, > 0."""
        return _divided(self.gross_win, self.won)

    @property
    def average_loss(self) -> Decimal | None:
        """Quote, < 0."""
        return _divided(self.gross_loss, self.lost)


@dataclass(frozen=True, slots=True)
class Ratios:
    """Of a daily curve; None where there are fewer than LEAST_RETURNS days or nothing to divide by."""

    sharpe: Decimal | None = None
    sortino: Decimal | None = None
    calmar: Decimal | None = None
    return_pct: Decimal | None = None
    max_drawdown_pct: Decimal = ZERO


def _divided(part: Decimal, whole: Decimal | int) -> Decimal | None:
    return part / whole if whole else None


@exact
def ratios(curve: Sequence[Decimal]) -> Ratios:
    """All ratios of a curve of equity, one value a day, oldest first; deposits and withdrawals taken out of it."""
    moves = returns(curve)
    if not moves:
        return Ratios()
    enough = moves if len(moves) >= LEAST_RETURNS else ()
    fall = max_drawdown_pct(curve)
    return Ratios(sharpe(enough), sortino(enough), calmar(curve), (curve[-1] / curve[0] - 1) * HUNDRED, fall)


@exact
def returns(curve: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Day over day, ratios; a curve that touches 0 has none from there on."""
    moves = []
    for before, after in zip(curve, curve[1:], strict=False):
        if before <= 0:
            break
        moves.append(after / before - ONE)
    return tuple(moves)


@exact
def sharpe(moves: Sequence[Decimal]) -> Decimal | None:
    """Mean ÷ sample deviation × √365, against a risk-free rate of 0 (Sharpe, J. of Portfolio Management 21, 1994)."""
    if len(moves) < 2:
        return None
    mean = sum(moves, ZERO) / len(moves)
    variance = sum(((move - mean) ** 2 for move in moves), ZERO) / (len(moves) - 1)
    return _divided(mean * DAYS_A_YEAR.sqrt(), variance.sqrt())


@exact
def sortino(moves: Sequence[Decimal]) -> Decimal | None:
    """Mean ÷ downside deviation below 0 over all days × √365 (Sortino and Price, J. of Investing 3, 1994)."""
    if len(moves) < 2:
        return None
    mean = sum(moves, ZERO) / len(moves)
    downside = (sum((min(move, ZERO) ** 2 for move in moves), ZERO) / len(moves)).sqrt()
    return _divided(mean * DAYS_A_YEAR.sqrt(), downside)


@exact
def calmar(curve: Sequence[Decimal]) -> Decimal | None:
    """Return compounded to a year ÷ deepest drawdown (Young, Futures 20, 1991); None below LEAST_RETURNS days."""
    days, fall = len(curve) - 1, max_drawdown_pct(curve)
    if days < LEAST_RETURNS or curve[0] <= 0 or curve[-1] <= 0 or not fall:
        return None
    yearly = (curve[-1] / curve[0]) ** (DAYS_A_YEAR / days) - ONE
    return yearly * HUNDRED / fall


@exact
def max_drawdown_pct(curve: Sequence[Decimal]) -> Decimal:
    """The deepest fall from a peak so far, percent, ≥ 0."""
    return max(drawdowns_pct(curve), default=ZERO)


@exact
def drawdowns_pct(curve: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """At each point, how far it stands below the peak so far, percent, ≥ 0."""
    peak, falls = ZERO, []
    for value in curve:
        peak = max(peak, value)
        falls.append((peak - value) / peak * HUNDRED if peak > 0 else ZERO)
    return tuple(falls)
