"""What must hold before anything is started; each failure is one line with its mend."""

import shutil

from project.services import files, ports
from project.services.errors import DiskFull, HomeClosed, PortTaken
from project.services.options import PORTS, Options

WANTED_MB = 1000
# PostgreSQL's write-ahead log may take half of it; a full disk stops trading.


def home(options: Options) -> None:
    """Make the data folder. Raises HomeClosed."""
    try:
        files.folder(options.home)
    except OSError as error:
        raise HomeClosed(path=options.home, detail=error.strerror) from error


def disk(options: Options) -> None:
    """Raise DiskFull when less than 1 GB is free where the data lie."""
    free_mb = shutil.disk_usage(options.home).free // 1_000_000
    if free_mb < WANTED_MB:
        raise DiskFull(free_mb=free_mb, path=options.home, wanted_mb=WANTED_MB)


def free_ports(options: Options) -> None:
    """Raise PortTaken with all ports that somebody else holds, so that one answer mends it."""
    wanted = {port: options.ports[port.name] for port in PORTS if options.needs(port)}
    taken = {port: number for port, number in wanted.items() if not ports.is_free(number)}
    if taken:
        told = (
            f"port {number} for the {port.purpose} is taken by {ports.holder(number)}" for port, number in taken.items()
        )
        free = zip(taken, ports.free_ports(len(taken)), strict=True)
        words, advice = "; ".join(told), " ".join(f"{port.variable}={number}" for port, number in free)
        raise PortTaken(taken=words[0].upper() + words[1:], advice=advice)
