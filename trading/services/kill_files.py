"""What the engine leaves for the kill process: the keys in their sealed file, what is held, and a sign of life.

Written by the pump, only when something changed; the kill process may find no database when it matters.
"""

import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from django.db.models import Q, Sum
from django.db.models.functions import Least

from project.accounts import mode, sealed, vault
from project.accounts.models import BalanceMovement, ExchangeAccount, PositionMode
from project.accounts.sealed import SealedAccount
from project.services.files import write_private
from trading.domain.vocabulary import MarketKind
from trading.kill import places
from trading.kill.places import Holdings, Parcel
from trading.models import PositionGroup

log = logging.getLogger(__name__)

LATELY = timedelta(days=7)
# A market is remembered so long after its last group has closed: a late fill is sold there.


class Writer:
    """Remembers what it wrote last; one per process."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._keys = b""
        self._holdings = ""

    def write(self, *, now: datetime) -> None:
        """Keys, holdings and the sign of life, as they are now."""
        self.write_keys()
        self._write_holdings(now)
        beat = {"mode": mode.current().mode, "at": now.isoformat()}
        draft = self._home / f"{places.HEARTBEAT}.new"
        draft.write_text(json.dumps(beat), encoding="utf-8")
        draft.replace(self._home / places.HEARTBEAT)  # not synced: a lost sign of life is no loss

    def write_keys(self) -> None:
        """accounts.enc, when an account or the key-encryption key is another one than at the last look."""
        rows = list(ExchangeAccount.objects.exclude(sealed_credentials=b"").order_by("id"))
        mark = hashlib.sha256(vault.key_encryption_key())
        for row in rows:
            mark.update(f"{row.pk} {row.updated_at} {row.environment} {row.base_url} {row.position_mode}".encode())
        if mark.digest() != self._keys or not sealed.path(self._home).exists():
            sealed.write(self._home, _opened(rows), key=vault.key_encryption_key())
            self._keys = mark.digest()

    def _write_holdings(self, now: datetime) -> None:
        text = places.written_holdings(holdings(now=now))
        if text != self._holdings or not (self._home / places.HOLDINGS).exists():
            write_private(self._home / places.HOLDINGS, text)
            self._holdings = text


def _opened(rows: list[ExchangeAccount]) -> list[SealedAccount]:
    """With their keys; one whose envelope does not open stays in the list, or a kill would call it flat."""
    return [_account(row) for row in rows]


def _account(row: ExchangeAccount) -> SealedAccount:
    credentials, locked = _credentials(row)
    hedge = row.position_mode == PositionMode.HEDGE
    return SealedAccount(
        row.pk, row.name, row.venue, row.environment, row.base_url, row.quote, hedge, credentials, locked
    )


def _credentials(row: ExchangeAccount) -> tuple[Mapping[str, str], str]:
    """The keys, and why there are none."""
    try:
        return vault.open_credentials(row), ""
    except vault.VaultError as error:
        log.error("a kill could not reach account %s: %s", row.pk, error)
        return {}, str(error)


def holdings(*, now: datetime) -> Mapping[int, Holdings]:
    """Per account: coins that are not ours, what each group holds, and where there was something lately."""
    foreign: dict[int, dict[str, Decimal]] = defaultdict(dict)
    moved = BalanceMovement.objects.values_list("account_id", "currency").annotate(Sum("amount"))
    for account_id, currency, amount in moved.order_by():
        foreign[account_id][currency] = amount
    parcels: dict[int, list[Parcel]] = defaultdict(list)
    symbols: dict[int, set[str]] = defaultdict(set)
    rows = PositionGroup.objects.filter(Q(closed_at=None) | Q(closed_at__gte=now - LATELY)).order_by("id")
    columns = rows.values_list("account_id", "instrument__symbol", "side", "qty", "closed_at")
    for account_id, symbol, side, qty, closed_at in columns:
        symbols[account_id].add(symbol)
        if qty > 0 and closed_at is None:
            parcels[account_id].append(Parcel(symbol, side, qty))
    dust = rows.filter(closed_at__isnull=False, qty__gt=0, dust_qty__gt=0, instrument__kind=MarketKind.SPOT)
    for account_id, base, qty in dust.values_list("account_id", "instrument__base", Least("qty", "dust_qty")):
        # What closed groups left is nobody's to book: a fill of the last minutes must not explain it.
        foreign[account_id][base] = foreign[account_id].get(base, Decimal(0)) + qty
    ids = ExchangeAccount.objects.values_list("pk", flat=True)
    return {pk: Holdings(foreign[pk], tuple(parcels[pk]), tuple(symbols[pk])) for pk in ids}
