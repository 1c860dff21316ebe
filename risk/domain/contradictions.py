"""Limits that contradict each other: each is legal alone, together one of them can never be reached. Pure."""

from decimal import Decimal

from risk.domain.limits import RiskLimits

HUNDRED = Decimal(100)


def contradictions(limits: RiskLimits, *, max_open_groups: int) -> tuple[str, ...]:
    """What cannot be meant so, in words with the numbers and what to do; the gate always takes the narrower one."""
    return (*_wider_inside(limits), *_never_reached(limits, max_open_groups))


def _wider_inside(limits: RiskLimits) -> tuple[str, ...]:
    """A pair inside a sector, a strategy, a venue, with a limit wider than theirs."""
    pair = limits.per_symbol_pct
    around = {
        "per_sector_pct": limits.per_sector_pct,
        "per_strategy_pct": limits.per_strategy_pct,
        "per_venue_pct": limits.per_venue_pct,
        "cluster_pct": limits.cluster_pct or None,  # 0 means one pair alone
    }
    return tuple(
        f"per_symbol_pct is {_plain(pair)} %, but {name} allows {_plain(other)} %: no pair ever gets beyond that."
        " Raise the one or lower the other."
        for name, other in around.items()
        if other is not None and other < pair
    )


def _never_reached(limits: RiskLimits, max_open_groups: int) -> tuple[str, ...]:
    """Limits that another one always comes before."""
    stop = limits.drawdown_tiers_pct[-1]
    found = []
    if limits.max_daily_loss_pct >= stop:
        found.append(
            f"max_daily_loss_pct is {_plain(limits.max_daily_loss_pct)} %, but the last drawdown tier closes everything"
            f" at {_plain(stop)} %: the day's limit comes too late. Lower it."
        )
    if limits.max_leverage * HUNDRED < limits.per_symbol_pct:
        found.append(
            f"per_symbol_pct is {_plain(limits.per_symbol_pct)} %, but max_leverage lets everything together be"
            f" {_plain(limits.max_leverage * HUNDRED)} % of equity. Lower per_symbol_pct."
        )
    if max_open_groups > 1 and limits.cluster_pct == 0 and limits.cluster_rho == 0:
        found.append("cluster_pct and cluster_rho are 0: any two pairs count as one, so the pool holds one pair only.")
    return tuple(found)


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
