"""Ports on the loopback address: which are free, and who holds a taken one."""

import random
import socket
from itertools import islice
from typing import Any

import psutil

HOST = "127.0.0.1"
FREE_RANGE = range(20000, 32768)
# Below 32768: Linux hands out the numbers above to outgoing connections, so a free one there does not stay free.


def is_free(port: int) -> bool:
    """Whether a server may bind the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(chance: random.Random | None = None) -> int:
    """A port that is free now, drawn at random so that parallel runs seldom meet."""
    return free_ports(1, chance)[0]


def free_ports(count: int, chance: random.Random | None = None) -> list[int]:
    """So many different ones."""
    draws = (chance or random.SystemRandom()).sample(FREE_RANGE, k=200)
    return list(islice(filter(is_free, draws), count))


def holder(port: int) -> str:
    """The program that listens on the port, in words; "another program" where we may not look."""
    try:
        pids = [c.pid for c in psutil.net_connections("tcp") if _listens(c, port)]
        return f"{psutil.Process(pids[0]).name()} (process {pids[0]})" if pids and pids[0] else "another program"
    except psutil.Error:
        return "another program"


def _listens(connection: Any, port: int) -> bool:
    return bool(connection.status == psutil.CONN_LISTEN and connection.laddr.port == port)
