"""One process that runs many of manage.py's commands, for a drill that asks so often that starting Python were the work.

python -m tests.e2e.keyboard    a JSON list of words per line on stdin; what came of it per line on stdout
"""

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path


class Keyboard:
    """Somebody who stays at the terminal of a running stack."""

    def __init__(self, root: Path, env: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", "tests.e2e.keyboard"]
        self._process = subprocess.Popen(
            command, cwd=root, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def types(self, words: tuple[str, ...]) -> "subprocess.CompletedProcess[str]":
        """What `manage.py` with these words says. Raises RuntimeError when the process is gone."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline()
        if not said:
            raise RuntimeError(f"the keyboard's process ended with status {self._process.wait()} at {words}")
        return subprocess.CompletedProcess(words, **json.loads(said))

    def leaves(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()


def serve() -> None:
    """Until stdin ends."""
    from django.core.management import execute_from_command_line

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.local")
    answers = sys.stdout
    for line in sys.stdin:
        status, out, err = 0, io.StringIO(), io.StringIO()
        try:
            with redirect_stdout(out), redirect_stderr(err):
                execute_from_command_line(["manage.py", *json.loads(line)])
        except SystemExit as ended:
            status = int(ended.code or 0)
        answers.write(json.dumps({"returncode": status, "stdout": out.getvalue(), "stderr": err.getvalue()}) + "\n")
        answers.flush()


if __name__ == "__main__":
    serve()
