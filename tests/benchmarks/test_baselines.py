"""What Windlass is measured against runs: a baseline that does not start would leave its figure out."""

import os
import subprocess
import sys

from project.settings.environment import BASE_DIR

LOADED = (
    "from benchmarks.baselines.wsgi import app; assert len(app.resolve_request.__self__._view_middleware or []) == 0"
)


def test_the_plain_view_is_served_without_middleware() -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "project.settings.test"}
    run = [sys.executable, "-c", LOADED]
    done = subprocess.run(run, cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
