"""The documents' examples work against a live server: the client, the script that uses it, every curl line."""

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dashboard import tokens
from dashboard.roles import Scope
from docs import client
from docs.examples import windlass_client
from docs.examples.windlass_client import Refused, Windlass
from docs.facts import ROOT, text
from project.accounts.models import User
from tests.dashboard import rows
from tests.dashboard.api import world

BLOCKS = re.findall(r"```sh\n(.*?)```", text(ROOT / "docs/api.md"), re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.replace("\\\n", " ").splitlines() if line.startswith("curl")]
PATIENCE_SECS = 60


def test_the_client_is_the_schemas() -> None:
    assert client.current() == text(client.PLACE)


@pytest.fixture
def served(transactional_db: None, live_server: Any, now: datetime) -> tuple[str, str, rows.Desk]:
    """A live server's address, a token for it, and what is there."""
    person: User = rows.user("mira", "trader")
    desk = world.world(person, now=now)
    return live_server.url, tokens.make(person, name="test", scope=Scope.TRADE, days=1, now=now)[1], desk


def test_the_client_reads_acts_and_is_refused(served: tuple[str, str, rows.Desk]) -> None:
    url, token, desk = served
    api = Windlass(token, base=url)
    groups = list(api.every(api.groups_list, account=desk.account.pk, state="open", limit=2))
    assert len(groups) == 3
    assert api.groups_get(groups[0]["id"])["pyramids"][0]["legs"]
    said = [api.mode_change(mode="PAUSED", reason="a test", key="k1")["message"] for _ in range(2)]
    assert said[0] == said[1]
    with pytest.raises(Refused, match="OUT_OF_RANGE") as refused:
        api.settings_change(name="max_open_groups", value="0", account=desk.account.pk)
    assert (refused.value.status, refused.value.problem["field"]) == (422, "max_open_groups")
    assert api.export_get(account=desk.account.pk, table="fills").startswith("id,side,price,qty")
    with pytest.raises(Refused, match="TOKEN_UNKNOWN"):
        Windlass("wlt_nonsense", base=url).me_get()
    script = [sys.executable, str(ROOT / "docs/examples/watch_and_pause.py"), "99"]
    environ = os.environ | {"WINDLASS_TOKEN": token, "WINDLASS_URL": url}
    done = subprocess.run(script, env=environ, capture_output=True, text=True, timeout=PATIENCE_SECS, check=True)
    assert done.stdout.count(" held\n") == 3
    assert windlass_client.__doc__


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed here")
def test_every_curl_line_of_the_document_is_answered(served: tuple[str, str, rows.Desk], tmp_path: Path) -> None:
    url, token, desk = served
    environ = os.environ | {"WINDLASS_TOKEN": token, "WINDLASS_URL": url}
    said = [curled(command, environ, desk.account.pk, tmp_path) for command in COMMANDS]
    codes = [json.loads(one).get("code") for one in said if one]
    assert codes == [*[None] * 8, "OUT_OF_RANGE"]
    assert (tmp_path / "fills.csv").read_text(encoding="utf-8").startswith("id,side,price,qty")


def curled(command: str, environ: dict[str, str], account_id: int, folder: Path) -> str:
    """What a line of the document is answered, for the account that is there."""
    named = re.sub(r"account=1\b", f"account={account_id}", command).replace('"account": 1', f'"account": {account_id}')
    done = subprocess.run(
        ["/bin/sh", "-c", named],
        env=environ,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECS,
        check=True,
    )
    return done.stdout
