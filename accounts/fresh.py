"""A fresh factor before a grave act (T91, T92): one line over the view.

    @require_POST
    @fresh_factor_needed
    def round_annul(request, code): ...

A page that was asked for comes after the six digits. A form that was sent is not lost:
its fields go back to the browser that has just typed them, inside the page that asks
for the digits, and come again with the answer. The server keeps nothing of them.
"""

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from accounts import actions, sessions
from accounts.access import staff
from accounts.forms import FIELD, FactorForm
from accounts.lockout import address_of

View = Callable[Concatenate[HttpRequest, ...], HttpResponseBase]
NOT_CARRIED = {FIELD, "csrfmiddlewaretoken"}


def fresh_factor_needed(view: View) -> View:
    """Let the view run when the factor is not older than five minutes; else ask."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        at = timezone.now()
        if sessions.is_fresh(request.session, at=at):
            return view(request, *args, **kwargs)
        if request.method != "POST":
            query = urlencode({"next": request.get_full_path()})
            return redirect(f"{reverse('accounts:factor-confirm')}?{query}")
        if FIELD not in request.POST:
            return ask(request, FactorForm())
        form = FactorForm(request.POST)
        if form.is_valid() and proven(request, form, at=at):
            return view(request, *args, **kwargs)
        return ask(request, form)

    cast(Any, guarded).needs_fresh_factor = True

    return guarded


def proven(request: HttpRequest, form: FactorForm, *, at: dt.datetime) -> bool:
    """Ask the account's factor; the form says so when the answer is wrong."""
    is_right = actions.confirm_factor(
        user=staff(request),
        answer=form.cleaned_data[FIELD],
        address=address_of(request),
        at=at,
    )
    if is_right:
        sessions.prove(request.session, at=at)
    else:
        form.refuse()
    return is_right


def ask(request: HttpRequest, form: FactorForm) -> HttpResponse:
    """The page for the digits in place of the answer to a form that was sent (403)."""
    kept = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in NOT_CARRIED
        for value in values
    ]
    context = {"form": form, "kept": kept, "target": request.get_full_path()}
    return render(request, "accounts/factor_confirm.html", context, status=403)
