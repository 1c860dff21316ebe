"""The one menu: every page of the dashboard, in three sections; a page whose address does not exist is not shown.

A new page is one line here and one in urls.py.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

THUMB = 4  # pages in the phone's bar; the fifth place opens all of them


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the menu; `address` is its url name, `also` those of the pages below it.

    `thumb` orders the phone's bar, 0 is left out of it. `fact` names a live number beside the title (live.js).
    """

    title: str
    address: str
    icon: str
    also: tuple[str, ...] = ()
    thumb: int = 0
    of_account: bool = True  # shows one account: the link keeps the one that is looked at
    staff: bool = False
    fact: str = ""


# What one does, what one looks at, what one sets up once.
MENU: tuple[tuple[str, tuple[Page, ...]], ...] = (
    (
        "Trade",
        (
            Page("Overview", "dashboard:overview", "◎", thumb=1),
            Page(
                "Groups",
                "dashboard:groups",
                "▤",
                also=("group", "add_to_group", "edit_group_exits"),
                thumb=2,
                fact="groups",
            ),
            Page("Chart", "dashboard:chart", "⌇"),
            Page("Ticket", "dashboard:ticket", "⊕"),
            Page("Pool", "dashboard:pool", "▦", thumb=5, fact="queue"),
            Page("Signals", "dashboard:signals", "⇢", also=("signal", "why"), thumb=3),
            Page("Preview", "dashboard:preview", "⌕"),
            Page("Offset", "dashboard:offset", "⇄", thumb=7),
        ),
    ),
    (
        "Watch",
        (
            Page("Risk", "dashboard:risk", "◭", thumb=4),
            Page("Sealed", "dashboard:sealed", "⚿", of_account=False),
            Page("Books", "dashboard:books", "≠"),
            Page("Lost alerts", "dashboard:lost", "∅", of_account=False),
            Page("Shadow", "dashboard:shadow", "◑", of_account=False),
            Page("History", "dashboard:history", "↺", thumb=6),
            Page("Performance", "dashboard:performance", "⌁"),
            Page("Logs", "dashboard:logs", "≡", thumb=8),
            Page("Tasks", "dashboard:tasks", "⚙", of_account=False),
        ),
    ),
    (
        "Set up",
        (
            Page("Settings", "dashboard:settings", "⊞", also=("settings_preview", "settings_versions")),
            Page(
                "Accounts",
                "dashboard:accounts",
                "⚿",
                also=("account", "account_keys", "add_account", "edit_account"),
                of_account=False,
            ),
            Page("Alert builder", "dashboard:builder", "✎", of_account=False),
            Page("Notifications", "dashboard:notices", "✉", also=("notices_new", "notices_edit"), of_account=False),
            Page("Users", "dashboard:users", "☺", of_account=False),
            Page("Kill switch", "dashboard:kill", "■", of_account=False),
            Page("API tokens", "dashboard:api_tokens", "⌘", of_account=False),
            Page("Admin", "admin:index", "⋯", of_account=False, staff=True),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Link:
    """A page that exists, as a link; `here` marks the one that is shown."""

    title: str
    href: str
    icon: str
    here: bool
    fact: str = ""
    thumb: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its links."""

    title: str
    links: tuple[Link, ...]


def sections(*, here: str, account_id: int | None, is_staff: bool, hidden: Collection[str] = ()) -> tuple[Section, ...]:
    """The menu as somebody sees it on the page named `here`, without those `hidden`; an empty section is left out."""
    open_to = ((title, tuple(page for page in pages if _name(page) not in hidden)) for title, pages in MENU)
    made = (Section(title, tuple(_links(pages, here, account_id, is_staff))) for title, pages in open_to)
    return tuple(section for section in made if section.links)


def is_of_account(here: str) -> bool:
    """Whether the page named `here` shows one account; what is not in the menu does."""
    pages = (page for _, section in MENU for page in section)
    return all(page.of_account for page in pages if here in (_name(page), *page.also))


def thumb_bar(menu: tuple[Section, ...]) -> tuple[Link, ...]:
    """The phone's bar: the first four of those that have a place in it."""
    placed = sorted((link for section in menu for link in section.links if link.thumb), key=lambda link: link.thumb)
    return tuple(placed[:THUMB])


def _links(pages: tuple[Page, ...], here: str, account_id: int | None, is_staff: bool) -> Iterator[Link]:
    for page in pages:
        href = _address(page, account_id)
        if href and (is_staff or not page.staff):
            is_here = here in (_name(page), *page.also) and page.address.startswith("dashboard:")
            yield Link(page.title, href, page.icon, is_here, page.fact, page.thumb)


def _name(page: Page) -> str:
    return page.address.partition(":")[2]


def _address(page: Page, account_id: int | None) -> str:
    """Where the page is; empty while there is none."""
    try:
        found = reverse(page.address)
    except NoReverseMatch:
        return ""
    return f"{found}?account={account_id}" if account_id is not None and page.of_account else found
