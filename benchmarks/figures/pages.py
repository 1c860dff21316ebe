"""Every page of the dashboard: how long the server takes, how much it asks; with a long past, and with a very long one."""

import gzip
import re
import time
from dataclasses import dataclass
from pathlib import Path

from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks import many, rows
from benchmarks.bench import Bench, say
from benchmarks.figure import Disagreement, Figure, at_most, figure, percentile
from project import asgi  # noqa: F401  (loads the pages as the web process does, and has its manners of collecting garbage)
from project.accounts.models import Role, User
from project.services.ports import HOST
from trading.services import results

GROUPS, CLOSED = 50, 10_000
FILLS = 1_000_000
PAGES = (
    "", "books", "groups", "history", "kill", "logs", "lost", "offset", "performance", "performance?period=all",
    "performance?period=day", "pool", "preview", "risk", "sealed", "shadow", "tasks",
)  # fmt: skip
LIST = "admin/trading/positiongroup/"
BARE = "Django's own list of a hundred of these groups, in the admin"
LINKED = re.compile(r'(?:src|href)="/static/([^"]+)"')
IMPORTED = re.compile(r'(?:from|import) "\./([^"]+)"')


@dataclass(frozen=True, slots=True)
class Seen:
    """A page as it was measured: wall and processor time of the server, ms, and its questions."""

    address: str
    wall: list[float]
    busy: list[float]
    queries: int


def measure(bench: Bench) -> list[Figure]:
    """Each page as an admin sees it, over and over; the database is in another process, so wall time counts both."""
    desk = rows.desks(bench, 1, max_open_groups=GROUPS)[0]
    symbols, each = rows.markets(20), bench.size(40, 8)
    User.objects.filter(pk=desk.account.user_id).update(role=Role.ADMIN, is_staff=True, is_superuser=True)
    many.open_groups(desk, symbols, GROUPS)
    of = many.pattern(desk, symbols[0])
    many.closed_groups(of, first=1, number=CLOSED)
    many.past(desk, points=bench.size(150_000, 20_000), entries=bench.size(200_000, 20_000))
    _settle(desk)
    with rows.fresh_prices():
        client = _client(desk)
        few, list_of_few = [_seen(client, address, each) for address in PAGES], _seen(client, LIST, each)
        weight = _first_load(client)
        fills = bench.size(FILLS, 100_000)
        _very_long(desk, of, fills // many.FILLS_EACH - CLOSED)
        lots, list_of_lots = [_seen(client, address, each) for address in PAGES], _seen(client, LIST, each)
    worst = max(few, key=lambda seen: seen.queries)
    return [
        *_slowest(few, list_of_few, f"{GROUPS} open groups, {CLOSED:,} closed", 80),
        *_slowest(lots, list_of_lots, f"{fills:,} fills", 150),
        figure("questions of a page, most", worst.queries, "", goal=at_most(12), note=f"/{worst.address}"),
        figure("first load of the overview, gzip", weight / 1024, "KB", goal=at_most(300)),
    ]


def _client(desk: rows.Desk) -> Client:
    client = Client(HTTP_HOST=HOST)
    client.force_login(User.objects.get(pk=desk.account.user_id))
    return client


def _very_long(desk: rows.Desk, of: many.Pattern, number: int) -> None:
    """The rest of the past."""
    say(f"  {number:,} more closed groups")
    many.closed_groups(of, first=CLOSED + 1, number=number)
    _settle(desk)


def _settle(desk: rows.Desk) -> None:
    """The months that are over are added up, as the engine's minutes would."""
    many.settle()
    while results.sweep(desk.account.pk, now=rows.now_utc()):
        pass


def _seen(client: Client, address: str, each: int) -> Seen:
    """A page that was looked at before. Raises Disagreement where it does not answer."""
    if client.get(f"/{address}").status_code != 200:
        raise Disagreement(f"/{address} does not answer")
    with CaptureQueriesContext(connection) as asked:
        client.get(f"/{address}")
    queries, wall, busy = len(asked), [], []
    for _ in range(each):
        began, worked = time.perf_counter(), time.process_time()
        client.get(f"/{address}")
        wall.append((time.perf_counter() - began) * 1000)
        busy.append((time.process_time() - worked) * 1000)
    seen = Seen(address, wall, busy, queries)
    say(
        f"  /{address:28} p95 {percentile(wall, 95):6.1f} ms, of it {percentile(busy, 50):6.1f} ours; {queries} questions"
    )
    return seen


def _slowest(pages: list[Seen], bare: Seen, about: str, limit_ms: float) -> list[Figure]:
    """The slowest page decides; the overview is told beside it."""
    slowest = max(pages, key=lambda seen: percentile(seen.wall, 95))
    return [
        figure(
            f"{name}, {about}, p95",
            percentile(seen.wall, 95),
            "ms",
            baseline=percentile(bare.wall, 95),
            against=BARE,
            goal=at_most(limit_ms),
            note=f"/{seen.address}, {percentile(seen.busy, 50):.0f} ms of it our own processor time",
        )
        for name, seen in (("slowest page", slowest), ("overview", pages[0]))
    ]


# the first load ----------------------------------------------------------------------------------


def _first_load(client: Client) -> int:
    """Bytes of the overview and of everything that it loads, each packed by itself."""
    page = client.get("/").content
    files = {name: _file(name) for name in sorted(_with_imports(set(LINKED.findall(page.decode()))))}
    return len(gzip.compress(page)) + sum(len(gzip.compress(content)) for content in files.values())


def _with_imports(names: set[str]) -> set[str]:
    """Scripts load their neighbours."""
    found, wanted = set[str](), set(names)
    while wanted:
        name = wanted.pop()
        found.add(name)
        text = _file(name).decode() if name.endswith(".js") else ""
        wanted |= {str(Path(name).parent / near) for near in IMPORTED.findall(text)} - found
    return found


def _file(name: str) -> bytes:
    where = finders.find(re.sub(r"\.[0-9a-f]{12}(?=\.)", "", name))
    if not isinstance(where, str):
        raise Disagreement(f"{name} is linked and not there")
    return Path(where).read_bytes()
