"""Pictures of every page of a running stack, for docs/images: desktop and phone, dark and light.

python -m tests.browser.pictures --home .windlass [--only overview,chart] [--png FOLDER]
"""

import argparse
import base64
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.chromium import ARGUMENTS, MEND, PATIENCE_MS, chromium_path

IMAGES = Path(__file__).resolve().parents[2] / "docs/images"
SIZES = {"desktop": (1440, 1000), "phone": (390, 844)}
THEMES = ("dark", "light")
QUALITY = 55
PAGES = {
    "overview": "/",
    "groups": "/groups",
    "chart": "/chart",
    "ticket": "/ticket",
    "pool": "/pool",
    "signals": "/signals",
    "why": "/signals/why",
    "preview": "/preview",
    "offset": "/offset",
    "risk": "/risk",
    "sealed": "/sealed",
    "books": "/books",
    "lost": "/lost",
    "shadow": "/shadow",
    "history": "/history",
    "performance": "/performance",
    "logs": "/logs",
    "tasks": "/tasks",
    "settings": "/settings",
    "accounts": "/accounts",
    "builder": "/builder",
    "notices": "/notices",
    "users": "/users",
    "kill": "/kill",
    "api": "/api",
}

READY = {"api": ".opblock-tag", "chart": "[data-legend]:has-text('O ')"}
# What comes after the page.


def main() -> int:
    """Log in as the first user and take all of them; 2 without a browser."""
    asked = _arguments()
    path = chromium_path()
    if path is None:
        sys.stderr.write(f"{MEND}\n")
        return 2
    chosen = {name: PAGES[name] for name in (asked.only.split(",") if asked.only else PAGES)}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for size, (width, height) in SIZES.items():
            context = browser.new_context(viewport={"width": width, "height": height}, base_url=asked.url)
            page = context.new_page()
            _log_in(page, asked.home)
            for name in _taken(page, chosen, size, asked.png):
                sys.stdout.write(f"{name}\n")
                sys.stdout.flush()
            context.close()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Pictures of every page.")
    parser.add_argument("--home", type=Path, default=Path(".windlass"))
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--only", default="", help="names of pages, with commas")
    parser.add_argument("--png", type=Path, help="PNG files into this folder, to be looked at, in place of docs/images")
    return parser.parse_args()


def _log_in(page: Page, home: Path) -> None:
    """By the user and password that the first start has written down."""
    _, name, _, password = (home / "first-login").read_text(encoding="utf-8").split()[:4]
    page.goto("/login")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.locator("form button[type=submit]").first.click()
    page.wait_for_url("**/")


def _taken(page: Page, chosen: dict[str, str], size: str, png: Path | None) -> Iterator[str]:
    for name, address in chosen.items():
        page.goto(address)
        page.wait_for_load_state("load", timeout=PATIENCE_MS)
        if name in READY:
            page.locator(READY[name]).first.wait_for(timeout=PATIENCE_MS)
        for theme in THEMES:
            page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            yield _kept(page, f"{name}-{size}-{theme}", png)


def _kept(page: Page, name: str, png: Path | None) -> str:
    if png is not None:
        png.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=png / f"{name}.png")
        return name
    devtools = page.context.new_cdp_session(page)
    found = devtools.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    devtools.detach()
    IMAGES.mkdir(exist_ok=True)
    (IMAGES / f"{name}.webp").write_bytes(base64.b64decode(found["data"]))
    return name


if __name__ == "__main__":
    sys.exit(main())
