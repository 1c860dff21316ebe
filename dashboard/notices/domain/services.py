"""Which services a notice may be sent through by an address of one's own, and what its query may say there. Pure.

The query is where the library can be told to read files of this machine (templates, keys, attachments), to keep some, or
to wait and try again by itself: so each service has the names it may use, and every other name is refused.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from urllib.parse import unquote

EVERY = frozenset({"emojis", "format", "overflow", "tz", "verify"})
# Of the text itself; `verify=no` is for a server of one's own with a certificate of its own.
_HTTP = "method + - :"
_AMAZON = "access key mode region secret to token"
_SERVICES = {
    "bark barks": "action archive badge call category click copy group icon image key level sound subtitle to ttl volume",
    "discord guilded": "avatar avatar_url batch fields flags footer footer_logo href image ping thread tts",
    "form forms json jsons xml xmls": _HTTP,
    "gchat": "key thread token workspace",
    "gotify gotifys prowl": "priority",
    "ifttt": "to + -",
    "join": "image priority to",
    "line": "image to",
    "mailto mailtos": "bcc cc from mode name pass reply smtp to user +",
    "matrix matrixs": "discovery hsreq image mode msgtype path to token version",
    "mmost mmosts": "botname channel channels icon_url image mode team to",
    "msteams": "image",
    "ntfy ntfys": "actions auth avatar_url click delay email image mode priority tags to token xtags",
    "opsgenie": "action alias batch entity priority region tags to + :",
    "pagerduty": "action class click component dedup group image region severity source +",
    "pagertree": "action dedup tags thirdparty tid urgency + - :",
    "pbul zulip": "to token",
    "pover": "expire interval key priority sound to url url_title",
    "revolt": "bot_token channel icon_url to url",
    "rocket rockets": "avatar mode to webhook",
    "sendgrid": "bcc cc template to +",  # a template's number there, no file
    "ses": f"{_AMAZON} bcc cc from name reply",
    "signal signals": "batch from status to",
    "slack": "blocks footer image mode timestamp to token",
    "sns": _AMAZON,
    "tgram": "content detect image mdv preview silent thread to topic",
    "threema": "from gwid secret to",
    "twilio": "apikey from method sid to token",
    "webex wxteams": "mode to token",
    "whatsapp": "from lang template to token :",  # a template's name there, no file
    "workflow workflows": "api-version id image pa powerautomate route routeid sig ver wrap",
}
NAMES: Mapping[str, frozenset[str]] = MappingProxyType(
    {service: EVERY | set(names.split()) for row, names in _SERVICES.items() for service in row.split()}
)


def unknown_name(service: str, address: str) -> str:
    """The first name in an address's query that the service may not be told; empty where there is none."""
    allowed = NAMES[service]
    return next((name for name in _names(address) if name not in allowed and name[:1] not in allowed), "")


def _names(address: str) -> Iterator[str]:
    """As the library reads them: all behind the first question mark, `;` parts too, a `#` ends nothing."""
    for part in re.split("[&;]", address.partition("?")[2]):
        if part:
            yield unquote(part.partition("=")[0]).strip().lower()
