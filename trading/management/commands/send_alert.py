"""manage.py send_alert: post an alert through the real door, as TradingView would, and print its answer."""

import json
import time
import uuid
from typing import Any

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from signals.models import Alert
from trading.services.status import UNDECIDED

WAIT_SECS = 10.0


class Command(BaseCommand):
    """An entry or exit by hand, over HTTP."""

    help = "Send an alert to the running door: manage.py send_alert BTCUSDT buy --price 60000"

    def add_arguments(self, parser: CommandParser) -> None:
        """What the alert says; anything else with --field name=value."""
        parser.add_argument("symbol", help="BTCUSDT, BINANCE:BTCUSDT, BTC/USDT …")
        parser.add_argument("action", choices=["buy", "sell", "exit"], help="what to do")
        parser.add_argument("--price", help="the alert's price; without one the live price counts")
        parser.add_argument("--interval", default="60", help="the chart's timeframe, as TradingView writes it")
        parser.add_argument("--field", action="append", default=[], metavar="NAME=VALUE", help="one more field")
        parser.add_argument("--source", default="first-source.json", help="file in the data folder with the token")
        parser.add_argument("--no-wait", action="store_true", help="do not wait for the outcome")

    def handle(self, *args: Any, **options: Any) -> None:
        """Post, print the answer, then the outcome. Raises CommandError when the door refuses or is not there."""
        answer = self._post(options)
        self.stdout.write(json.dumps(answer))
        if not options["no_wait"]:
            self.stdout.write(_outcome(int(answer["id"])))

    def _post(self, options: dict[str, Any]) -> dict[str, Any]:
        try:
            source = json.loads((settings.WINDLASS.home / options["source"]).read_text(encoding="utf-8"))
            url = f"http://127.0.0.1:{settings.WINDLASS.door_port}/webhooks/{source['token']}"
            reply = httpx.post(url, json=_body(options), timeout=5)
        except FileNotFoundError:
            raise CommandError(f"{options['source']} is not in {settings.WINDLASS.home}: run `make up` once") from None
        except httpx.TransportError:
            raise CommandError("The door does not answer: is the stack running? Start it with `make up`.") from None
        if not reply.is_success:
            raise CommandError(f"The door answered {reply.status_code}: {reply.text}")
        answer: dict[str, Any] = reply.json()
        return answer


def _body(options: dict[str, Any]) -> dict[str, str]:
    extra = dict(pair.partition("=")[::2] for pair in options["field"])
    body = {name: options[name] for name in ("symbol", "action", "price", "interval") if options[name]}
    return {"id": uuid.uuid4().hex, "timestamp": timezone.now().isoformat(), **body, **extra}


def _outcome(alert_id: int) -> str:
    """The alert's outcome as soon as it has one. Polls: a command has no socket to listen on."""
    give_up = time.monotonic() + WAIT_SECS
    alert = Alert.objects.get(pk=alert_id)
    while not alert.outcome and time.monotonic() < give_up:
        time.sleep(0.1)
        alert.refresh_from_db()
    return f"{alert.outcome or UNDECIDED}: {alert.reason}"
