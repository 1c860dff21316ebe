"""What a desk asks, to be asked ahead in one statement (project/ahead.py): for pages that show what the gate sees."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from project.accounts import mode
from project.accounts.models import ExchangeAccount
from project.ahead import ahead
from project.reads import Question
from risk import breakers, portfolio
from trading import selectors
from trading.domain.settings import SettingError
from trading.services import desk_reads, surroundings, track_record
from trading.services.desk import Desk


def money(account: ExchangeAccount) -> tuple[Question, ...]:
    """Settings, balances, prices and what is open: what an account is worth."""
    here = {"venue": account.venue, "environment": account.environment}
    return (
        desk_reads.GROUPS.of(account_id=account.pk),
        desk_reads.OVERRIDES.of(account_id=account.pk, user_id=account.user_id),
        desk_reads.BALANCES.of(account_id=account.pk),
        selectors.QUOTED.of(**here),
    )


def exposure(account: ExchangeAccount) -> tuple[Question, ...]:
    """What is open, and what it is worth; what rests follows (resting)."""
    here = {"venue": account.venue, "environment": account.environment}
    mine = {"account_id": account.pk}
    return desk_reads.BALANCES.of(**mine), selectors.QUOTED.of(**here), desk_reads.GROUPS.of(**mine)


def whole(account: ExchangeAccount, *, now: datetime) -> tuple[Question, ...]:
    """All that the gate may ask of an account, but for what follows from it (rest)."""
    mine, trader = {"account_id": account.pk}, {"user_id": account.user_id, "environment": account.environment}
    return (
        *money(account),
        desk_reads.FOREIGN.of(**mine),
        track_record.STATE.of(**mine),
        surroundings.ELSEWHERE.of(**mine, **trader),
        portfolio.OF_ONE_TRADER.of(**trader),
        *portfolio.questions(account.venue, account.environment, now=now),
        breakers.NOT_CLOSED.of(),
    )


def rest(desk: Desk) -> tuple[Question, ...]:
    """What the settings and the balance's time decide: the last results, and what rests. Raises SettingError."""
    most = desk.settings("").risk.max_consecutive_losses
    return *resting(desk), track_record.results(most).of(account_id=desk.account.pk)


def resting(desk: Desk) -> tuple[Question, ...]:
    """Live orders by market, since the balance was read; and the legs whose turn comes later."""
    balance = desk.balances.get(desk.account.quote)
    since = balance.at if balance else desk_reads.BEFORE_ALL
    mine = {"account_id": desk.account.pk}
    later = desk_reads.legs_to_come(derivative=desk.derivative).of(**mine)
    return desk_reads.resting_on(derivative=desk.derivative).of(**mine, balance_at=since), later


@contextmanager
def known(account: ExchangeAccount, *, now: datetime) -> Iterator[None]:
    """Everything of the gate in two statements: inside, a desk of this account and moment asks nothing more.

    Where a setting makes no sense, the desk says so by itself, when it is asked.
    """
    mine = {"account_id": account.pk}
    more = (desk_reads.TAKEN.of(**mine), desk_reads.WAITING.of(**mine), surroundings.STRATEGIES.of(**mine))
    orders = track_record.ORDERS_SINCE.of(**mine, since=now - track_record.MINUTE)
    with ahead(*whole(account, now=now), *more, orders, mode.ROW.of()):
        desk = Desk(account, now)
        with ahead(*_rest_or_nothing(desk), *_bought(desk)):
            yield


def _rest_or_nothing(desk: Desk) -> tuple[Question, ...]:
    try:
        return rest(desk)
    except SettingError:
        return ()


def _bought(desk: Desk) -> tuple[Question, ...]:
    balance = desk.balances.get(desk.account.quote)
    return (desk_reads.BOUGHT.of(account_id=desk.account.pk, since=balance.at),) if balance else ()
