"""What a new installation needs before its first alert: a name, an admin, a paper account, sources. Safe to repeat."""

import hashlib
import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from project.accounts import mode
from project.accounts.models import Environment, ExchangeAccount, Installation, Role, User
from project.accounts.vault import VaultError, key_encryption_key, open_credentials, put_credentials
from project.services.files import write_private
from signals.models import Source
from trading.models.setting_version import How
from trading.services import setting_versions
from trading.services.overrides import Place, Wish
from trading.services.setting_versions import Said

log = logging.getLogger(__name__)

ADMIN = "admin"
PAPER = "paper"
FUTURES = "paper futures"
DEMO_PAIRS = ["BTC/USDT", "ETH/USDT", "SOL/USDT"]
DEMO_PERPETUALS = ["BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT"]
PATIENT = {"max_consecutive_losses": 1000}
# A simple average cross loses often; the demo goes on all the same.

SOON = {
    "loss_threshold_pct": "-0.1",
    "post_full_wait_minutes": 0,
    "require_full_pyramids": "off",
    "timer_start": "after_all_dca_submitted",
}
# The demo's pairs rise and fall together: an offset needs a loser and a winner at once, which is rare and soon over.

# What the demo shows: every way to take profit, offsets, a queue in front of a small pool, a stop.
DEMO_SETTINGS: Mapping[str, Mapping[str, Mapping[str, object]]] = {
    PAPER: {"": PATIENT | SOON, "ETH/USDT": {"tp_mode": "AGGREGATE"}, "SOL/USDT": {"tp_mode": "HYBRID"}},
    FUTURES: {
        "": PATIENT | {"max_open_groups": 2, "stop": "fixed", "fixed_stop_pct": "0.8"},
        "ETH/USDT:USDT": {"tp_mode": "AGGREGATE"},
        "SOL/USDT:USDT": {"tp_mode": "HYBRID"},
    },
}


@dataclass(frozen=True, slots=True)
class FirstStart:
    """What `make up` tells its user. `token` is the first source's, known only while it is made."""

    first_login_created: bool
    username: str
    webhook_token: str


def bootstrap(*, paper_url: str) -> FirstStart:
    """Make what is missing, point paper accounts at the running paper exchange, and ask for a reconcile of all."""
    key_encryption_key()  # made before anything is sealed with it
    with transaction.atomic():
        Installation.objects.get_or_create(id=1, defaults={"name": secrets.token_hex(16)})
        mode.current()
        admin, password = _admin()
        spot = _paper_account(admin, PAPER, "binance", paper_url)
        futures = _paper_account(admin, FUTURES, "binanceusdm", paper_url)
        token = _source(spot, "tradingview", "first-source.json", pairs=[])
        _source(spot, "demo feed", "demo-source.json", pairs=DEMO_PAIRS)
        _source(futures, "demo futures feed", "demo-futures-source.json", pairs=DEMO_PERPETUALS)
        _move_paper(paper_url)
        # Nothing is entered before the books agree with the venue again; since when they are compared stays known.
        ExchangeAccount.objects.update(reconciled_at=None)
    if password:
        write_private(_home() / "first-login", f"user: {ADMIN}\npassword: {password}\n")
    return FirstStart(bool(password), admin.username, token)


def _home() -> Path:
    home: Path = settings.WINDLASS.home
    return home


def _admin() -> tuple[User, str]:
    """The first superuser; its password only when it was made now."""
    found = User.objects.filter(is_superuser=True).order_by("id").first()
    if found is not None:
        return found, ""
    password = secrets.token_urlsafe(18)
    return User.objects.create_superuser(ADMIN, password=password, role=Role.ADMIN), password


def _paper_account(admin: User, name: str, venue: str, paper_url: str) -> ExchangeAccount:
    """An account that trades on the paper exchange, armed; its keys are told to the exchange by file."""
    account = ExchangeAccount.objects.filter(environment=Environment.PAPER, venue=venue).order_by("id").first()
    if account is None:
        account = ExchangeAccount.objects.create(
            user=admin, name=name, venue=venue, environment=Environment.PAPER, base_url=paper_url, armed=True
        )
        keys = {"apiKey": secrets.token_hex(16), "secret": secrets.token_hex(32)}
        put_credentials(account, keys, now=timezone.now())
        account.save()
        _demo_settings(account)
    _tell_keys(account)
    return account


def _tell_keys(account: ExchangeAccount) -> None:
    """Tell the paper exchange; an account of play money that has no keys, or whose keys stay shut, holds up no start."""
    try:
        credentials = open_credentials(account)
    except VaultError as error:
        log.error("%s trades nothing until its keys are given anew: %s", account.name, error)
        return
    if credentials:
        tell_paper(account, credentials)


def _demo_settings(account: ExchangeAccount) -> None:
    """Settings that make the demo show more; a person may change them like any other."""
    if not settings.WINDLASS.demo:
        return
    shown = DEMO_SETTINGS[account.name].items()
    wishes = [
        Wish(name, Place(None, account.pk, symbol), value) for symbol, some in shown for name, value in some.items()
    ]
    setting_versions.write(wishes, Said("demo", "so that the demo shows more", How.DEMO))


def tell_paper(account: ExchangeAccount, credentials: Mapping[str, str]) -> None:
    """Write the account's keys where the paper exchange reads them, once."""
    path = _home() / "paper" / "keys.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    if any(entry["key"] == credentials["apiKey"] for entry in known):
        return
    path.parent.mkdir(mode=0o700, exist_ok=True)
    entry = {"key": credentials["apiKey"], "secret": credentials["secret"], "account": f"account-{account.pk}"}
    write_private(path, json.dumps([*known, entry]))


def _move_paper(paper_url: str) -> None:
    """Paper accounts on this machine follow the paper exchange to the port it has now."""
    for account in ExchangeAccount.objects.filter(environment=Environment.PAPER).exclude(base_url=paper_url):
        account.base_url = paper_url
        account.save()


def _source(account: ExchangeAccount, name: str, filename: str, *, pairs: list[str]) -> str:
    """A source with token and secret in a private file; the token when it was made now."""
    if Source.objects.filter(user_id=account.user_id, name=name).exists():
        return ""
    token, secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    Source.objects.create(
        user_id=account.user_id,
        account=account,
        name=name,
        token_hash=digest(token),
        secret_hash=digest(secret),
        pair_whitelist=pairs,
    )
    write_private(_home() / filename, json.dumps({"token": token, "secret": secret}))
    return token


def digest(text: str) -> bytes:
    """What is kept of a token or secret."""
    return hashlib.sha256(text.encode()).digest()
