"""What holds an account back, in words: what is wrong, what still works, what to do. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dashboard.snapshot import Ailment
from dashboard.words import HEALTH_WORDS


@dataclass(frozen=True, slots=True)
class Advice:
    """What still works, and the mend."""

    works: str
    mend: str


UNREACHED = "Targets and stops that rest at the venue go on without us. Exits wait and are sent when it answers."
NOTHING_SENT = "Nothing is sent or read on this account; what rests at the venue stays there. Other accounts go on."
EXITS_GO_ON = "Exits go on: targets rest, stops are watched, Close works. Only entries and pyramids are refused."

ADVICE: Mapping[str, Advice] = MappingProxyType(
    {
        "VENUE_NOT_REACHED": Advice(
            UNREACHED,
            "Nothing to press: it is asked again every 15 s. If it lasts, look at the venue's status page and this "
            "machine's connection; close by hand at the venue if you must, it is found and written down here.",
        ),
        "KEYS_REFUSED": Advice(
            "Targets and stops that rest at the venue go on without us. Nothing can be sent or cancelled from here.",
            "At the venue check that the key exists, may trade and allows this machine's address; then enter key and "
            "secret again on the account's page. Entries open at the next sweep.",
        ),
        "UNSAFE_ENDPOINT": Advice(
            NOTHING_SENT,
            "On the account's page: a paper account needs its local address, any other account an empty one.",
        ),
        "LIVE_NOT_ALLOWED": Advice(
            NOTHING_SENT,
            "To trade real money start Windlass with WINDLASS_LIVE=1 for every process; to practise choose paper or "
            "testnet on the account's page.",
        ),
        "UNSUPPORTED_VENUE": Advice(NOTHING_SENT, "Choose a supported venue on the account's page."),
        "VAULT_CLOSED": Advice(
            NOTHING_SENT,
            "The keys were sealed with another key-encryption key: restore the file `kek` of the data folder from its "
            "backup (or WINDLASS_KEK) and start again, or enter the keys anew on the account's page.",
        ),
        "BOOKS_DIFFER": Advice(
            EXITS_GO_ON,
            "Page Books shows each execution with the numbers of both sides: take the venue's, or keep ours. Entries open "
            "at the next sweep.",
        ),
        "MAINTENANCE": Advice(
            "Entries wait in the queue and exits are kept here; targets and stops that rest at the venue stay there.",
            "Nothing to press: it is asked again every 2 s, and once it answers it is first reconciled, then traded.",
        ),
        "POSITION_DIFFERS": Advice(
            EXITS_GO_ON,
            "Somebody traded this market outside Windlass. What closed a group by hand can be adopted here; anything else "
            "bring back at the venue to what our groups hold. It is compared again every 15 s.",
        ),
        "SECOND_ENGINE": Advice(
            EXITS_GO_ON,
            "Decide which one trades the account and stop the other one there. Where it was this one's turn to stop, run "
            "`manage.py second_engine` and type: this engine trades it. Without a word, entries open ten minutes after "
            "the other's orders are gone, or a minute after it has stopped where both work on one database.",
        ),
        "CLOCK_OFFSET": Advice(
            EXITS_GO_ON, "Set this machine's clock by a time server; it is measured again every 15 s."
        ),
    }
)
UNFORESEEN = Advice(EXITS_GO_ON, "Look at the lines of the sweeps worker, or run `manage.py doctor`.")


def ailment(account_id: int, code: str, detail: str) -> Ailment | None:
    """The ailment of an account by its health code; None while it is well."""
    if not code:
        return None
    advice = ADVICE.get(code, UNFORESEEN)
    name = HEALTH_WORDS.get(code, code.replace("_", " ").lower())
    wrong = f"{name[:1].upper()}{name[1:]}. {detail}".strip()
    return Ailment(code, account_id, wrong, advice.works, advice.mend)
