"""What a service answered, in words a person can act on. One table, first match wins. Pure."""

import re

MAX_WORDS = 300
ADVICE: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in (
        (r"private address", "Its host resolves to an address of your own network; that needs WINDLASS_NOTICES_PRIVATE=1."),
        (r"name or service not known|no address associated|name resolution|nodename nor servname", "There is no host of that name."),
        (r"certificate", "The certificate of the service is not valid."),
        (r"chat not found", "The bot does not know this chat: write it a message first, then try again."),
        (r"bot was blocked", "You have blocked the bot in Telegram: unblock it."),
        (r"error[= ]401|error[= ]403|unauthorized|forbidden|authentication|\b535\b", "The service refuses the key: it is wrong, revoked or may not write there."),
        (r"error[= ]404|not found|unknown webhook", "The service knows no such address: the webhook or chat is gone or mistyped."),
        (r"error[= ]413|too large", "The message is too long for the service."),
        (r"error[= ]429|too many requests", "The service takes no more messages for now; it is tried again later."),
        (r"error[= ]5\d\d", "The service is in trouble; it is tried again."),
        (r"error[= ]3\d\d", "The service sends us on to another address, which is not followed: enter that one."),
        (r"refused|no route|unreachable", "Nobody answers at that address."),
        (r"timed? ?out|timeout", "It did not answer in time."),
    )
)  # fmt: skip


def advice(said: str) -> str:
    """What an error means; empty where nothing is known of it."""
    return next((words for pattern, words in ADVICE if pattern.search(said)), "")


def answer(said: str, *, cause: str = "") -> str:
    """The service's own words with ours before them, in one line of at most 300 characters.

    cause: what only developers read; it helps to find our words and is not shown.
    """
    text = " ".join(said.split())
    mend = advice(f"{text} {cause}")
    whole = f"{mend} ({text})" if mend and text else mend or text or "It was not taken, and no reason was given."
    return whole if len(whole) <= MAX_WORDS else whole[: MAX_WORDS - 1] + "…"
