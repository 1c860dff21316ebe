"""Adopting trades made by hand at the venue: what was found there, and taking it into our books."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from dashboard.access import may_act_on
from dashboard.formats import qty
from dashboard.pages.ask import Question, Told, Typed, ask
from dashboard.pages.errors import needs_database
from project.accounts.models import ExchangeAccount
from project.accounts.vault import VaultError
from trading.errors import WindlassError
from trading.services import adopt, connect
from trading.services.adopt import HandTrade

TITLE = "Adopt trades made by hand"
NOTHING = (
    "The venue reports no trade by hand that closed what an open group holds.",
    "What was bought by hand stays your own: Windlass neither sells it nor counts it to a group.",
)
NOTE = "Figures and targets of the groups follow at once; a group with nothing left is closed."


@needs_database
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def adopt_trades(request: HttpRequest, account_id: int) -> HttpResponse:
    """Show what the venue reports, or take it into the books."""
    account = get_object_or_404(ExchangeAccount, pk=account_id)

    def act(_: Typed) -> Told:
        return _adopted(account, operator=request.user.get_username())

    allowed = may_act_on(request.user, account.pk)  # else its venue is not asked
    return ask(request, _question(account) if allowed else Question(TITLE, (), "Adopt"), act, account_id=account.pk)


def _adopted(account: ExchangeAccount, *, operator: str) -> Told:
    try:
        found = adopt.adopt(account, operator=operator, gateway=connect.gateway(account), clock=timezone.now)
    except (VaultError, WindlassError) as error:
        return Told(str(error), done=False)
    return Told(f"Adopted: {'; '.join(map(_line, found))}") if found else Told(NOTHING[0], done=False)


def _question(account: ExchangeAccount) -> Question:
    try:
        found = adopt.find(account, gateway=connect.gateway(account), clock=timezone.now)
    except (VaultError, WindlassError) as error:
        return Question(TITLE, (str(error),), "Adopt")
    if not found:
        return Question(TITLE, NOTHING, "Adopt")
    return Question(TITLE, tuple(map(_line, found)), "Adopt", note=NOTE, danger=False)


def _line(trade: HandTrade) -> str:
    """One trade in words: when, what, at which price, and whose."""
    first, group = trade.fills[0], trade.group
    amount = qty(trade.qty, group.instrument.lot_step)
    return (
        f"{first.at:%d %b %H:%M:%S} UTC: {first.side} {amount} {group.instrument.symbol} at {first.price.normalize():f}, "
        f"order {trade.venue_order_id} at the venue, closes that much of group {group.pk}"
    )
