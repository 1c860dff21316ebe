"""Entries that wait instead of being lost, while a venue is in maintenance or has halted the market."""

from project.accounts.models import ExchangeAccount
from risk.domain.mode import PlanKind, permits
from signals.evaluate import Meant
from signals.verdict import Outcome, Verdict
from trading.domain.listing import PERMITS
from trading.domain.vocabulary import PositionSide
from trading.services import entry, entry_guards, listing, queue
from trading.services.desk import Desk
from trading.services.maintenance import MAINTENANCE, in_maintenance

LOST_ANYWAY = frozenset({Outcome.NOT_SUPPORTED, Outcome.PAIR_BLOCKED, "PRICE_NOT_POSITIVE"})
# What no wait mends: refused at once, as ever.


def hold(desk: Desk, meant: Meant, side: PositionSide) -> Verdict | None:
    """Keep an entry in the queue until the venue is there again; None where it can be decided now, or has to be refused."""
    held = _why(desk.account, meant)
    if held is None or not desk.account.may_open or not permits(desk.mode, PlanKind.ENTRY):
        return None
    early = entry_guards.refusal(desk, meant, side, group=None)
    if early is not None and early.outcome in LOST_ANYWAY:
        return early  # a halted market is refused there, too: that is what it waits for
    entry.new_signal(desk, meant, side, PlanKind.ENTRY)
    return queue.put(desk, meant, side, held)


def _why(account: ExchangeAccount, meant: Meant) -> Verdict | None:
    """What keeps the venue from taking it now; None when nothing does."""
    if in_maintenance(account):
        return Verdict(Outcome.QUEUED, account.health_detail, {"held": MAINTENANCE})
    waits = PERMITS[listing.state_of(meant.instrument)].waits
    return listing.refusal(account, meant.instrument) if waits else None
