"""Services on loopback that notifications are sent to: a webhook over HTTP, a mail server. Real sockets, no mocks."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any


@dataclass
class Webhook:
    """What came, in its order; `status` is answered. A path that begins with /hang is never answered until `release`."""

    url: str = ""
    status: int = 200
    bodies: "Queue[dict[str, Any]]" = field(default_factory=Queue)
    paths: list[str] = field(default_factory=list)
    hanging: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)

    def texts(self) -> list[str]:
        """Every message so far, title and body."""
        found = [self.bodies.get_nowait() for _ in range(self.bodies.qsize())]
        return [f"{body['title']} | {body['message']}" for body in found]


@contextmanager
def webhook() -> Iterator[Webhook]:
    """A webhook on a free port."""
    seen = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.paths.append(self.path)
            if self.path.startswith("/hang"):
                seen.hanging.set()
                seen.release.wait(60)
            seen.bodies.put(body)
            self.send_response(seen.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with served(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        seen.url = f"http://127.0.0.1:{port}"
        yield seen
        seen.release.set()


@contextmanager
def mail_server() -> Iterator[tuple[int, list[str]]]:
    """A mail server that takes everything: its port, and every message as it came."""
    messages: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 ready")
            while line := self.rfile.readline().decode().strip():
                word = line.upper()[:4]
                if word == "DATA":
                    self.say("354 go on")
                    messages.append("".join(iter(lambda: self.rfile.readline().decode(), ".\r\n")))
                self.say("221 bye" if word == "QUIT" else "250 fine")

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    with served(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as port:
        yield port, messages


@contextmanager
def served(server: socketserver.BaseServer) -> Iterator[int]:
    """A server in a thread while the block lasts; its port."""
    server.daemon_threads = True  # type: ignore[attr-defined]
    server.block_on_close = False  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
