"""A venue's request budget, shared by all processes in Valkey, and the breakers of its calls: the gateways' meter."""

import logging
import time
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import cache
from math import ceil
from typing import Any, Protocol

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone
from redis import Redis
from redis.exceptions import RedisError

from project import failpoints
from project.accounts.models import Environment, ExchangeAccount
from project.settings import environment
from risk import breakers
from signals.market.venues import Venue
from trading.domain.budget import KEPT_FOR_EXITS, LOCAL_SHARE, Bucket, Budget, Call, of_limit, take
from trading.errors import NotSent, Postponed, Unknown

log = logging.getLogger(__name__)

PATIENCE_SECS = {Call.READ: 2.0, Call.ENTRY: 2.0, Call.EXIT: 2.0, Call.CANCEL: 5.0}
# How long a call waits that has no validity of its own; a read is asked again by the next sweep.
AWAY_SECS = 1.0
# A Valkey that did not answer is not asked again for so long: each try may cost its whole timeout.
TIMEOUT_SECS = 0.2
USED_UP = "RATE_BUDGET"
# What NotSent carries where the budget would have made an order late.
# The twin of trading.domain.budget.take, by the server's own clock; a standing ban comes first. Returns milliseconds to
# wait, 0 where it was spent. ARGV: burst, tokens a second, weight, what must be left.
TAKE = """
local ban = redis.call('PTTL', KEYS[2])
if ban > 0 then return {ban, 1} end
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
local burst, rate, weight, floor = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local at = tonumber(kept[2] or now)
local tokens = math.min(burst, tonumber(kept[1] or burst) + math.max(0, now - at) * rate)
local lacking = math.min(weight, burst) + floor - tokens
if lacking > 1e-9 then return {math.ceil(lacking / rate * 1000), 0} end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens - weight), 'at', string.format('%.6f', math.max(now, at)))
redis.call('PEXPIRE', KEYS[1], 3600000)
return {0, 0}
"""
# Where a new ban is shorter than the one that stands, the longer one stays.
BAN = "if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) end"


class Purse(Protocol):
    """Where a budget is kept."""

    def take(self, call: Call, weight: float) -> float:
        """Spend, or in how many seconds it may be tried again."""

    def ban(self, secs: float) -> None:
        """Nothing may be spent for so long."""


class LocalPurse:
    """A process's own small share, for when the others cannot be asked. Exits and cancels are counted, never stopped."""

    def __init__(self, budget: Budget, clock: Callable[[], float]) -> None:
        self._budget, self._clock = budget, clock
        self._bucket = Bucket(budget.burst, clock())
        self._banned_until = float("-inf")

    def take(self, call: Call, weight: float) -> float:
        """As Purse says; a ban that this process has heard of stops everything."""
        now = self._clock()
        if now < self._banned_until:
            return self._banned_until - now
        self._bucket, wait = take(self._bucket, self._budget, call=call, weight=weight, at=now)
        if wait and call in KEPT_FOR_EXITS:
            self._bucket, wait = Bucket(self._bucket.tokens - weight, self._bucket.at), 0.0
        return wait

    def ban(self, secs: float) -> None:
        """As Purse says."""
        self._banned_until = max(self._banned_until, self._clock() + secs)


class SharedPurse:
    """The budget in Valkey: one script a call, so that two processes never spend the same; without Valkey, the local one."""

    def __init__(self, client: "Redis", name: str, budget: Budget, clock: Callable[[], float] = time.monotonic) -> None:
        self._budget, self._clock, self._client = budget, clock, client
        self._keys = (f"windlass:budget:{name}", f"windlass:ban:{name}")
        self._take, self._ban = client.register_script(TAKE), client.register_script(BAN)
        self._local = LocalPurse(budget.share(LOCAL_SHARE), clock)
        self._away_until = float("-inf")

    def take(self, call: Call, weight: float) -> float:
        """As Purse says."""
        if self._clock() < self._away_until:
            return self._local.take(call, weight)
        floor = self._budget.floor(call, weight)
        try:
            failpoints.point("budget.take.before")
            wait, _ = self._take(self._keys, (self._budget.burst, self._budget.per_sec, weight, floor))
            failpoints.point("budget.take.after")
        except (RedisError, OSError) as error:
            return self._without_valkey(error).take(call, weight)
        return float(wait) / 1000

    def ban(self, secs: float) -> None:
        """As Purse says: every process hears of it with its next call."""
        self._local.ban(secs)
        try:
            failpoints.point("budget.ban.before")
            self._ban(self._keys[1:], (ceil(secs * 1000),))
            failpoints.point("budget.ban.after")
        except (RedisError, OSError) as error:
            self._without_valkey(error)

    def standing(self) -> tuple[float, float, float]:
        """Weight that may be spent now, of how much, and for how many seconds a ban stands. Raises RedisError, OSError."""
        at, ban_ms = self._client.time(), self._client.pttl(self._keys[1])
        tokens, since = self._client.hmget(self._keys[0], "tokens", "at")
        now = at[0] + at[1] / 1_000_000
        left = self._budget.burst
        if tokens is not None and since is not None:
            left = float(tokens) + (now - float(since)) * self._budget.per_sec
        return min(self._budget.burst, left), self._budget.burst, max(ban_ms, 0) / 1000

    def _without_valkey(self, error: Exception) -> LocalPurse:
        log.warning("the request budget is not shared, Valkey is away: %s", type(error).__name__)
        self._away_until = self._clock() + AWAY_SECS
        return self._local


