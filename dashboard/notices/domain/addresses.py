"""Where notices go: each kind's fields, the one address made of them, and what of it may be shown. Pure.

An address is a URL as the library that sends understands it. Only services that are reached over the network and that
stand in the table may be named: others could run programs or write files on this machine.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from dashboard.notices.domain.services import NAMES, unknown_name

Given = Mapping[str, str]
MAX_FIELD = 500  # characters
SHOWN = 4  # characters of a secret's end, to tell channels apart
LEAST_SECRET = 6
# Shorter parts of an address are words like `chat`; blanking them would blank the answer.


class BadAddress(Exception):
    """What is wrong with a channel's address, and with which field."""

    def __init__(self, field: str, words: str) -> None:
        self.field = field
        super().__init__(words)


@dataclass(frozen=True, slots=True)
class Field:
    """Something to fill in; `secret` ones are typed hidden and never shown again."""

    name: str
    label: str
    hint: str = ""
    secret: bool = False
    needed: bool = True
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Address:
    """A whole address, and the few characters it is known by."""

    url: str
    tail: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A service: its fields, and how an address is made of them. `silence`: what is added for a message without sound.

    `soundless` ones never make a sound by themselves: a program hears them.
    """

    title: str
    where: str
    fields: tuple[Field, ...]
    make: Callable[[Given], Address]
    silence: str = ""
    soundless: bool = False

    @property
    def can_be_silent(self) -> bool:
        """Whether a silent message may be sent by itself; elsewhere silent ones wait for a digest."""
        return self.soundless or bool(self.silence)


def _tail(text: str) -> str:
    return text[-SHOWN:]


def _clean(given: Given, name: str) -> str:
    text = given.get(name, "").strip()
    if len(text) > MAX_FIELD or any(ord(char) < 32 or ord(char) == 127 for char in text):
        raise BadAddress(name, f"At most {MAX_FIELD} characters, in one line.")
    return text


def _matched(given: Given, name: str, shape: re.Pattern[str], words: str) -> re.Match[str]:
    found = shape.fullmatch(_clean(given, name))
    if found is None:
        raise BadAddress(name, words)
    return found


# Telegram, Discord, Slack ------------------------------------------------------------------------

BOT = re.compile(r"(?:bot)?([0-9]{5,20}:[A-Za-z0-9_-]{30,60})")
CHAT = re.compile(r"-?[0-9]{3,20}|@[A-Za-z][A-Za-z0-9_]{4,31}")
DISCORD = re.compile(
    r"https://(?:ptb\.|canary\.)?discord(?:app)?\.com/api/webhooks/([0-9]{10,25})/([A-Za-z0-9_-]{20,120})/?"
)
SLACK = re.compile(r"https://hooks\.slack\.com/services/([A-Z0-9]{5,20})/([A-Z0-9]{5,20})/([A-Za-z0-9]{10,40})/?")


def _telegram(given: Given) -> Address:
    bot = _matched(given, "token", BOT, "BotFather's token looks like 123456789:AAE… (a number, a colon, 35 letters).")
    chat = _matched(given, "chat", CHAT, "A number such as 123456789 or -1001234567890, or @channel_name.")
    return Address(f"tgram://{bot[1]}/{chat[0]}/", _tail(bot[1]))


def _discord(given: Given) -> Address:
    words = "Copy it from the channel's settings: https://discord.com/api/webhooks/…/…"
    found = _matched(given, "url", DISCORD, words)
    return Address(f"discord://{found[1]}/{found[2]}/", _tail(found[2]))


def _slack(given: Given) -> Address:
    words = "Copy it from the app's Incoming Webhooks: https://hooks.slack.com/services/T…/B…/…"
    found = _matched(given, "url", SLACK, words)
    return Address(f"slack://{found[1]}/{found[2]}/{found[3]}/", _tail(found[3]))


# e-mail ------------------------------------------------------------------------------------------

MAIL = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9.-]{1,200}")
HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\]")
PORT = re.compile(r"[0-9]{1,5}")
STARTTLS, TLS, PLAIN = "STARTTLS", "TLS", "none"
SCHEMES = {STARTTLS: "mailtos", TLS: "mailtos", PLAIN: "mailto"}
MODES = {STARTTLS: "starttls", TLS: "ssl", PLAIN: "insecure"}
PORTS = {STARTTLS: "587", TLS: "465", PLAIN: "25"}


def _email(given: Given) -> Address:
    host = _matched(given, "host", HOST, "The name of the mail server, as smtp.example.org.")[0]
    to = _matched(given, "to", MAIL, "One address, as you@example.org.")[0]
    sender = _matched(given, "from", MAIL, "The address it is sent from, as windlass@example.org.")[0]
    security = _clean(given, "security") or STARTTLS
    if security not in SCHEMES:
        raise BadAddress("security", f"One of {', '.join(SCHEMES)}.")
    port = _port(_clean(given, "port") or PORTS[security])
    user, password = _clean(given, "user"), _clean(given, "password")
    if bool(user) != bool(password):
        raise BadAddress("password", "A user and a password, or neither.")
    login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
    query = urlencode({"smtp": host, "from": sender, "to": to, "mode": MODES[security]})
    return Address(f"{SCHEMES[security]}://{login}{host}:{port}/?{query}", to)


def _port(text: str) -> str:
    if not PORT.fullmatch(text) or not 1 <= int(text) <= 65535:
        raise BadAddress("port", "A number from 1 to 65535.")
    return text


# a webhook of one's own, and any other service ---------------------------------------------------

NO_LOGIN = "Leave name and password out of the address; put a token into its path or query."


def _webhook(given: Given) -> Address:
    """An http(s) address as json(s)://; its query travels as `-name=value`, which the library passes on."""
    text = _clean(given, "url")
    parts = _split("url", text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadAddress("url", "An address that begins with https:// (or http:// in your own network).")
    if parts.username or parts.password:
        raise BadAddress("url", NO_LOGIN)
    query = urlencode([(f"-{name}", value) for name, value in parse_qsl(parts.query, keep_blank_values=True)])
    made = f"{'jsons' if parts.scheme == 'https' else 'json'}://{parts.netloc}{parts.path}"
    return Address(f"{made}?{query}" if query else made, _tail(text.rstrip("/")))


# Reached over the network, and made for notices. What a host of one's own serves is guarded like a webhook.
OTHERS = frozenset(NAMES)
NOT_TOLD = "{service}:// takes no {name} here: a query may not name files, repeats or anything else that is not known."


def _other(given: Given) -> Address:
    text = _clean(given, "url")
    parts = _split("url", text)
    if parts.scheme in ("http", "https"):
        raise BadAddress("url", "For an http address choose the kind Webhook.")
    if parts.scheme not in OTHERS:
        said = f"{parts.scheme}:// is not among" if parts.scheme else "It begins with the service's name, one of"
        raise BadAddress("url", f"{said} {', '.join(sorted(OTHERS))}.")
    if name := unknown_name(parts.scheme, text):
        raise BadAddress("url", NOT_TOLD.format(service=parts.scheme, name=name[:30]))
    return Address(text, _tail(text.partition("?")[0].rstrip("/")))


def _split(field: str, text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise BadAddress(field, "This is no address: check its host and port.") from None
    return parts


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "telegram": Kind(
            "Telegram",
            "Talk to @BotFather, make a bot, and write one message to it (or add it to a group). @userinfobot tells your chat id.",
            (
                Field("token", "Bot token", "123456789:AAE…", secret=True),
                Field("chat", "Chat id", "123456789 or @channel"),
            ),
            _telegram,
            "silent=yes",
        ),
        "discord": Kind(
            "Discord",
            "In Discord: Edit channel, Integrations, Webhooks, New webhook, Copy URL.",
            (Field("url", "Webhook URL", "https://discord.com/api/webhooks/…", secret=True),),
            _discord,
            "flags=4096",
        ),
        "slack": Kind(
            "Slack",
            "At api.slack.com/apps: your app, Incoming Webhooks, Add new webhook.",
            (Field("url", "Webhook URL", "https://hooks.slack.com/services/…", secret=True),),
            _slack,
        ),
        "email": Kind(
            "E-mail",
            "The outgoing (SMTP) server of the mailbox it is sent from.",
            (
                Field("to", "To", "you@example.org"),
                Field("from", "From", "windlass@example.org"),
                Field("host", "Server", "smtp.example.org"),
                Field("port", "Port", "587, 465 or 25", needed=False),
                Field("security", "Encryption", choices=(STARTTLS, TLS, PLAIN)),
                Field("user", "User", needed=False),
                Field("password", "Password", secret=True, needed=False),
            ),
            _email,
        ),
        "webhook": Kind(
            "Webhook",
            "A POST with JSON: version, title, message, attachments, type, and id, which is the same when one is sent again.",
            (Field("url", "Address", "https://…", secret=True),),
            _webhook,
            soundless=True,
        ),
        "other": Kind(
            "Other service",
            "Any other service by its Apprise address, as pover://… or ntfy://….",
            (Field("url", "Apprise address", "ntfy://your-topic", secret=True),),
            _other,
        ),
    }
)


