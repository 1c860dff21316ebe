"""Forms in templates: a value by its name."""

from collections.abc import Mapping

from django import template

register = template.Library()


@register.filter
def got(typed: Mapping[str, str], name: str) -> str:
    """`{{ form.typed|got:field.name }}`: what was typed there, or nothing."""
    return typed.get(name, "")
