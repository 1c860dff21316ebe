"""The budget that all processes share, a ban that all obey, and what is left when Valkey is away; breakers at the edge."""

import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from redis import Redis

from project.accounts.models import ExchangeAccount
from risk import breakers
from risk.models import Breaker
from signals.market.venues import VENUES, Venue
from tests.support.factories import Desk
from tests.support.levers import one_leg
from trading.domain.budget import Call, of_limit
from trading.errors import NotReached, NotSent, Postponed, Unknown
from trading.models import Order
from trading.services import budget, connect, submit
from trading.services.budget import SharedPurse, VenueMeter

SLOW = of_limit(240)  # 60 at once, then 3 a second
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def name() -> Iterator[str]:
    """A venue that nobody else asks."""
    made = f"test-{secrets.token_hex(6)}"
    yield made
    Redis.from_url(settings.REDIS_URL).delete(f"windlass:budget:{made}", f"windlass:ban:{made}")


def purse(name: str, url: str = settings.REDIS_URL) -> SharedPurse:
    """What one process holds; its clock stands, so that a Valkey that is away stays so."""
    return SharedPurse(Redis.from_url(url, socket_timeout=2), name, SLOW, clock=lambda: 0.0)


def meter(held: SharedPurse, slept: list[float]) -> VenueMeter:
    return VenueMeter("binance", "venue:test", held, sleep=slept.append)


def used_up(held: SharedPurse, call: Call) -> int:
    """How many calls of weight 6 go out at once."""
    count = 0
    while not held.take(call, 6) and count < 100:
        count += 1
    return count


def test_two_processes_spend_from_one_budget(name: str) -> None:
    one, other = purse(name), purse(name)
    assert used_up(one, Call.READ) in (6, 7)  # (60 − 24) / 6; one more where a moment refilled it
    assert other.take(Call.READ, 6) > 0
    assert other.take(Call.EXIT, 6) == 0


def test_exits_leave_cancels_their_part(name: str) -> None:
    one, other = purse(name), purse(name)
    assert used_up(one, Call.EXIT) in (9, 10)  # (60 − 6) / 6
    assert (other.take(Call.EXIT, 6) > 0, other.take(Call.CANCEL, 6)) == (True, 0)


def test_a_ban_stops_everything_in_every_process(name: str) -> None:
    one, other = purse(name), purse(name)
    one.ban(30)
    one.ban(2)  # a shorter one does not end a longer one
    assert 20 < other.take(Call.EXIT, 1) <= 30
    with pytest.raises(NotSent, match="budget is used up"):
        meter(other, []).spend(Call.EXIT, 1, until=timezone.now() + timedelta(seconds=5))


def test_how_much_is_left_is_told_without_spending(name: str) -> None:
    held = purse(name)
    whole = held.standing()[0]
    assert held.standing() == (SLOW.burst, SLOW.burst, 0)
    held.take(Call.EXIT, 3)
    left, of, ban_secs = held.standing()
    assert (whole - 3 <= left < whole, of, ban_secs) == (True, SLOW.burst, 0)
    held.ban(60)
    assert 0 < held.standing()[2] <= 60


def test_without_valkey_each_has_a_small_share_and_exits_go_out(name: str) -> None:
    held = purse(name, NOWHERE)
    # a tenth of 60 is 6, of which reads leave 2.4
    assert (held.take(Call.READ, 3), held.take(Call.READ, 3) > 0) == (0.0, True)
    assert [held.take(Call.EXIT, 6) for _ in range(20)] == [0.0] * 20


@pytest.mark.parametrize(("call", "error"), [(Call.READ, Postponed), (Call.ENTRY, NotSent), (Call.CANCEL, Unknown)])
def test_what_would_be_late_is_not_waited_for(name: str, call: Call, error: type[Exception]) -> None:
    held, slept = purse(name), []
    used_up(held, Call.CANCEL)
    held.ban(60)
    with pytest.raises(error, match=r"used up|did not say|binance"):
        meter(held, slept).spend(call, 6, until=None)
    assert slept == []


def test_an_account_that_asked_too_often_waits_by_itself_and_closes_all_the_same(name: str) -> None:
    slept: list[float] = []
    one, other = meter(purse(name), slept), meter(purse(name), slept)
    one.slowed(30, calls={Call.READ, Call.ENTRY, Call.EXIT, Call.CANCEL})
    with pytest.raises(Postponed):
        one.spend(Call.READ, 1, until=None)
    with pytest.raises(NotSent):
        one.spend(Call.ENTRY, 1, until=timezone.now() + timedelta(seconds=5))
    one.spend(Call.EXIT, 1, until=timezone.now() + timedelta(seconds=5))
    one.spend(Call.CANCEL, 1, until=None)
    other.spend(Call.READ, 1, until=None)
    assert slept == []


class Shut:
    """A purse that has a ban of one second more."""

    def __init__(self) -> None:
        self.waits = [1.0, 0.0]

    def take(self, call: Call, weight: float) -> float:
        return self.waits.pop(0)

    def ban(self, secs: float) -> None:
        self.waits.insert(0, secs)