def made(kind: str, given: Given, *, private: bool) -> Address:
    """The address of what was filled in. Raises BadAddress; `private` allows hosts of one's own network."""
    if kind not in KINDS:
        raise BadAddress("kind", f"Choose one of {', '.join(KINDS)}.")
    address = KINDS[kind].make(given)
    host = urlsplit(address.url).hostname or ""
    if not private and is_private_name(host):
        raise BadAddress("host" if kind == "email" else "url", PRIVATE)
    return address


def with_silence(url: str, kind: str) -> str:
    """The address for a message without a sound, where the service knows such."""
    extra = KINDS[kind].silence
    return f"{url}{'&' if '?' in url else '?'}{extra}" if extra else url


def with_query(url: str, **named: object) -> str:
    """The address with what the library is told by query."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(named)}"


# hosts -------------------------------------------------------------------------------------------

PRIVATE = (
    "This address lies in your own network or on this machine. It may be used only where Windlass is started with "
    "WINDLASS_NOTICES_PRIVATE=1."
)
LOCAL_NAMES = (".internal", ".lan", ".local", ".localhost", ".home.arpa")


def is_private_name(host: str) -> bool:
    """Whether a host is of one's own network as far as its name alone tells; what it resolves to is asked when sending."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(LOCAL_NAMES):
        return True
    try:
        return not is_public(name)
    except ValueError:
        return False


def is_public(text: str) -> bool:
    """Whether an IP address is anybody's to reach: not private, local, shared, reserved or multicast, in any notation."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None:
            address = inner
        elif address in NAT64:
            address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.is_global and not address.is_multicast


NAT64 = ipaddress.ip_network("64:ff9b::/96")


# secrets -----------------------------------------------------------------------------------------


def scrubbed(text: str, url: str) -> str:
    """A text without any part of an address that could be a secret."""
    for part in sorted(_parts(url), key=len, reverse=True):
        text = text.replace(part, "***")
    return text


def _parts(url: str) -> set[str]:
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    pieces = [
        url,
        parts.query,
        *re.split(r"[/:@?&=]", url.partition("://")[2]),
        *(v for _, v in parse_qsl(parts.query)),
    ]
    whole = {piece for raw in pieces for piece in (raw, unquote(raw)) if len(piece) >= LEAST_SECRET}
    named = set(parts.netloc.rpartition("@")[0].split(":")) - {""}
    return {piece for piece in whole | named if piece.lower() != host and len(piece) >= LEAST_SECRET - 2}
