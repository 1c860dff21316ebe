"""Secrets never leave: planted ones are looked for in every answer to a read, whole, hashed or encoded."""

import base64
import hashlib
import re
from collections.abc import Iterator
from urllib.parse import urlencode

from django.conf import settings
from django.test import Client

from dashboard.notices.models import Channel
from project.accounts.models import ExchangeAccount
from signals.models import Instrument, Source
from tests.dashboard.api import world
from tests.dashboard.api.test_routes import BY_QUERY, FIRST, LISTS, MORE, ONE, SHARED, at, query_of
from tests.dashboard.api.world import get


def forms(secret: bytes) -> Iterator[str]:
    """How bytes could have got into JSON."""
    yield from (secret.decode("latin-1"), secret.hex(), base64.b64encode(secret).decode(), repr(secret)[2:-1])


def planted() -> set[str]:
    account, source = ExchangeAccount.objects.get(), Source.objects.get()
    texts = [*world.SECRETS.values(), *world.PROOFS.values(), world.HMAC_KEY, world.HOOK, settings.SECRET_KEY]
    raw = [text.encode() for text in texts] + [hashlib.sha256(text.encode()).digest() for text in texts]
    kept = [
        bytes(account.sealed_credentials),
        bytes(source.hmac_sealed or b""),
        bytes(Channel.objects.get().sealed_address),
    ]
    return {form for secret in (*raw, *kept) for form in forms(secret)}


def test_no_answer_to_a_read_holds_a_secret(boss: Client, mine: Client) -> None:
    ids = {address: world.get(mine, listed).json()["results"][0]["id"] for address, listed in FIRST.items()}
    single = [at(address, model) for address, model in ONE.items()]
    firsts = [re.sub(r"\{\w+\}", str(ids[address]), address) for address in FIRST]
    asked = [f"{address}?{urlencode(query_of(address))}" for address in BY_QUERY]
    shared = [f"{at(address, Instrument)}?{urlencode(MORE.get(address, {}))}" for address in SHARED]
    places = [*LISTS, *single, *firsts, *asked, *shared]
    said = {place: b"".join(get(client, place)).decode() for client in (boss, mine) for place in places}
    assert len(said) > 40
    assert [(place, secret) for place, text in said.items() for secret in planted() if secret in text] == []


def test_the_search_finds_what_is_there() -> None:
    assert list(forms(b"abc")) == ["abc", "616263", "YWJj", "abc"]
