"""`python -m project.services.mother`: loads once what the engine's processes share, then forks each of them.

Loading takes each process two seconds of a core, and most of its memory: forked ones share both. Standard input is a
socket of the supervisor's. A message names a program and brings its standard output and error; the answer is its
process id. What is forked becomes the supervisor's own child, as if it had started it; the mother ends with the socket.
"""

import ctypes
import importlib
import json
import os
import runpy
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from project.services import spawn

PADDING = "." * 300
# A word of the command line that makes room for the words of what is forked.
READY = b"ready"
MESSAGE_BYTES = 4096
LOOK_SECS = 0.001
SHARED = (
    "trading.services.bootstrap",
    "trading.management.commands.bootstrap",
    "trading.management.commands.pump",
    "celery.bin.base",
    "celery.bin.worker",
    "celery.apps.worker",
    "celery.concurrency.prefork",
    "celery.worker.consumer",
    "celery.worker.autoscale",
    "httptools",
    "trading.webhooks",
    "uvicorn.main",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.httptools_impl",
)
# What Django and the tasks do not bring.


def main(load: Callable[[], None] | None = None) -> None:
    """Load, serve, and in a forked process become the program."""
    supervisor = os.getppid()
    calls = socket.socket(fileno=os.dup(0))
    (load or _engine)()
    calls.send(READY)
    words = _serve(calls, supervisor)
    if words:
        _become(words)


def _engine() -> None:
    """Import everything; afterwards the collector leaves it alone, so that its pages stay shared."""
    import django

    django.setup()
    import celery_app

    celery_app.app.loader.import_default_modules()
    for name in SHARED:
        importlib.import_module(name)
    celery_app.share_with_children()


def _serve(calls: socket.socket, supervisor: int) -> list[str]:
    """Fork what is asked for until nobody asks; in a forked process its words, in the mother none."""
    if threading.active_count() > 1:
        raise SystemExit("A thread runs already: what is forked now would inherit its locks.")
    while True:
        message, descriptors, _, _ = socket.recv_fds(calls, MESSAGE_BYTES, 2)
        if not message:
            return []
        middle = os.fork()
        if middle == 0:
            return _born(calls, supervisor, json.loads(message), descriptors)
        os.waitpid(middle, 0)
        for descriptor in descriptors:
            os.close(descriptor)


def _born(calls: socket.socket, supervisor: int, words: list[str], descriptors: list[int]) -> list[str]:
    """Between the forks, then the program's own process: a child of the supervisor's, in a session of its own."""
    middle = os.getpid()
    if os.fork():
        os._exit(0)
    while os.getppid() == middle:
        time.sleep(LOOK_SECS)
    os.setsid()
    spawn.follow(supervisor)
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    for number, descriptor in enumerate(descriptors, start=1):
        os.dup2(descriptor, number)
        os.close(descriptor)
    _rename(words)
    calls.send(str(os.getpid()).encode())
    calls.close()
    return words


def _rename(words: list[str]) -> None:
    """Show the program's words where processes are listed: written over our own.

    Linux shows the text up to its first zero where the last byte of the room is none.
    """
    fields = Path("/proc/self/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    begin, end = int(fields[45]), int(fields[46])  # the words' first and last address: 48 and 49 of proc(5)
    room = end - begin - 2
    if begin and room > len(PADDING):
        text = " ".join(words).encode()[:room]
        ctypes.memmove(begin, text.ljust(room + 1, b"\0") + b"!", room + 2)


def _become(words: list[str]) -> None:
    """Run the program as Python would have."""
    first, *rest = words[1:]
    if first == "-m":
        module, *rest = rest
        sys.argv = [module, *rest]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    else:
        sys.argv = [first, *rest]
        runpy.run_path(first, run_name="__main__")


if __name__ == "__main__":
    main()
