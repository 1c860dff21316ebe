"""Marks that turn the direction of writing: in a text of somebody else's they make a page read otherwise than it is.

Every page passes through here, whichever template made it, so no template has to remember it. The API and exports
tell such texts as they are: programs compare them.
"""

import re
from typing import Any

from django.template.backends.django import DjangoTemplates
from django.utils.safestring import SafeString

MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Unicode's directional formatting characters, all twelve (UAX 9, table 4).
INSTEAD = "\ufffd"
# The sign for a character that cannot be shown: one sees that there was something.


def told(text: str) -> str:
    """The text with every such mark shown instead of obeyed."""
    return MARKS.sub(INSTEAD, text)


class Shown:
    """A template whose output holds no such mark."""

    def __init__(self, template: Any) -> None:
        self._template = template

    def __getattr__(self, name: str) -> Any:
        return getattr(self._template, name)

    def render(self, context: Any = None, request: Any = None) -> SafeString:
        """As the template renders it, then as it may be shown."""
        return SafeString(told(self._template.render(context, request)))


class Templates(DjangoTemplates):
    """Django's own templates, shown safely."""

    def from_string(self, template_code: str) -> Any:
        """A template of a text."""
        return Shown(super().from_string(template_code))

    def get_template(self, template_name: str) -> Any:
        """A template of a file. Raises TemplateDoesNotExist."""
        return Shown(super().get_template(template_name))