@pytest.mark.parametrize("call", Call)
def test_a_short_silence_is_waited_for(call: Call) -> None:
    """Exits and cancels too: the venue takes nothing meanwhile."""
    slept: list[float] = []
    until = timezone.now() + timedelta(seconds=30) if call in (Call.ENTRY, Call.EXIT) else None
    VenueMeter("binance", "venue:test", Shut(), sleep=slept.append).spend(call, 1, until=until)
    assert slept == [1.0]


# the paper exchange ------------------------------------------------------------------------------

PAPER = ("windlass:budget:binance:paper", "windlass:ban:binance:paper")


@pytest.fixture
def campaign(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk as fault campaigns have it: it trades on paper, and obeys its exchange."""
    monkeypatch.setenv("WINDLASS_FAULTS", "1")
    connect.forget()
    client: Any = desk.gateway._client  # type: ignore[attr-defined]
    client.enableRateLimit, client.rateLimit = True, 0  # ccxt asks nobody at a paper address
    yield desk
    desk.paper.faults([])
    connect.forget()
    Redis.from_url(settings.REDIS_URL).delete(*PAPER)


def test_in_a_campaign_the_paper_exchange_is_obeyed_when_it_asks_for_silence(campaign: Desk) -> None:
    """Nothing goes out while the ban stands, though the exchange would answer again; afterwards what was kept does."""
    one_leg(campaign).buy(price="59900")
    campaign.price("BTCUSDT", "59800")
    campaign.poll()
    campaign.paper.fault("ban", ms=60_000)
    with pytest.raises(NotReached, match="-1003"):
        campaign.gateway.balances()
    campaign.paper.faults([])
    for asked, error in ((campaign.gateway.balances, Postponed), (lambda: cancelled(campaign), Unknown)):
        with pytest.raises(error, match=r"budget is used up|RATE_BUDGET"):
            asked()
    campaign.submit()
    assert targets()[0] == ("NOT_PLACED", "RATE_BUDGET")
    Redis.from_url(settings.REDIS_URL).delete(*PAPER)
    Order.objects.filter(state="NOT_PLACED").update(updated_at=timezone.now() - timedelta(hours=1))
    campaign.sweep()
    assert targets()[-1] == ("OPEN", "")


def cancelled(desk: Desk) -> None:
    desk.gateway.cancel(symbol="BTC/USDT", venue_order_id="1")


def targets() -> list[tuple[str, str]]:
    return list(Order.objects.filter(purpose="TARGET").order_by("id").values_list("state", "code"))


def test_elsewhere_the_paper_exchange_has_no_budget(desk: Desk) -> None:
    assert budget.meter(desk.account, VENUES["binance"])._purse is None


@pytest.mark.parametrize("venue", VENUES.values(), ids=VENUES)
def test_a_burst_and_what_refills_meanwhile_stay_within_the_stretch_a_venue_counts(venue: Venue) -> None:
    weight, secs = venue.limit
    held = of_limit(weight, secs)
    assert held.burst + held.per_sec * secs <= weight
    assert (weight, secs) == (600, 5) or venue.name != "bybit"


# breakers ----------------------------------------------------------------------------------------


def failing(desk: Desk, times: int) -> None:
    component = f"{breakers.of_account(desk.account)}:places"
    for _ in range(times):
        breakers.note_call(component, ok=False, at=timezone.now())


def test_while_placing_fails_entries_wait_and_exits_are_tried_now_and_then(desk: Desk) -> None:
    budget._probed.clear()
    failing(desk, 5)
    now = timezone.now()
    assert budget.held_back(desk.account, opening=True, now=now)
    tried = [not budget.held_back(desk.account, opening=False, now=now + timedelta(seconds=s)) for s in (0, 1, 4, 6, 7)]
    assert tried == [True, False, False, True, False]


def test_an_account_with_nothing_to_send_spends_no_probe(desk: Desk) -> None:
    one_leg(desk).buy(price="59900")
    desk.price("BTCUSDT", "59800")
    desk.poll()
    assert [(order.purpose, order.state) for order in Order.objects.order_by("id")][1:] == [("TARGET", "NEW")]
    budget._probed.clear()
    failing(desk, 5)
    same = {name: getattr(desk.account, name) for name in ("user", "venue", "environment", "base_url")}
    idle, now = ExchangeAccount.objects.create(name="idle", **same), timezone.now()
    assert submit.claim(idle.pk, opening=False, now=now, timing=connect.timing()) == []
    assert len(submit.claim(desk.account.pk, opening=False, now=now, timing=connect.timing())) == 1


def test_reads_that_fail_open_their_own_breaker_only(desk: Desk) -> None:
    component = breakers.of_account(desk.account)
    for _ in range(5):
        breakers.note_call(f"{component}:reads", ok=False, at=timezone.now())
    assert budget.held_back(desk.account, opening=True, now=timezone.now())
    assert not budget.held_back(desk.account, opening=False, now=timezone.now())
    assert [row.component for row in Breaker.objects.exclude(state="CLOSED")] == [f"{component}:reads"]


def test_a_half_open_breaker_closes_after_three_that_went_well(desk: Desk) -> None:
    failing(desk, 5)
    later = timezone.now() + timedelta(seconds=31)
    component = f"{breakers.of_account(desk.account)}:places"
    assert not budget.held_back(desk.account, opening=True, now=later)  # the trials
    for _ in range(3):
        breakers.note_call(component, ok=True, at=later)
    assert breakers.views() == []
