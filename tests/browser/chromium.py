"""Chromium: where it is, how it is started, how long a page may take."""

import os
import shutil

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PLACES = ("chromium", "chromium-browser", "google-chrome")
MEND = "no Chromium found: install it (Debian: apt-get install chromium) or name it in WINDLASS_CHROMIUM"
PATIENCE_MS = 60_000
# Pages change within a fraction of a second; a busy machine takes its time.


def chromium_path() -> str | None:
    """Where Chromium is; None when it is missing."""
    named = os.environ.get("WINDLASS_CHROMIUM")
    return named or next((path for name in PLACES if (path := shutil.which(name))), None)
