"""The simulated engine: its tasks as processes, the pump's list of what is due, and what it keeps of prices and balances."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from tests.simulator.asking import Ask, Work
from tests.simulator.deciding import Deciding
from tests.simulator.market import BY_SYMBOL, PRICES, resolved
from tests.simulator.rows import Account, Alert, Group, alive
from tests.simulator.store import Store
from trading.errors import NotReached
from trading.selectors import Quoted
from trading.services import watch as real_watch
from trading.services.market import FRESH


@dataclass(frozen=True, slots=True)
class Known:
    """A balance as it was read."""

    totals: Mapping[str, Decimal]
    at: datetime


class Engine(Deciding):
    """The right one. What variants get wrong they override."""

    def __init__(self, chosen: Mapping[str, object], *, now: datetime, request_expiry: bool, accounts: int = 1) -> None:
        self.store = Store()
        self.read = {}
        self.chosen = dict(chosen)
        self.settings = resolved(self.chosen)
        self.now, self.request_expiry = now, request_expiry
        self.bells: list[tuple[str, int]] = []
        self.seen: dict[str, tuple[Decimal, datetime]] = {symbol: (price, now) for symbol, price in PRICES.items()}
        self.balances: dict[int, Known] = {}
        self.baseline = {"USDT": Decimal(10000)}
        self.foreign: list[tuple[str, Decimal]] = []
        with self.store.transaction():
            for number in range(1, accounts + 1):
                row = Account(number, f"account {number}", reconciled_at=now)
                self.store.insert(self.store.accounts, row)
                self.balances[number] = Known(dict(self.baseline), now)

    # knowledge ------------------------------------------------------------------------------

    def last_price(self, group: Group) -> Decimal | None:
        return self.seen[group.instrument.symbol][0]

    def priced_at(self, group: Group) -> datetime | None:
        return self.seen[group.instrument.symbol][1]

    def quoted(self, account: Account) -> Mapping[int, Quoted]:
        found = {}
        for symbol, (price, at) in self.seen.items():
            market = BY_SYMBOL[symbol]
            found[market.id] = Quoted(market.id, market.base, market.quote, price, price, price, at)
        return found

    def look_at_prices(self, account: Account) -> Work:
        """market.ensure_prices: prices that nobody watched of late"""
        if any(at < self.now - FRESH for _, at in self.seen.values()):
            yield from self.ask_prices(account)

    def ask_prices(self, account: Account) -> Work:
        asked = self.now
        told = yield from self.ask(account, "tickers")
        self.seen = {symbol: (price, asked) for symbol, price in told.items()}

    def refresh(self, account: Account) -> Work:
        """market.refresh_balances and refresh_prices; the balance counts as of the moment it was asked for"""
        asked = self.now
        told = yield from self.ask(account, "balances")
        self.balances[account.pk] = Known({report.currency: report.total for report in told}, asked)
        yield from self.ask_prices(account)

    def send(self, account: Account, method: str, **arguments: Any) -> Work:
        return (yield Ask(account.pk, method, arguments, sends=True))

    def ring(self, task: str, account_id: int) -> None:
        """A bell; losing it changes nothing."""
        if (task, account_id) not in self.bells:
            self.bells.append((task, account_id))

    def forget(self) -> None:
        """A restart: nothing is in memory any more, and the start asks for a reconcile."""
        self.bells.clear()
        self.guard_read_at = None
        with self.store.transaction():
            for account in self.store.accounts.values():
                self.store.change(account, reconciled_at=None)

    # the door -------------------------------------------------------------------------------

    def door(self, account: Account, client_id: str, raw: str, acknowledge: Callable[[], None]) -> Work:
        """inbox.store, then the reply: the alert is committed before anybody is told so."""
        self.store_alert(account, client_id, raw)
        yield None
        acknowledge()

    def store_alert(self, account: Account, client_id: str, raw: str) -> None:
        if client_id in self.dedupe:
            return
        with self.store.transaction():
            alert = Alert(self.store.next_id(), account.pk, raw, self.now)
            self.store.insert(self.store.alerts, alert)
            self.store.insert(self.store.deliveries, Delivery(client_id, alert.pk))
            self.store.after_commit(lambda: self.ring("process_inbox", account.pk))

    @property
    def dedupe(self) -> Mapping[str, "Delivery"]:
        return self.store.deliveries

    # sweeps ---------------------------------------------------------------------------------

    def open_groups(self, account: Account) -> list[Group]:
        return [group for group in alive(self.store.groups.values()) if group.account_id == account.pk]

    def exits_sweep(self, account: Account) -> Work:
        """exits_sweep.sweep: one short transaction a group"""
        for group in self.open_groups(account):
            with self.store.transaction():
                self.review(group)
            yield None

    def queue_sweep(self, account: Account) -> Work:
        """queue.sweep"""
        with self.store.transaction():
            self.expire(account)
            self.promote(account.pk)
        yield None

    def watch(self, account: Account) -> Work:
        """tasks.poll_prices: refresh the prices, then watch.look"""
        yield from self.ask_prices(account)
        for group in self.open_groups(account):
            if group.closing_at is None and group.watch and self.is_reached(group):
                with self.store.transaction():
                    self.review(group)
                yield None

    def is_reached(self, group: Group) -> bool:
        posts = [{"kind": w.kind, "trigger_price": w.trigger_price} for w in group.watch]
        price = self.seen[group.instrument.symbol][0]
        view: Any = SimpleNamespace(side=group.side, watch=posts, peak=group.peak)
        return real_watch._reached(view, price, price)

    # tasks ----------------------------------------------------------------------------------

    tasks: Mapping[str, Callable[..., Work]] = {
        "process_inbox": Deciding.inbox,
        "submit_entries": Deciding.submit_entries,
        "submit_exits": Deciding.submit_exits,
        "poll_fills": Deciding.collect,
        "look_up": Deciding.look_up,
        "reconcile_books": Deciding.reconcile,
        "sweep_exits": exits_sweep,
        "sweep_queue": queue_sweep,
        "poll_prices": watch,
    }

    def task(self, name: str, account: Account) -> Work:
        """tasks.account_task: a venue that cannot be asked shuts the account until it is reconciled."""
        try:
            yield from getattr(self, self.tasks[name].__name__)(account)
        except NotReached as error:
            with self.store.transaction():
                self.store.change(account, health=error.code)
            yield None

    def due(self, account: Account) -> list[str]:
        """pump.DUE"""
        new = self.orders_of(account, {"NEW"})
        found = {
            "process_inbox": bool(self.undecided(account)),
            "submit_entries": self.store.mode == "NORMAL" and any(o.purpose == "ENTRY" for o in new),
            "submit_exits": any(o.purpose != "ENTRY" for o in new) or bool(self.to_cancel(account)),
            "look_up": bool(self.due_for_poll(account) or self.overdue(account)),
            "poll_fills": bool(self.lacking(account)),
            "reconcile_books": account.reconciled_at is None or account.health == NotReached.code,
        }
        return [name for name, is_due in found.items() if is_due]


@dataclass(frozen=True, slots=True)
class Delivery:
    """Who has been here before: a client id is unique for ever per source."""

    pk: str
    alert_id: int
