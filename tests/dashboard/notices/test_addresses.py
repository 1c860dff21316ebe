"""Where notices may go: each kind's address, what is refused, and that no part of a secret is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.notices.domain.addresses import KINDS, OTHERS, BadAddress, is_public, made, scrubbed, with_silence

BOT = "123456789:AAEabcdefghijklmnopqrstuvwxyz012345"
DISCORD = "https://discord.com/api/webhooks/123456789012345678/abcdefghijklmnopqrstuvwxyz"
SLACK = "https://hooks.slack.com/services/T12345678/B12345678/abcdefghijklmnopqrstuvwx"
MAIL = {"to": "you@example.org", "from": "w@example.org", "host": "smtp.example.org"}


@pytest.mark.parametrize(
    ("kind", "given_fields", "url", "tail"),
    [
        ("telegram", {"token": BOT, "chat": "-1001234567"}, f"tgram://{BOT}/-1001234567/", "2345"),
        ("discord", {"url": DISCORD}, "discord://123456789012345678/abcdefghijklmnopqrstuvwxyz/", "wxyz"),
        ("slack", {"url": SLACK}, "slack://T12345678/B12345678/abcdefghijklmnopqrstuvwx/", "uvwx"),
        (
            "email",
            MAIL,
            "mailtos://smtp.example.org:587/?smtp=smtp.example.org&from=w%40example.org&to=you%40example.org&mode=starttls",
            "you@example.org",
        ),
        ("webhook", {"url": "https://example.org/hook/abcd?key=v"}, "jsons://example.org/hook/abcd?-key=v", "ey=v"),
        ("webhook", {"url": "http://example.org:8000/hook"}, "json://example.org:8000/hook", "hook"),
        ("other", {"url": "pover://user@token1234"}, "pover://user@token1234", "1234"),
        ("other", {"url": "ntfys://topic?priority=high"}, "ntfys://topic?priority=high", "opic"),
        ("other", {"url": "jsons://example.org/x?+X-Key=1"}, "jsons://example.org/x?+X-Key=1", "rg/x"),
    ],
)
def test_an_address_is_made_of_its_fields(kind: str, given_fields: dict[str, str], url: str, tail: str) -> None:
    found = made(kind, given_fields, private=False)
    assert (found.url, found.tail) == (url, tail)


@pytest.mark.parametrize(
    ("kind", "given_fields", "field"),
    [
        ("carrier pigeon", {}, "kind"),
        ("telegram", {"token": "abc", "chat": "1234"}, "token"),
        ("telegram", {"token": BOT, "chat": "../x"}, "chat"),
        (
            "discord",
            {"url": "https://discord.com.evil.example/api/webhooks/123456789012345678/abcdefghijklmnopqrst"},
            "url",
        ),
        ("slack", {"url": "https://hooks.slack.com/services/T1"}, "url"),
        ("email", {**MAIL, "host": "smtp example"}, "host"),
        ("email", {**MAIL, "port": "99999"}, "port"),
        ("email", {**MAIL, "security": "rot13"}, "security"),
        ("email", {**MAIL, "user": "me"}, "password"),
        ("email", {**MAIL, "to": "you@example.org\nbcc: all"}, "to"),
        ("webhook", {"url": "ftp://example.org/x"}, "url"),
        ("webhook", {"url": "file:///etc/passwd"}, "url"),
        ("webhook", {"url": "https://user:pass@example.org/"}, "url"),
        ("webhook", {"url": "https://example.org:abc/"}, "url"),
        ("webhook", {"url": "https://"}, "url"),
        ("other", {"url": "syslog://localhost"}, "url"),
        ("other", {"url": "dbus://"}, "url"),
        ("other", {"url": "windows://"}, "url"),
        ("other", {"url": "https://example.org"}, "url"),
        ("other", {"url": "x" * 501}, "url"),
        ("other", {"url": "discord://123/abc/?template=/tmp/secret.json"}, "url"),
        ("other", {"url": "discord://123/abc/?thread=1&%54emplate=/tmp/secret.json"}, "url"),
        ("other", {"url": "discord://123/abc/?thread=1;template=/tmp/secret.json"}, "url"),
        ("other", {"url": "slack://T1/B1/abc/#general?template=/tmp/secret.json"}, "url"),
        ("other", {"url": "mailtos://example.org/?pgppub=/tmp/secret.asc"}, "url"),
        ("other", {"url": "ntfys://topic?attach=/etc/passwd"}, "url"),
        ("other", {"url": "gotifys://example.org/token?retry=9&wait=60"}, "url"),
        ("webhook", {"url": "https://127.0.0.1/x"}, "url"),
        ("webhook", {"url": "http://localhost:8080/kill"}, "url"),
        ("webhook", {"url": "http://[::1]/"}, "url"),
        ("webhook", {"url": "http://169.254.169.254/latest/meta-data"}, "url"),
        ("webhook", {"url": "http://router.local/"}, "url"),
        ("email", {**MAIL, "host": "10.0.0.5"}, "host"),
        ("other", {"url": "ntfy://192.168.1.5/topic"}, "url"),
    ],
)
def test_a_bad_address_names_the_field(kind: str, given_fields: dict[str, str], field: str) -> None:
    with pytest.raises(BadAddress) as refused:
        made(kind, given_fields, private=False)
    assert refused.value.field == field
    assert BOT not in str(refused.value)


def test_one_s_own_network_takes_a_switch() -> None:
    assert made("webhook", {"url": "http://127.0.0.1:9/x"}, private=True).url == "json://127.0.0.1:9/x"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_which_addresses_are_anybody_s(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(("kind", "extra"), [("telegram", "silent=yes"), ("discord", "flags=4096"), ("slack", "")])
def test_silence_is_asked_for_where_the_service_knows_it(kind: str, extra: str) -> None:
    assert with_silence("x://y", kind) == ("x://y?" + extra if extra else "x://y")


def test_programs_and_files_of_this_machine_are_out_of_reach() -> None:
    assert OTHERS.isdisjoint({"dbus", "file", "glib", "gnome", "kde", "macosx", "qt", "rsyslog", "syslog", "windows"})
    assert set(KINDS) == {"telegram", "discord", "slack", "email", "webhook", "other"}


SECRETS = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789"), min_size=8, max_size=40)


@given(SECRETS, SECRETS)
def test_no_secret_of_an_address_survives_in_an_answer(token: str, key: str) -> None:
    url = f"jsons://example.org/hook-{token}/x?-key={key}"
    said = scrubbed(f"POST https://example.org/hook-{token}/x?key={key} failed for {key}", url)
    assert token not in said
    assert key not in said
