"""A journal entry as a notice: the sentence of the logs page, with its account and market, safe in any program. Pure."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from dashboard import formats
from dashboard.bidi import told as without_marks
from dashboard.notices.domain.classes import CLASSES, Klass
from dashboard.telling import Payload, told
from dashboard.words import close_words

MAX_TEXT = 700
# Telegram takes 4096 characters, Discord 2000: a digest of a few still fits.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]+")
CALLS = re.compile(r"@(?=everyone|here|channel|all\b)", re.IGNORECASE)
# A message of a sender must not wake a whole team: a zero-width space after the sign takes its meaning away.


@dataclass(frozen=True, slots=True)
class About:
    """What an entry is about, as far as it is known: the account's name and money, the market and its quote."""

    account: str = ""
    environment: str = ""
    symbol: str = ""
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A notice's words; result is of `quote`, code is an outcome's."""

    title: str
    text: str
    result: Decimal | None = None
    quote: str = ""
    code: str = ""


def spoken(kind: str, payload: Payload, klass: Klass, about: About) -> Spoken:
    """The entry in words."""
    entry = told(kind, payload)
    result = _result(payload) if klass is Klass.GROUPS else None
    sentence = entry.sentence if result is None else _closed(payload, result, about.quote)
    text = f"{about.symbol}: {sentence}" if about.symbol else sentence
    code = entry.code if klass is Klass.REFUSALS else ""
    return Spoken(title(klass, about), safe(f"{text} ({code})" if code else text), result, about.quote, code)


def _closed(payload: Payload, result: Decimal, quote: str) -> str:
    """As on the page, with the result as one reads money."""
    earned = formats.amount(result, quote, signed=True).replace(formats.THIN, "")
    return f"group closed, {close_words(str(payload.get('reason', '')))}: {earned} {quote}".rstrip()


def title(klass: Klass, about: About) -> str:
    """As in `PAPER paper-1: Fills`; what money it is about stands first."""
    name = CLASSES[klass].title if klass in CLASSES else "Test"
    return safe(f"{about.environment.upper()} {about.account}: {name}" if about.account else f"Windlass: {name}")


def safe(text: str) -> str:
    """A text without marks that other programs would obey, at most 700 characters."""
    clean = CALLS.sub("@\u200b", CONTROL.sub(" ", without_marks(text)))
    return clean if len(clean) <= MAX_TEXT else clean[: MAX_TEXT - 1] + "…"


def _result(payload: Payload) -> Decimal | None:
    try:
        return Decimal(str(payload["realised_pnl"]))
    except (KeyError, InvalidOperation):
        return None
