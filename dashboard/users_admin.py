"""People in the admin: the same rules as on the page Users. Invitations and sessions to look at; hashes and keys are not shown."""

from collections.abc import Mapping
from typing import Any

from allauth.account import admin as _addresses  # noqa: F401 - registers itself, before it is taken off again
from allauth.account.models import EmailAddress
from allauth.mfa import admin as _factors  # noqa: F401 - the same
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from dashboard import users
from dashboard.users import UserRefused
from dashboard.users_models import BrowserSession, Invite
from project.accounts.admin import ChangedUserForm, WindlassUserAdmin
from project.accounts.models import User
from project.admin import EngineAdmin

REASON, MADE = "changed in the admin", "made in the admin"


class PeopleForm(ChangedUserForm):
    """Somebody who can let others in is always left."""

    def clean(self) -> dict[str, Any]:
        """And nobody switches himself off."""
        data: dict[str, Any] = super().clean() or {}
        role, active = data.get("role"), bool(data.get("is_active"))
        if role and {"role", "is_active"} & set(self.changed_data) and self.acting is not None:
            try:
                users.check(self.instance.pk, role=role, active=active, admin=self.acting)
            except UserRefused as refused:
                self.add_error("role" if "role" in self.changed_data else "is_active", str(refused))
        return data


admin.site.unregister([User, Authenticator, EmailAddress])
# The library's own pages would show and change what is sealed; its addresses of e-mail are not used here.


@admin.register(User)
class PeopleAdmin(WindlassUserAdmin):
    """Changes are journalled; who is switched off is logged out. Nobody is deleted: the journal names people."""

    form = PeopleForm

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Switch off instead."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save, then what follows from it, in one transaction."""
        changed, me = set(form.changed_data if change else ()), request.user
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            if isinstance(me, User):
                _follow(obj, me, changed, form.initial if change else None)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002 - Django's
        """Somebody's password; a new one is journalled, and ends what the old one opened."""
        me = request.user
        with transaction.atomic():
            before = self.get_object(
                request, unquote(id)
            )  # as Django finds it: an address has many ways to write a number
            answer: HttpResponse = super().user_change_password(request, id, form_url)
            after = User.objects.filter(pk=before.pk).first() if before else None
            if before and after and after.password != before.password and isinstance(me, User):
                users.password_set(after, me, REASON, but=request.session.session_key)
        return answer


def _follow(obj: User, me: User, changed: set[str], initial: Mapping[str, Any] | None) -> None:
    if initial is None:
        users.record_made(obj, me, MADE)
        return
    if "username" in changed:
        users.record_renamed(obj, me, REASON, before=initial["username"])
    if "role" in changed:
        users.record_role(obj, me, REASON, before=initial["role"])
    if "is_active" in changed:
        _switch(obj, me)


def _switch(obj: User, me: User) -> None:
    if obj.is_active:
        users.switch_on(obj.pk, admin=me, reason=REASON)
    else:
        users.switch_off(obj.pk, admin=me, reason=REASON, now=timezone.now())


@admin.register(Invite)
class InviteAdmin(EngineAdmin):
    """They are made and withdrawn on the page Users."""

    hidden = ("token_hash",)
    list_display = ("note", "role", "made_by", "expires_at", "used_at", "withdrawn_at")
    list_filter = ("role",)
    list_select_related = ("made_by",)


@admin.register(BrowserSession)
class BrowserSessionAdmin(EngineAdmin):
    """Who is logged in where; ended on the pages Users and Your log-in."""

    hidden = ("session_key",)
    list_display = ("user", "address", "since", "seen_at")
    list_filter = ("user",)
    list_select_related = ("user",)
