"""The C library's clock, wrong by what a file says: libfaketime below a stack's own processes (Debian: faketime).

Beside kind `clock`, which turns Python's clock: here what no Python module asks for goes wrong too. The servers and the
exchange keep the true time, and the steady clock is left alone, as a step of the wall clock leaves it.
"""

from pathlib import Path

KIND = "clock_library"
ASKED = "FAULTS_FAKETIME"
# Set for a stack that is to run so.
PLACES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib/faketime/libfaketimeMT.so.1")


def library() -> Path | None:
    """Where it is installed, if it is."""
    found = (path for place in PLACES for path in Path("/").glob(place.removeprefix("/")))
    return next(found, None)


def missing() -> str:
    """Why it cannot be played here; empty when it can."""
    return "" if library() else "libfaketime is not installed (Debian: apt install faketime)"


def variables(points: Path) -> dict[str, str]:
    """What a stack's processes are started with; the file is read whenever the time is asked for."""
    set_clock(points, 0.0)
    return {
        "LD_PRELOAD": str(library()),
        "FAKETIME_TIMESTAMP_FILE": str(points / KIND),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def set_clock(points: Path, offset: float) -> None:
    """How wrong it is, seconds. Renamed into place: it is read by others all the time."""
    draft = points / f"{KIND}.new"
    draft.write_text(f"{offset:+.3f}", encoding="ascii")
    draft.rename(points / KIND)
