"""A question before a deed: what it will do, in numbers. A page for browsers without scripts, a dialog for the others."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from dashboard import given
from dashboard.access import refusal


@dataclass(frozen=True, slots=True)
class Field:
    """Something the person types; lengths in characters."""

    name: str
    label: str
    value: str = ""
    min_length: int = 3
    max_length: int = 200


@dataclass(frozen=True, slots=True)
class Question:
    """Title, the consequence line by line, and the one button; `danger` outlines it."""

    title: str
    consequence: tuple[str, ...]
    button: str
    note: str = ""
    danger: bool = True
    fields: tuple[Field, ...] = ()
    wish: str = ""  # which of two deeds was asked about, or which asking it was; the form brings it back


@dataclass(frozen=True, slots=True)
class Told:
    """What the deed came to; done=False: it did not happen, and the text says why."""

    text: str
    done: bool = True


Typed = Mapping[str, str]
Act = Callable[[Typed], Told]


def ask(request: HttpRequest, question: Question, act: Act, *, account_id: int, back: str = "") -> HttpResponse:
    """GET shows the question, POST acts and leads back: to the account's overview, unless another page asked."""
    back = back or home(account_id)
    typed = {field.name: given.words(request.POST.get(field.name, "")) for field in question.fields}
    problem, status = _obstacle(request, question, typed, account_id)
    if problem or request.method != "POST":
        context = {"question": question, "problem": problem, "typed": typed, "home": back}
        return render(request, "dashboard/ask.html", context, status=status)
    told = act(typed)
    messages.add_message(request, messages.SUCCESS if told.done else messages.WARNING, told.text)
    return redirect(back)


def _obstacle(request: HttpRequest, question: Question, typed: Typed, account_id: int) -> tuple[str, int]:
    if said := refusal(request.user, account_id):
        return said, 403
    if request.method != "POST":
        return "", 200
    wrong = (f for f in question.fields if not f.min_length <= len(typed[f.name]) <= f.max_length)
    said = next((f"{f.label}: {f.min_length} to {f.max_length} characters are needed." for f in wrong), "")
    return said, 422 if said else 200


def home(account_id: int) -> str:
    """The overview of an account."""
    return f"{reverse('dashboard:overview')}?account={account_id}"
