"""The frame around every page: its bar and its menu, read by the frame itself so that no page has to think of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone

from dashboard import given, menu, shell
from dashboard.access import may_act, may_act_for
from dashboard.menu import Link, Section
from dashboard.render import bar_facts
from dashboard.sealed import hidden_pages
from dashboard.shell import Bar
from dashboard.snapshot import Overview

register = template.Library()


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a page."""

    bar: Bar | Overview
    now: datetime
    sections: tuple[Section, ...]
    facts: Mapping[str, str]
    may_act: bool
    acts: bool  # on the account that is shown, where the page shows one

    @property
    def thumbs(self) -> tuple[Link, ...]:
        """The pages in the phone's bar."""
        return menu.thumb_bar(self.sections)


@register.simple_tag(takes_context=True)
def page_frame(context: Mapping[str, Any]) -> Frame:
    """`{% page_frame as shell %}`: by the page's own overview where it has one (`overview`), else read now."""
    request, bar = context["request"], context.get("overview")
    if not isinstance(bar, Bar | Overview):
        bar = shell.gather(given.number(request.GET.get("account", "")), now=timezone.now())
    chosen = bar.account.id if bar.account else None
    here = getattr(request.resolver_match, "url_name", None) or ""
    hidden = hidden_pages(request.user)
    sections = menu.sections(here=here, account_id=chosen, is_staff=request.user.is_staff, hidden=hidden)
    owner = bar.account.owner_id if bar.account else None
    acts = may_act_for(request.user, owner) if menu.is_of_account(here) else may_act(request.user)
    return Frame(bar, bar.at, sections, bar_facts(bar), may_act(request.user), acts)
