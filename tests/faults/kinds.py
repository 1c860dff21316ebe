"""What can go wrong in a round, one row a kind: deeds at moments while the alerts come in. Afterwards all is healed.

One more kind = one function and one line of KINDS.
"""

import random
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psutil

from project import failpoints_table
from tests.faults import faketime, moments, scarce
from tests.faults.lab import Lab
from tests.faults.proxy import Trouble

OURS = ("beat", "door", "entries", "exits", "flower", "kill", "paper", "pump", "sweeps", "web")
WORKERS = ("entries", "exits", "pump", "sweeps")
FIRST_SECS, LAST_SECS = 0.1, 2.5
# A round's alerts come within about this time.
SELDOM_AT_ONCE = 10
PRESSED = 0.2
AT_A_KILL = ("kill.", "mode.", "flatten.")
# How often the kill switch is pressed while the fewest are tried, and what is gone through then.
ORDER_PATHS = ("/api/v3/order", "/fapi/v1/order")
QUESTIONS = ("/api/v3/*", "/fapi/*")


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that is done at a moment of the round, seconds from its start, in words for the report."""

    at_secs: float
    words: str
    act: Callable[[Lab], object]
    plans: bool = False  # it says what is to happen at failpoints


Plot = Callable[[Lab, random.Random], Iterator[Deed]]


def _moment(rng: random.Random) -> float:
    return rng.uniform(FIRST_SECS, LAST_SECS)


# processes die -----------------------------------------------------------------------------------


def killed(*names: str, times: int = 2) -> Plot:
    """kill -9 of some of them; a worker's children follow it."""

    def plot(lab: Lab, rng: random.Random) -> Iterator[Deed]:
        for _ in range(rng.randint(1, times)):
            name = rng.choice(names)
            yield Deed(_moment(rng), f"kill -9 {name}", lambda lab, name=name: lab.stack.kill(name))

    return plot


def child_killed(lab: Lab, rng: random.Random) -> Iterator[Deed]:
    """kill -9 of a worker's child: the worker lives on and starts another."""
    for _ in range(rng.randint(1, 3)):
        name = rng.choice(("entries", "exits", "sweeps"))
        yield Deed(_moment(rng), f"kill -9 a child of {name}", lambda lab, name=name: _kill_child(lab, name))


def _kill_child(lab: Lab, name: str) -> None:
    for child in lab.family(name)[1:2]:
        child.kill()


def many_killed(lab: Lab, rng: random.Random) -> Iterator[Deed]:
    """Several at the same moment."""
    at, names = _moment(rng), rng.sample(WORKERS, 3)
    for name in names:
        yield Deed(at, f"kill -9 {name}", lambda lab, name=name: lab.stack.kill(name))


# processes stand still ---------------------------------------------------------------------------


def frozen(lab: Lab, rng: random.Random) -> Iterator[Deed]:
    """SIGSTOP, and SIGCONT some seconds later."""
    name, at, secs = rng.choice((*WORKERS, "beat", "web")), _moment(rng), rng.uniform(*lab.waits.frozen_secs)
    yield Deed(at, f"SIGSTOP {name}", lambda lab: lab.signal(name, signal.SIGSTOP))
    yield Deed(at + secs, f"SIGCONT {name} after {secs:.1f} s", lambda lab: lab.resume_all())


def servers_frozen(lab: Lab, rng: random.Random) -> Iterator[Deed]:
    """The database or the broker stands still: worse than dead, for nobody starts it anew."""
    name, at = rng.choice(("postgres", "valkey", "paper")), _moment(rng)
    secs = rng.uniform(*lab.waits.frozen_server_secs)
    yield Deed(at, f"SIGSTOP {name}", lambda lab: lab.signal(name, signal.SIGSTOP))
    yield Deed(at + secs, f"SIGCONT {name} after {secs:.1f} s", lambda lab: lab.resume_all())


# failpoints --------------------------------------------------------------------------------------


def planned(text: str) -> Deed:
    """What is to happen at failpoints, from the start of the round on."""
    return Deed(0.0, text, lambda lab: lab.plan(text), plans=True)


def given(plot: Plot, text: str) -> Plot:
    """The same round with a plan that was printed, instead of the one that is drawn."""

    def again(lab: Lab, rng: random.Random) -> Iterator[Deed]:
        yield from (planned(text) if deed.plans else deed for deed in plot(lab, rng))

    return again


def at_points(action: str, count: int = 3) -> Plot:
    """Something happens at points that this stack is known to reach, or at any that has a name."""

    def plot(lab: Lab, rng: random.Random) -> Iterator[Deed]:
        own, what = _apart(rng), moments.written(action, lab.waits)
        names = [_point(lab, own) for _ in range(count)]
        yield planned(";".join(f"{name}={what}@{own.randint(1, 2)}" for name in names))
        if action == "stop":
            yield from _resumed(lab, rng)

    return plot


