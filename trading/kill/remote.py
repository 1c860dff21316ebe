"""The remote layout: a Pi elsewhere tells the engine's door that the button was pressed, and that it lives. No Django."""

import json
import logging
import secrets
import time
from dataclasses import dataclass, field

from project.accounts.latch import Latch
from trading.kill.signing import signature

log = logging.getLogger("trading.kill")

PATH = "/kill"
BEAT_SECS = 10.0
CALL_SECS = 3.0


@dataclass(frozen=True, slots=True)
class Door:
    """The engine's door as the Pi reaches it, and the secret they share."""

    url: str
    secret: str = field(repr=False)

    def tell(self, latch: Latch) -> bool:
        """Post the signed kill; whether the engine has set its latch. The caller asks again until it has."""
        said = {"action": "kill", "id": latch.id, "operator": latch.operator, "reason": latch.reason}
        return self._post(said) is not None

    def beat(self) -> str | None:
        """Say that the button is watched; the engine answers with what its groups hold. None: it was not reached."""
        return self._post({"action": "beat", "id": secrets.token_hex(8)})

    def _post(self, said: dict[str, str]) -> str | None:
        import http.client
        import urllib.request  # a fifth of this process's memory, and only the remote layout needs it

        raw, now = json.dumps(said).encode(), str(int(time.time()))
        headers = {"Content-Type": "application/json", "X-Timestamp": now}
        headers["X-Signature"] = signature(self.secret, now, raw)
        request = urllib.request.Request(self.url.rstrip("/") + PATH, raw, headers)  # noqa: S310 - the operator's own URL
        try:
            with urllib.request.urlopen(request, timeout=CALL_SECS) as answer:  # noqa: S310
                return str(answer.read().decode())
        except (OSError, ValueError, http.client.HTTPException) as error:
            log.warning("the engine's door was not reached: %s", error)
            return None
