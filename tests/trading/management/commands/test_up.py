"""`manage.py up` becomes the supervisor."""

import os
import sys

import pytest
from django.core.management import call_command

from project.services.options import BASE_DIR


def test_the_process_is_replaced_by_the_supervisor(monkeypatch: pytest.MonkeyPatch) -> None:
    became: list[list[str]] = []
    monkeypatch.chdir("/")
    monkeypatch.setattr(os, "execv", lambda program, argv: became.append([program, *argv[1:]]))
    call_command("up")
    assert became == [[sys.executable, "-m", "project.services"]]
    assert os.getcwd() == str(BASE_DIR)
