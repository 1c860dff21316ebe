"""What the account has lost since midnight UTC. Pure; time is an argument."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from risk.domain.precision import exact


def day_start(now: datetime) -> datetime:
    """The last midnight UTC, with which a trading day begins, whatever zone `now` is given in."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def resumes_at(now: datetime) -> datetime:
    """When the next day's loss begins at 0."""
    return day_start(now) + timedelta(days=1)


@exact
def daily_loss_pct(*, equity_at_start: Decimal, equity: Decimal, net_deposits: Decimal = Decimal(0)) -> Decimal | None:
    """Loss of the day, open positions included, percent of the day's first equity, ≥ 0; None without any equity then.

    net_deposits: paid in less taken out since midnight, quote: neither is profit or loss.
    """
    if equity_at_start <= 0:
        return None
    return max((equity_at_start + net_deposits - equity) / equity_at_start * 100, Decimal(0))
