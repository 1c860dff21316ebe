"""The table at the end of a run, readable at 120 columns, and what the machine is."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from benchmarks.figure import Figure

WIDTHS = (50, 12, 9, 12, 8, 19, 4)
HEADS = ("figure", "value", "unit", "baseline", "ratio", "goal", "met")
MET = {True: "yes", False: "NO", None: "—"}
GIB = 2**30
WORTH_TELLING = 0.01


def table(figures: Sequence[Figure]) -> str:
    """Every figure a line; below, what the baselines are and how it was measured."""
    lines = [_line(HEADS), "-" * (sum(WIDTHS) + len(WIDTHS) - 1), *(_line(_cells(figure)) for figure in figures)]
    return "\n".join([*lines, "", *notes(figures)])


def notes(figures: Sequence[Figure]) -> list[str]:
    """What each baseline is, and what a reader must know; the same words only once."""
    baselines = [f"baseline of {f.name}: {f.against}" for f in figures if f.against]
    return [*baselines, *dict.fromkeys(f"{f.name}: {f.note}" for f in figures if f.note)]


def _cells(figure: Figure) -> tuple[str, ...]:
    return (
        figure.name,
        number(figure.value),
        figure.unit,
        "—" if figure.baseline is None else number(figure.baseline),
        "—" if figure.ratio is None else f"{figure.ratio:.2f}",
        figure.goal,
        MET[figure.met],
    )


def _line(cells: Sequence[str]) -> str:
    """Name, unit and goal to the left, numbers to the right."""
    left = (0, 2, 5, 6)
    words = [
        cell.ljust(width) if column in left else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, WIDTHS, strict=True))
    ]
    return " ".join(words).rstrip()


def number(value: float) -> str:
    """Three digits that matter: 12,345 or 12.3 or 0.123."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"


def markdown(figures: Sequence[Figure]) -> str:
    """The same as a table of docs/performance.md."""
    rows = [HEADS, tuple("---" for _ in HEADS), *map(_cells, figures)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def machine() -> str:
    """Cores, processor, memory, disk and interpreter, in one line."""
    memory, disk = psutil.virtual_memory().total / GIB, psutil.disk_usage("/tmp").total / GIB  # noqa: S108
    parts = [
        f"{os.cpu_count()} cores",
        _processor(),
        f"{memory:.0f} GiB of memory",
        f"{_filesystem()} disk of {disk:.0f} GiB",
        f"{platform.system()} {platform.release().split('-')[0]}",
        f"Python {platform.python_version()}",
    ]
    return ", ".join(parts)


def stolen(before: Any, after: Any) -> str:
    """What the host gave to others between two psutil.cpu_times(): nothing answers within 100 ms while it is away."""
    spent = sum(after) - sum(before)
    share = (getattr(after, "steal", 0) - getattr(before, "steal", 0)) / spent if spent > 0 else 0
    return f"; the host gave {share:.0%} of the processors' time to others" if share >= WORTH_TELLING else ""


def company() -> str:
    """What else the machine is doing: figures of a busy machine say little about a quiet one."""
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    quiet = load < cores / 4
    words = "the machine is quiet" if quiet else "others are at work, so every figure is worse than on a quiet machine"
    return f"load average {load:.2f} on {cores} cores: {words}"


def _processor() -> str:
    """What Linux calls it; elsewhere what Python knows."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _filesystem() -> str:
    mounts = {part.mountpoint: part.fstype for part in psutil.disk_partitions()}
    return str(mounts.get("/tmp", mounts.get("/", "unknown")))  # noqa: S108