def _apart(rng: random.Random) -> random.Random:
    """For what depends on points that were seen: however much is drawn of it, what is drawn next stays the same."""
    return random.Random(rng.random())


def _resumed(lab: Lab, rng: random.Random) -> Iterator[Deed]:
    """Whatever stands still goes on, about then."""
    yield from (Deed(at + rng.random(), "SIGCONT", lambda lab: lab.resume_all()) for at in lab.waits.resumed_secs)


def _point(lab: Lab, rng: random.Random) -> str:
    """Stretches first, then their moments, statements as one: else those of many statements would win every time."""
    seen = sorted(name for name in lab.seen() if not name.startswith("venue."))
    groups: dict[str, list[str]] = {}
    for name in seen or failpoints_table.all_named():
        groups.setdefault(".".join(name.split(".")[:2]), []).append(name)
    found = groups[rng.choice(sorted(groups))]
    statements = [name for name in found if ".sql" in name]
    others = [name for name in found if ".sql" not in name]
    return rng.choice(rng.choice([part for part in (statements, others) if part]))


def seldom(lab: Lab, rng: random.Random) -> Iterator[Deed]:
    """What has befallen the fewest named moments so far; answers get lost meanwhile, or somebody presses the kill switch."""
    named = set(failpoints_table.all_named())
    pressed = rng.random() < PRESSED
    names = {name for name in named if name.startswith(AT_A_KILL)} if pressed else lab.seen() & named
    yield planned(moments.plan(lab.tally.next(names, SELDOM_AT_ONCE, _apart(rng)), lab.waits))
    if pressed:
        yield Deed(LAST_SECS, "the kill switch is pressed", lambda lab: lab.press())
    else:
        yield from venue("http_503_after_accept", "timeout_after_accept", "timeout_before_accept")(lab, rng)
    yield from _resumed(lab, rng)


# the network -------------------------------------------------------------------------------------


def network(door: str, *troubles: Trouble) -> Plot:
    """One of the troubles before a server, for a while; connections are reset as it begins and where it must."""

    def plot(lab: Lab, rng: random.Random) -> Iterator[Deed]:
        at, secs, trouble = _moment(rng), rng.uniform(0.3, 3), rng.choice(troubles)
        yield Deed(at, f"{door}: {trouble}", lambda lab: _trouble(lab, door, trouble))
        yield Deed(at + secs, f"{door}: well after {secs:.1f} s", lambda lab: lab.proxies[door].heal())

    return plot


def _trouble(lab: Lab, door: str, trouble: Trouble) -> None:
    lab.proxies[door].trouble = trouble
    if trouble.refuse:
        lab.proxies[door].reset()


LATE, VERY_LATE = Trouble(delay_ms=40), Trouble(delay_ms=400)
SILENT, REFUSED, DOUBLED = Trouble(silent=True), Trouble(refuse=True), Trouble(double=True)
CUT = tuple(Trouble(cut_after=count) for count in (0, 1, 20, 200))


# the venue ---------------------------------------------------------------------------------------


def venue(*actions: str, method: str = "POST", paths: Sequence[str] = ORDER_PATHS, **more: Any) -> Plot:
    """Planned faults on each dialect's requests: the nth of them, and some more."""

    def plot(lab: Lab, rng: random.Random) -> Iterator[Deed]:
        rules = [
            {
                "match": {"method": method, "path": path},
                "action": rng.choice(actions),
                "times": rng.randint(1, 3),
                "skip": rng.randint(0, 3),
                **more,
            }
            for path in paths
        ]
        words = ", ".join(f"{rule['action']} × {rule['times']} of {rule['match']}" for rule in rules)
        yield Deed(0.0, words, lambda lab: lab.control("fault", rules))

    return plot


def venue_clock(lab: Lab, rng: random.Random) -> Iterator[Deed]:
    """The venue says another time than it keeps."""
    skew = rng.choice((-3000, -700, 700, 3000))
    yield Deed(
        _moment(rng), f"the venue's clock is told {skew} ms wrong", lambda lab: lab.control("clock", {"skew_ms": skew})
    )


# the rest ----------------------------------------------------------------------------------------


def clock_stepped(lab: Lab, rng: random.Random) -> Iterator[Deed]:
    """The engine's own clock jumps, and jumps back."""
    step, at = rng.choice((-20.0, -2.0, -0.4, 0.4, 2.0, 20.0)), _moment(rng)
    yield Deed(at, f"clock steps {step:+} s", lambda lab: set_clock(lab, step))
    yield Deed(at + rng.uniform(0.5, 3), "clock steps back", lambda lab: set_clock(lab, 0.0))


