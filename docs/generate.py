"""`python -m docs.generate [--check]`: rewrite the documents' marked blocks from the code, or say what is out of date.

A block stands between `<!-- generated: NAME -->` and `<!-- end -->`. Links and file names are checked too.
"""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from docs import tables
from docs.facts import ROOT, text

BLOCK = re.compile(r"(<!-- generated: ([a-z-]+) -->\n)(?:(?!<!-- ).*\n)*(<!-- end -->)")
LINK = re.compile(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"")
NAMED_PATH = re.compile(
    r"`((?:\.ci|dashboard|deploy|docs|project|requirements|risk|signals|tests|trading)/[\w./-]*|[\w-]+\.(?:py|toml))`"
)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def documents() -> list[Path]:
    """Every Markdown file that is ours."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def generated() -> dict[Path, str]:
    """Every document as it should be."""
    found = {path: BLOCK.sub(rewritten, text(path)) for path in documents()}
    return found | {ROOT / ".env.example": tables.example()}


def rewritten(block: "re.Match[str]") -> str:
    """A block with its content made anew."""
    return f"{block[1]}{tables.BLOCKS[block[2]]()}\n{block[3]}"


def stale(wanted: dict[Path, str]) -> list[str]:
    """What is not as it should be."""
    return [f"{path.relative_to(ROOT)} is out of date: python -m docs.generate" for path in changed(wanted)]


def changed(wanted: dict[Path, str]) -> list[Path]:
    """Files that are not there or hold something else."""
    return [path for path, content in wanted.items() if not path.exists() or text(path) != content]


def broken(wanted: dict[Path, str]) -> list[str]:
    """Links that lead nowhere, and names of files that do not exist."""
    pages = [(path, content) for path, content in wanted.items() if path.suffix == ".md"]
    return [complaint for path, content in pages for complaint in (*dead_links(path, content), *gone(path, content))]


def dead_links(path: Path, content: str) -> Iterable[str]:
    """Relative links whose file or heading is missing."""
    for found in LINK.findall(without_code(content)):
        target, _, anchor = (found[0] or found[1]).partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        page = path.parent / target if target else path
        if not page.exists():
            yield f"{path.relative_to(ROOT)}: {target} does not exist"
        elif anchor and anchor not in anchors(text(page)):
            yield f"{path.relative_to(ROOT)}: {target} has no heading #{anchor}"


def anchors(content: str) -> set[str]:
    """The headings of a page as links name them."""
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in HEADING.findall(content)}


def gone(path: Path, content: str) -> Iterable[str]:
    """Paths in `code` style that are no file or folder of the repository."""
    for name in sorted(set(NAMED_PATH.findall(without_code(content)))):
        if not (ROOT / name).exists():
            yield f"{path.relative_to(ROOT)}: there is no `{name}`"


def without_code(content: str) -> str:
    """A page without its code blocks."""
    return re.sub(r"```.*?```", "", content, flags=re.DOTALL)


def main(arguments: list[str]) -> int:
    """Rewrite, or with --check only say what is wrong; 1 when something is."""
    wanted = generated()
    if "--check" not in arguments:
        for path in changed(wanted):
            path.write_text(wanted[path], encoding="utf-8")
    complaints = [*stale(wanted), *broken(wanted)]
    sys.stdout.write("".join(f"{line}\n" for line in complaints))
    return 1 if complaints else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except tables.Mismatch as mismatch:
        sys.exit(f"docs: {mismatch}")
