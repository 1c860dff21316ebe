"""Schedules of deciding: alerts of several accounts arrive, several processes decide them, some die; then all is decided."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from tests.simulator.asking import Ask, Work
from tests.simulator.engine import Engine
from tests.simulator.market import BY_SYMBOL, PRICES
from tests.simulator.process import BEGUN
from tests.simulator.rows import Account
from tests.simulator.store import Died

ACCOUNTS = 2
CHOSEN: Mapping[str, object] = {"max_open_groups": 2, "count_pyramids": False, "tp_mode": "PER_LEG"} | {
    "legs": (("0", "100", "1"),)
}
SAID: Sequence[Mapping[str, str]] = (
    *[{"action": "buy", "interval": interval} for interval in ("1", "1", "1", "3")],
    {"action": "exit"},
    {"action": "sell", "interval": "1"},
    {"action": "reduce", "size": "30% position"},
)


@dataclass(frozen=True, slots=True)
class Said:
    """One alert: whose it is, and what it says."""

    account_id: int
    name: str
    raw: str


Outcomes = Mapping[int, Sequence[str]]


def drawn(rng: Random) -> list[Said]:
    """What arrives, in this order."""
    return [_said(rng, number) for number in range(rng.randrange(2, 7))]


def _said(rng: Random, number: int) -> Said:
    market = BY_SYMBOL[rng.choice(tuple(PRICES))]
    body = {"id": f"alert-{number}", "timestamp": BEGUN.isoformat(), "symbol": market.venue_symbol}
    return Said(rng.randrange(1, ACCOUNTS + 1), f"alert-{number}", json.dumps(body | dict(rng.choice(SAID))))


class Schedule:
    """Alerts, and the processes that decide them; prices stand still."""

    def __init__(self, said: Sequence[Said], engine: type[Engine] = Engine) -> None:
        self.said = said
        self.engine = engine(CHOSEN, now=BEGUN, request_expiry=True, accounts=ACCOUNTS)
        self.store = self.engine.store
        self.working: list[Work] = []
        self.asked: dict[int, bool] = {}

    def in_order(self) -> Outcomes:
        """Each alert is decided before the next one arrives."""
        for one in self.said:
            self._store(one)
            self._decide(self.store.accounts[one.account_id])
        return self.outcomes()

    def any_way(self, rng: Random) -> Outcomes:
        """They arrive while processes decide; bells are doubled or lost, processes die, even before a commit."""
        waiting = list(self.said)
        while waiting or self.working:
            dice = rng.random()
            if waiting and dice < 0.3:
                self._store(waiting.pop(0))
            elif dice < 0.5 and len(self.working) < 4:
                self.working.append(self.engine.inbox(self.store.accounts[rng.randrange(1, ACCOUNTS + 1)]))
            elif self.working and dice < 0.55:
                self.working.pop(rng.randrange(len(self.working))).close()
            elif self.working:
                self._step(rng.choice(self.working), fatal=rng.random() < 0.05)
        for account in self.store.accounts.values():
            self._decide(account)
        return self.outcomes()

    def _store(self, one: Said) -> None:
        self.engine.store_alert(self.store.accounts[one.account_id], one.name, one.raw)

    def _decide(self, account: Account) -> None:
        work = self.engine.inbox(account)
        self.working.append(work)
        while work in self.working:
            self._step(work, fatal=False)

    def _step(self, work: Work, *, fatal: bool) -> None:
        self.engine.now += timedelta(milliseconds=10)
        self.store.fatal = fatal
        try:
            self._answer(work)
        except (StopIteration, Died):
            self.working.remove(work)
        self.store.fatal = False

    def _answer(self, work: Work) -> None:
        """Prices are what they always were."""
        asked = self.asked.pop(id(work), False)
        ask: Ask | None = work.send(dict(PRICES)) if asked else next(work)
        self.asked[id(work)] = ask is not None

    def outcomes(self) -> Outcomes:
        """Of each account's alerts, as they arrived."""
        rows = sorted(self.store.alerts.values(), key=lambda alert: alert.pk)
        return {number: [a.outcome for a in rows if a.account_id == number] for number in self.store.accounts}


def differ(seed: int, engine: type[Engine] = Engine) -> str:
    """What a schedule decides otherwise than the order of arrival does; empty where nothing."""
    said = drawn(Random(seed))
    ordered, anyhow = Schedule(said).in_order(), Schedule(said, engine).any_way(Random(seed + 1))
    return "" if ordered == anyhow else f"seed {seed}: in order {ordered}, by the schedule {anyhow}"
