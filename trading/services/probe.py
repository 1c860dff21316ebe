"""Testing an account's connection by hand: address, clock, keys, markets, each asked of the venue; nothing is changed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from project.accounts.models import ExchangeAccount
from project.accounts.vault import VaultError
from trading.domain.preflight import Finding
from trading.errors import WindlassError
from trading.services import connect, preflight_checks
from trading.services.preflight_checks import Patient

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one question brought, in words."""

    name: str
    said: str
    well: bool = True


def probe(account: ExchangeAccount, *, clock: Clock) -> tuple[Answer, ...]:
    """Every question in its order, up to the first that fails. Takes seconds: never inside a transaction."""
    answers: list[Answer] = []
    try:
        patient = Patient(account, connect.examiner(account), clock)
        for name, question in QUESTIONS.items():
            if said := question(patient):
                answers.append(Answer(name, said))
    except VaultError as error:
        answers.append(Answer("keys", f"cannot be opened: {error}", well=False))
    except WindlassError as error:
        answers.append(Answer(error.code, f"{error}.", well=False))
    return tuple(answers)


def _positions(patient: Patient) -> str:
    """Open futures positions; empty on spot."""
    return f"{len(patient.examiner.positions())} open" if patient.derivative else ""


def _of(check: Callable[[Patient], Sequence[Finding]]) -> Callable[[Patient], str]:
    """The pre-flight's own question, as a sentence."""
    return lambda patient: "; ".join(finding.value for finding in check(patient))


QUESTIONS: dict[str, Callable[[Patient], str]] = {
    "connection": _of(preflight_checks.clock),
    "keys": _of(preflight_checks.keys),
    "positions": _positions,
    "markets": _of(preflight_checks.markets),
}