class VenueMeter:
    """Counts a process's calls at one venue. purse None: no budget, as for the paper exchange.

    What a venue wants of one account alone is kept here: each process that asks too often for it is told so itself.
    """

    def __init__(
        self, venue: str, component: str, purse: Purse | None, sleep: Callable[[float], Any] = time.sleep
    ) -> None:
        self._venue, self._component, self._purse, self._sleep = venue, component, purse, sleep
        self._slow_until: dict[Call, float] = {}

    def spend(self, call: Call, weight: float, *, until: datetime | None) -> None:
        """Wait for the budget. Raises NotSent, Unknown or Postponed where the wait is longer than the call may take."""
        if self._purse is None:
            return
        left = PATIENCE_SECS[call] if until is None else (until - timezone.now()).total_seconds()
        while wait := self._slow_secs(call) or self._purse.take(call, weight):
            if wait > left:
                raise self._late(call, wait)
            self._sleep(wait)
            left -= wait

    def _late(self, call: Call, wait: float) -> Exception:
        fields = {"venue": self._venue, "error": USED_UP}
        detail = f"the venue's request budget is used up for another {wait:.1f} s"
        if call is Call.READ:
            return Postponed(**fields, detail=detail)
        return (Unknown if call is Call.CANCEL else NotSent)(**fields, detail=detail)

    def banned(self, secs: float) -> None:
        """Keep every process still."""
        log.error("%s asked for silence: no call for %.0f s", self._venue, secs)
        if self._purse is not None:
            self._purse.ban(secs)

    def slowed(self, secs: float, *, calls: Collection[Call]) -> None:
        """Such calls of this account wait; never what closes or cancels."""
        log.warning("%s asked account %s for fewer calls", self._venue, self._component)
        for call in frozenset(calls) - KEPT_FOR_EXITS:
            self._slow_until[call] = max(self._slow_until.get(call, 0.0), time.monotonic() + secs)

    def _slow_secs(self, call: Call) -> float:
        return max(self._slow_until.get(call, 0.0) - time.monotonic(), 0.0)

    def ended(self, call: Call, *, ok: bool) -> None:
        """Count the call in its breaker; a database that is away must not lose the venue's answer."""
        try:
            breakers.note_call(f"{self._component}:{KIND[call]}", ok=ok, at=timezone.now())
        except DatabaseError as error:
            log.warning("breaker of %s not written: %s", self._component, type(error).__name__)


KIND = {Call.READ: "reads", Call.ENTRY: breakers.PLACES, Call.EXIT: breakers.PLACES, Call.CANCEL: "cancels"}


def meter(account: ExchangeAccount, venue: Venue) -> VenueMeter:
    """The meter of an account's venue: one budget for all accounts there, for limits hold per address.

    The paper exchange has no limit of its own, so its calls pass without a question; except in a fault campaign, where
    it asks for silence, and is to be obeyed as a real venue is.
    """
    campaign = environment.flag("WINDLASS_FAULTS", default=False)
    free = account.environment == Environment.PAPER and not campaign
    purse = None if free else _purse(account.venue, account.environment, of_limit(*venue.limit))
    return VenueMeter(account.venue, breakers.of_account(account), purse)


def standing(account: ExchangeAccount, venue: Venue) -> tuple[float, float, float] | None:
    """What is left of an account's request budget, of how much, and a ban's seconds; None on paper, which has none."""
    if account.environment == Environment.PAPER:
        return None
    return _purse(account.venue, account.environment, of_limit(*venue.limit)).standing()


@cache
def _purse(venue: str, environment: str, budget: Budget) -> SharedPurse:
    """One a process, built at first use, so never inherited across a fork.

    Venue and environment name the address: all processes that share this Valkey ask from one machine, and no account
    has a way out of its own. Where one had a proxy, the proxy would belong into the name.
    """
    client = Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT_SECS, socket_connect_timeout=TIMEOUT_SECS)
    return SharedPurse(client, f"{venue}:{environment}", budget)


PROBE_EVERY = timedelta(seconds=5)
# While placing fails, so often one batch of exits is tried: they are kept, and go out as soon as it works again.
_probed: dict[str, datetime] = {}


def held_back(account: ExchangeAccount, *, opening: bool, now: datetime) -> bool:
    """Whether an open breaker keeps orders here: entries while any of the venue's is open, exits between two probes."""
    component = breakers.of_account(account)
    if opening:
        return breakers.stops_entries(component, at=now)
    if not breakers.is_open(f"{component}:{breakers.PLACES}", at=now):
        return False
    if component in _probed and timedelta() <= now - _probed[component] < PROBE_EVERY:
        return True
    _probed[component] = now
    return False
