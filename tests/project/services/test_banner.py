"""What `make up` says when everything runs: secrets once, then only where they lie."""

import json
from dataclasses import replace

from project.services import banner
from project.services.banner import Facts

LATER = Facts(
    seconds=9.87,
    web_url="http://127.0.0.1:8080",
    door_url="http://127.0.0.1:8081",
    first_login="",
    first_login_file=".windlass/first-login",
    first_token="",
    first_source_file=".windlass/first-source.json",
    demo=True,
)
FIRST = replace(LATER, first_login="admin\nopen sesame\n", first_token="t0ken")


def test_every_address_is_named() -> None:
    text = banner.text(LATER)
    for expected in (LATER.web_url, f"{LATER.web_url}/flower/", f"{LATER.door_url}/webhooks/<token>", "9.9 s"):
        assert expected in text


def test_the_first_time_login_and_token_are_shown() -> None:
    text = banner.text(FIRST)
    assert "open sesame" in text
    assert "(shown this once)" in text
    assert (
        f"curl -X POST http://127.0.0.1:8081/webhooks/t0ken -H 'Content-Type: application/json' -d '{banner.alert()}'"
        in text
    )


def test_later_only_their_files_are_named() -> None:
    text = banner.text(LATER)
    assert ".windlass/first-login" in text
    assert "the token is in .windlass/first-source.json" in text
    assert "curl" not in text


def test_the_example_is_json_that_fits_a_shells_quotes() -> None:
    assert json.loads(banner.alert())["action"] == "buy"
    assert "'" not in banner.alert()


def test_a_demo_that_is_off_says_so() -> None:
    assert "Demo         off" in banner.text(replace(LATER, demo=False))


def test_what_does_not_answer_is_named_with_its_log() -> None:
    assert "NOT WELL     paper, see logs/paper.log" in banner.text(
        replace(LATER, unwell=("paper, see logs/paper.log",))
    )
    assert "NOT WELL" not in banner.text(LATER)