def library_clock_stepped(lab: Lab, rng: random.Random) -> Iterator[Deed]:
    """The same with the C library's clock: no process of ours sees the true time meanwhile."""
    step, at = rng.choice((-20.0, -2.0, -0.4, 0.4, 2.0, 20.0)), _moment(rng)
    yield Deed(at, f"the C library's clock steps {step:+} s", lambda lab: faketime.set_clock(lab.points, step))
    yield Deed(at + rng.uniform(0.5, 3), "it steps back", lambda lab: faketime.set_clock(lab.points, 0.0))


def set_clock(lab: Lab, offset: float) -> None:
    """How wrong the engine's clock is, seconds."""
    (lab.points / "clock").write_text(str(offset), encoding="ascii")


def disk_filled(lab: Lab, rng: random.Random) -> Iterator[Deed]:
    """Not a byte left on the disk of the data folder, for a while."""
    at, folder = _moment(rng), lab.stack.home.parent
    yield Deed(at, "the disk is full", lambda lab: scarce.fill(folder))
    yield Deed(at + rng.uniform(1, 4), "room again", lambda lab: scarce.free(folder))


def two_of(name: str) -> Plot:
    """A second beat, or a second pump, beside the first for the rest of the round."""

    def plot(lab: Lab, rng: random.Random) -> Iterator[Deed]:
        yield Deed(0.0, f"a second {name}", lambda lab: lab.twin(name))

    return plot


def kill_switch(lab: Lab, rng: random.Random) -> Iterator[Deed]:
    """Somebody presses in the middle of it, and the kill process dies on its way, once or twice."""
    names = [name for name in failpoints_table.all_named() if name.startswith("kill.") and "latch" not in name]
    names += ["kill.place.signed1", "kill.place.wire1.before", "kill.place.wire1.after"]
    text = ";".join(f"{name}=kill" for name in rng.sample(names, 2))
    yield planned(text)
    yield Deed(_moment(rng), "the kill switch is pressed", lambda lab: lab.press())


def quiet(lab: Lab, rng: random.Random) -> Iterator[Deed]:
    """Nothing: what a round does when nothing is wrong."""
    yield from ()


KINDS: Mapping[str, Plot] = {
    "clock": clock_stepped,
    "clock_library": library_clock_stepped,
    "disk_full": disk_filled,
    "freeze": frozen,
    "freeze_server": servers_frozen,
    "kill_beat": killed("beat"),
    "kill_child": child_killed,
    "kill_database": killed("postgres", times=1),
    "kill_door": killed("door"),
    "kill_flower": killed("flower"),
    "kill_many": many_killed,
    "kill_pump": killed("pump"),
    "kill_broker": killed("valkey"),
    "kill_switch": kill_switch,
    "kill_venue": killed("paper", times=1),
    "kill_watcher": killed("kill"),
    "kill_web": killed("web"),
    "kill_worker": killed("entries", "exits", "sweeps"),
    "net_broker": network("broker", LATE, SILENT, REFUSED, DOUBLED, *CUT),
    "net_database": network("database", LATE, SILENT, REFUSED, DOUBLED, *CUT),
    "net_venue": network("venue", LATE, VERY_LATE, SILENT, REFUSED, DOUBLED, *CUT),
    "point_delay": at_points("delay"),
    "point_hang": at_points("hang"),
    "point_kill": at_points("kill", 6),
    "point_raise": at_points("raise"),
    "point_seldom": seldom,
    "point_stop": at_points("stop", 2),
    "quiet": quiet,
    "two_beats": two_of("beat"),
    "two_pumps": two_of("pump"),
    "venue_after": venue("http_503_after_accept", "garbage_after_accept", "timeout_after_accept"),
    "venue_before": venue("http_503_before_accept", "timeout_before_accept"),
    "venue_cancel": venue("http_503_after_accept", "http_503_before_accept", "garbage_after_accept", method="DELETE"),
    "venue_clock": venue_clock,
    "venue_late": venue("appear_late", ms=400),
    "venue_partial": venue("partial_fill", qty="0.0004"),
    "venue_questions": venue(
        "garbage_after_accept", "http_503_before_accept", "duplicate_reply", method="GET", paths=QUESTIONS
    ),
    "venue_shut": venue("rate_limit", "ban", "maintenance", ms=1500),
}


def heal(lab: Lab) -> None:
    """Everything as it was: proxies, plans, clocks, stopped processes, twins."""
    for proxy in lab.proxies.values():
        proxy.heal()
    lab.plan("")
    set_clock(lab, 0.0)
    faketime.set_clock(lab.points, 0.0)
    lab.resume_all()
    lab.end_twins()


def heal_venue(lab: Lab) -> None:
    """The same for the exchange, as soon as it answers."""
    lab.control("fault", [])
    lab.control("clock", {"skew_ms": 0})
    lab.control("maintenance", {"on": False})


def alive(lab: Lab) -> bool:
    """Whether every process of the stack runs."""
    return set(OURS) <= set(lab.stack.children()) and all(
        psutil.pid_exists(c.pid) for c in lab.stack.children().values()
    )
