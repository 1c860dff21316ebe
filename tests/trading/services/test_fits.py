"""Fits in a process of their own: no worker waits for one, no two fit at once, and one that fails costs nobody else."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from project.accounts.models import ExchangeAccount
from project.journal import leases
from risk.models import Dependence, GarchFit
from risk.volatility import FitFailed
from signals.models import Candle, Instrument, Ticker
from signals.timeframes import HOUR
from tests.risk.test_volatility import a_fit, follow, record
from tests.support.factories import Desk
from trading import bells, tasks
from trading.services import fits
from trading.services.alone import LEASE_SPAN
from trading.services.errand import Errand

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pair(desk: Desk) -> Instrument:
    """A traded pair whose fit is due."""
    for model in (GarchFit, Candle, Dependence):
        model.objects.all().delete()
    row = Instrument.objects.get(symbol="BTC/USDT", venue=desk.account.venue)
    desk.source.pair_whitelist = [row.symbol]
    desk.source.save()
    record(row, 300)
    follow(row)
    return row


class Started:
    """The processes that were started, each asleep until it is told with which status to end."""

    def __init__(self) -> None:
        self.words: list[Any] = []
        self.processes: list[subprocess.Popen[bytes]] = []
        self._begin = subprocess.Popen

    def __call__(self, words: Any, **how: Any) -> "subprocess.Popen[bytes]":
        asleep = (sys.executable, "-c", "raise SystemExit(int(input()))")
        self.words.append(words)
        self.processes.append(self._begin(asleep, **{**how, "stdin": subprocess.PIPE}))
        return self.processes[-1]

    def end(self, *, status: int) -> None:
        """The last one ends."""
        self.processes[-1].communicate(b"%d\n" % status)
        assert self.processes[-1].returncode == status


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[Started]:
    made = Started()
    monkeypatch.setattr(tasks, "FITS", Errand(fits.BELL))
    monkeypatch.setattr(subprocess, "Popen", made)
    yield made
    for process in made.processes:
        process.kill()
        process.communicate()


def test_prices_are_polled_while_it_is_fitted(desk: Desk, pair: Instrument, started: Started) -> None:
    for _ in range(2):
        tasks.refit_volatility(desk.account.pk)
    before = timezone.now()
    tasks.poll_prices(desk.account.pk)
    assert Ticker.objects.get(instrument=pair).at > before
    assert [process.poll() for process in started.processes] == [None]  # one, and it fits still
    assert started.words[0][-1] == "refit_volatility"


@pytest.mark.parametrize(
    ("status", "told"), [(0, ""), (1, "refit_volatility ended with status 1; it is started again")]
)
def test_after_one_that_ended_the_next_is_started(
    desk: Desk, pair: Instrument, started: Started, caplog: pytest.LogCaptureFixture, status: int, told: str
) -> None:
    tasks.refit_volatility(desk.account.pk)
    started.end(status=status)
    tasks.refit_volatility(desk.account.pk)
    assert len(started.processes) == 2
    assert [one.message for one in caplog.records if one.levelname == "ERROR"] == [told][: len(told)]


def test_without_anything_due_no_process_is_started(desk: Desk, pair: Instrument, started: Started) -> None:
    GarchFit.objects.update(fitted_at=timezone.now())
    tasks.refit_volatility(desk.account.pk)
    assert started.processes == []


def test_the_command_fits_and_ends(pair: Instrument) -> None:
    call_command(tasks.FITS.command)
    assert GarchFit.objects.get(instrument=pair, timeframe_secs=HOUR).fitted_at is not None


def failing(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    raise FitFailed("no memory")


def test_a_fit_that_fails_is_told_and_tried_again(
    desk: Desk, pair: Instrument, caplog: pytest.LogCaptureFixture
) -> None:
    fits.make_all(ask=failing)
    assert f"account {desk.account.pk} keeps its old fits: no memory" in caplog.messages
    assert GarchFit.objects.get(instrument=pair).fitted_at is None
    fits.make_all(ask=a_fit)
    assert GarchFit.objects.get(instrument=pair).method == "GARCH"


def test_one_account_that_fails_keeps_no_other_from_its_fits(desk: Desk, pair: Instrument) -> None:
    place = {"venue": desk.account.venue, "environment": desk.account.environment}
    ExchangeAccount.objects.create(user=desk.account.user, name="second", **place)
    answers = iter((failing, a_fit))
    fits.make_all(ask=lambda asked: next(answers)(asked))
    assert GarchFit.objects.get(instrument=pair).method == "GARCH"


@pytest.mark.parametrize(("holder", "method"), [("another", "EWMA"), ("", "GARCH")])
def test_two_never_fit_at_once(desk: Desk, pair: Instrument, holder: str, method: str) -> None:
    lease = f"fits:{desk.account.pk}"
    leases.claim(lease, holder=holder or bells.process_name(), now=timezone.now(), span=LEASE_SPAN)
    fits.make_all(ask=a_fit)
    assert GarchFit.objects.get(instrument=pair).method == method


def test_the_lease_lasts_as_long_as_a_fit_may(desk: Desk, pair: Instrument) -> None:
    """20 s, as sweeps have, would let a second one in while the first fits."""
    lease, late = f"fits:{desk.account.pk}", 2 * fits.volatility.CHILD_LIMIT
    taken: list[int | None] = []

    def ask(asked: Mapping[str, Any]) -> Mapping[str, Any]:
        taken.append(leases.claim(lease, holder="another", now=timezone.now() + late, span=LEASE_SPAN))
        return a_fit(asked)

    fits.make_all(ask=ask)
    assert taken == [None]
