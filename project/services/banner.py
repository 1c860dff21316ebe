"""What `make up` says when everything runs. Pure: facts in, text out."""

import json
from dataclasses import dataclass

WIDTH = 78


@dataclass(frozen=True, slots=True)
class Facts:
    """URLs and places of the running stack. A login or token is given the first time only, else it is empty."""

    seconds: float
    web_url: str
    door_url: str
    first_login: str
    first_login_file: str
    first_token: str
    first_source_file: str
    demo: bool
    unwell: tuple[str, ...] = ()  # parts that did not answer, each with its log file


def text(facts: Facts) -> str:
    """The banner."""
    lines = [f"Windlass is up after {facts.seconds:.1f} s. Ctrl-C stops it.", ""]
    lines += [*_row("NOT WELL", *facts.unwell), ""] if facts.unwell else []
    lines += _row("Dashboard", facts.web_url)
    lines += _row("First login", facts.first_login_file, *_indented(facts.first_login))
    lines += _row("Webhook", f"{facts.door_url}/webhooks/{facts.first_token or '<token>'}", *_webhook(facts))
    lines += _row("Flower", f"{facts.web_url}/flower/  (behind the same login)")
    lines += _row("Demo", "on; DEMO=0 make up turns it off" if facts.demo else "off")
    rule = "─" * WIDTH
    return "\n".join(["", rule, *lines, rule, ""])


def alert() -> str:
    """A body the door accepts from the first source: a small entry, priced by the market."""
    return json.dumps({"symbol": "SOLUSDT", "action": "buy", "timeframe": "60"})


def _row(name: str, *values: str) -> list[str]:
    first, *rest = values
    return [f"  {name:<12} {first}", *(f"  {'':<12} {value}" for value in rest)]


def _indented(login: str) -> list[str]:
    """The first login is shown once; later the file says it."""
    return [*login.strip().splitlines(), "(shown this once)"] if login else []


def _webhook(facts: Facts) -> list[str]:
    if not facts.first_token:
        return [f"the token is in {facts.first_source_file}"]
    url = f"{facts.door_url}/webhooks/{facts.first_token}"
    return ["try it:", f"curl -X POST {url} -H 'Content-Type: application/json' -d '{alert()}'"]
