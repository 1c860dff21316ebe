"""A server that turns everybody away as PostgreSQL does while it reads back its log.

A process of its own: libpq's ping holds up every thread of the one that asks.
"""

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator

FIELDS = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0"
REFUSAL = b"E" + (4 + len(FIELDS)).to_bytes(4, "big") + FIELDS
STARTUP = 3
# The protocol's major version; other first words ask for encryption.


def refuse(client: socket.socket) -> None:
    """Answer until the client has heard it."""
    with client, client.makefile("rb") as words:
        asked = 0
        while asked != STARTUP:
            length = int.from_bytes(words.read(4), "big")
            asked = int.from_bytes(words.read(length - 4)[:2], "big")
            client.sendall(REFUSAL if asked == STARTUP else b"N")


def main() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)  # noqa: T201
        while True:
            refuse(server.accept()[0])


@contextlib.contextmanager
def recovering() -> Iterator[str]:
    """Its postgresql:// URL."""
    with subprocess.Popen([sys.executable, "-S", __file__], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"postgresql://engine@127.0.0.1:{int(process.stdout.readline())}/x"
        finally:
            process.kill()


if __name__ == "__main__":
    main()
