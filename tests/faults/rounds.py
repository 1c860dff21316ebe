"""One round: alerts come in, something goes wrong, all is healed, the dust settles, and then everybody is asked."""

import random
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import httpx

from project import failpoints_table
from tests.e2e.stack import NotInTime, until
from tests.faults import kinds, traffic
from tests.faults.kinds import Deed
from tests.faults.lab import Lab
from tests.faults.oracle import Wrong

SETTLE_SECS = 180.0
# On a busy machine, behind three hangs in a row; most rounds settle in a few seconds.
WELL_SECS = 120.0
EVERY_SECS = 0.25
MUST_BE_CHECKED = frozenset({"I1", "I2", "I3", "I4", "I5", "I6", "I8", "I9", "I11", "I12"})
# I13 has nothing to look at where nothing is held, and I7 looks at kills: as many as there were. I10 is looked at here.
LOOK_SECS = 30.0
# What is on its way keeps an invariant from being looked at for no longer than that.


@dataclass(frozen=True, slots=True)
class Round:
    """What became of one round. `broken`: findings by name, then invariants, then what else was wrong, in words."""

    number: int
    seed: int
    kind: str
    deeds: tuple[str, ...]
    fired: tuple[str, ...]
    deliveries: int
    promised: int
    lost: int
    doubled: int
    phantom: int
    stuck: int
    broken: tuple[str, ...]
    unchecked: tuple[str, ...]
    secs: float
    settle_secs: float
    reached: tuple[int, int]  # named points that this stack has gone through so far, and moments of all kinds

    @property
    def ok(self) -> bool:
        """Whether every promise was kept."""
        return not self.broken

    def as_json(self) -> dict[str, Any]:
        """For the file."""
        return asdict(self)


def play(lab: Lab, *, number: int, kind: str, seed: int, points: str = "") -> Round:
    """Play one round and judge it; with points, this plan instead of one that is drawn."""
    began = time.monotonic()
    lab.plan("")
    plot = kinds.given(kinds.KINDS[kind], points) if points else kinds.KINDS[kind]
    deeds = sorted(plot(lab, random.Random(f"{seed}/{kind}")), key=lambda deed: deed.at_secs)
    errors: list[str] = []
    before = len(lab.befell())
    actor = threading.Thread(target=_act, args=(lab, deeds, errors), name="deeds")
    actor.start()
    sent = traffic.send(lab, random.Random(f"{seed}/traffic"))  # its own: the same alerts whatever harm was drawn
    actor.join()
    fired = [name for name, _ in lab.fired()]
    errors += [f"the round itself: {words}" for words in lab.fallen()]
    kinds.heal(lab)
    settled, broken = time.monotonic(), [*errors]
    broken += settle(lab)
    settle_secs = round(time.monotonic() - settled, 1)
    said = verdict(lab)
    fired += lab.befell()[before:] if kind != "kill_venue" else []
    left_out = unchecked(said, presses=lab.presses)
    broken += broken_promises(said) + [f"I10: a secret is in {name}" for name in lab.leaks()]
    broken += [f"unchecked: {name}" for name in left_out]
    counts = {wrong: sum(f["wrong"] == wrong for f in said.get("findings", ())) for wrong in Wrong}
    return Round(
        number,
        seed,
        kind,
        tuple(deed.words for deed in deeds),
        tuple(fired),
        sent.deliveries,
        len(sent.promised),
        counts[Wrong.LOST],
        counts[Wrong.DOUBLED],
        counts[Wrong.PHANTOM],
        counts[Wrong.STUCK],
        tuple(broken),
        tuple(left_out),
        round(time.monotonic() - began, 1),
        settle_secs,
        _reached(lab),
    )


def _reached(lab: Lab) -> tuple[int, int]:
    seen = lab.seen()
    return len(seen & set(failpoints_table.all_named())), len(seen)


def _act(lab: Lab, deeds: Sequence[Deed], errors: list[str]) -> None:
    """Each deed at its moment; one that cannot be done is told, for then the round proved nothing."""
    began, pause = time.monotonic(), threading.Event()
    for deed in deeds:
        pause.wait(max(0.0, began + deed.at_secs - time.monotonic()))
        try:
            deed.act(lab)
        except (AssertionError, OSError, httpx.HTTPError) as error:
            errors.append(f"the round itself: {deed.words}: {type(error).__name__} {error}")


def settle(lab: Lab, *, secs: float = SETTLE_SECS) -> list[str]:
    """Wait until every process runs and nothing is on its way; what still is when patience ends."""
    left: list[Any] = []

    def look() -> bool:
        found = lab.judge.ask("unsettled")
        left[:] = [found["error"]] if isinstance(found, dict) else found
        return not left

    try:
        until(lambda: kinds.alive(lab), about="every process running", secs=WELL_SECS, every=EVERY_SECS)
        until(lambda: _venue_well(lab), about="the exchange", secs=WELL_SECS, every=EVERY_SECS)
        until(look, about="the dust settled", secs=secs, every=EVERY_SECS)
    except NotInTime as late:
        return [f"not settled: {late}", *left]
    return []


def _venue_well(lab: Lab) -> bool:
    try:
        kinds.heal_venue(lab)
    except (httpx.TransportError, AssertionError):
        return False
    return True


def verdict(lab: Lab) -> dict[str, Any]:
    """What the judge says.

    Asked again where an exchange or a database is only just back, and, for a while, where an invariant could not be
    looked at: something may have been on its way.
    """
    give_up = time.monotonic() + LOOK_SECS
    promised = {name: sorted(told) for name, told in lab.promised.items()}

    def look() -> dict[str, Any]:
        said: dict[str, Any] = lab.judge.ask("verdict", promised=promised)
        if "error" in said:
            return {}
        whole = not unchecked(said, presses=lab.presses) or time.monotonic() > give_up
        return said if whole or broken_promises(said) else {}

    return until(look, about="a verdict", secs=SETTLE_SECS, every=EVERY_SECS)


def broken_promises(said: dict[str, Any]) -> list[str]:
    found = [f"{finding['wrong']}: {finding['words']}" for finding in said["findings"]]
    checked = said["invariants"].items()
    return found + [f"{name}: {words}" for name, result in checked for words in result["violations"]]


def unchecked(said: dict[str, Any], *, presses: int = 0) -> list[str]:
    """Invariants that should have had something to look at: a checker that checked nothing has failed."""
    looked_at = {name: result["checked"] for name, result in said["invariants"].items()}
    found = {name for name in MUST_BE_CHECKED if looked_at[name] == 0}
    return sorted(found | ({"I7"} if looked_at["I7"] < presses else set()))
