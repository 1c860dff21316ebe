"""What ccxt 4.5.90 sends for each unified call, as it was recorded: method, path, and the names of the parameters."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Sent = tuple[str, str, str, str]

VOLATILE = {"signature"}


def recorded(name: str) -> dict[str, Any]:
    """The recording of a venue: the requests by call."""
    found: dict[str, Any] = json.loads((Path(__file__).parent / f"{name}.json").read_text())
    return found


@dataclass
class Recorder:
    """A ccxt client whose requests are noted in the form of the recording."""

    client: Any
    sent: list[Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        fetch: Callable[..., Any] = self.client.fetch

        def noted(url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
            parts = urlsplit(url)
            self.sent.append((method, parts.path, _names(parts.query), _names(body or "")))
            return fetch(url, method, headers, body)

        self.client.fetch = noted


def _names(text: str) -> str:
    if text.startswith("["):
        return ""
    names = json.loads(text) if text.startswith("{") else [name for name, _ in parse_qsl(text, keep_blank_values=True)]
    return " ".join(sorted(set(names) - VOLATILE))
