"""An example: list what is open, and pause the engine when an account has lost too much today.

WINDLASS_TOKEN=wlt_... python docs/examples/watch_and_pause.py 3
"""

import os
import sys
from decimal import Decimal
from uuid import uuid4

from windlass_client import Refused, Windlass


def main(most_loss_pct: Decimal) -> int:
    """Print every open group; pause when an account's loss of the day is larger. 1 when something was refused."""
    client = Windlass(os.environ["WINDLASS_TOKEN"], base=os.environ.get("WINDLASS_URL", "http://127.0.0.1:8080"))
    for account in client.accounts_list()["results"]:
        for group in client.every(client.groups_list, account=account["id"], state="open"):
            sys.stdout.write(f"{account['name']}: {group['symbol']} {group['side']}, {group['qty']} held\n")
        lost = Decimal(client.risk_get(account=account["id"])["day_loss_pct"] or 0)
        if lost > most_loss_pct:
            return paused(client, f"{account['name']} has lost {lost:.2f} % today")
    return 0


def paused(client: Windlass, reason: str) -> int:
    """Pause; with a key, so that a repeated request after a broken connection is still one deed."""
    try:
        client.mode_change(mode="PAUSED", reason=reason, key=uuid4().hex)
    except Refused as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    sys.stdout.write(f"paused: {reason}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Decimal(sys.argv[1]) if len(sys.argv) > 1 else Decimal(5)))
