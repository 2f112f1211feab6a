"""Schemes on the desk: versions, every field with its rule, difference, rules."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import holding, scopes_in, staff, today
from accounts.permissions import Permission
from accounts.prefixes import Scopes
from accounts.scopes import scopes_of, scopes_of_any
from evaluations import scheme_actions, scheme_difference, scheme_queries
from evaluations.dry_run_actions import TRIED
from evaluations.models import AssessmentScheme, RuleDocument
from evaluations.scheme_access import (
    READERS,
    can_edit,
    get_rule_for,
    get_scheme_to_read,
    places_for,
)
from evaluations.scheme_forms import (
    ApproveSchemeForm,
    DigestForm,
    PlaceForm,
    RepealForm,
    RuleForm,
    SchemeReasonForm,
)
from evaluations.scheme_readiness import content_digest, obstacles
from evaluations.scheme_refusals import REFUSALS, told, told_each
from evaluations.scheme_rules_difference import rule_changes
from evaluations.scheme_rules_rows import rules_page
from evaluations.sheets.rules import parsed_rules


def editing_scopes(request: HttpRequest) -> Scopes:
    return scopes_of(staff(request), Permission.SCHEME_EDIT, on=today())


@require_safe
@holding(*READERS)
def scheme_list(request: HttpRequest) -> HttpResponse:
    context = {
        "codes": scheme_queries.schemes_by_code(scopes_in(request)),
        "can_draft": bool(editing_scopes(request)),
    }
    return render(request, "evaluations/scheme_list.html", context)


@require_safe
def scheme_detail(request: HttpRequest, pk: int) -> HttpResponse:
    scheme = get_scheme_to_read(staff(request), pk)
    return render_scheme(request, scheme)


def render_scheme(
    request: HttpRequest, scheme: AssessmentScheme, *, status: int = 200, **forms: Any
) -> HttpResponse:
    """The page of a scheme; `forms` bring back what was refused."""
    user, at = staff(request), timezone.now()
    digest = content_digest(scheme).hex()
    approval = scheme_queries.waiting_approval(scheme, at=at)
    predecessor = scheme_queries.predecessor(scheme)
    editable = scheme.is_draft and can_edit(user, scheme)
    context = {
        "scheme": scheme,
        "digest": digest,
        "themes": scheme_queries.theme_rows(scheme) if scheme.is_of_residents else [],
        "rules": rules_page(parsed_rules(scheme.parameters))
        if scheme.kind == scheme.Kind.REGULAR
        else None,
        "bases": scheme_queries.bases_of(scheme),
        "siblings": scheme_queries.siblings(
            scheme, scopes_of_any(user, READERS, on=today())
        ),
        "predecessor": predecessor,
        "obstacles": _obstacles(scheme),
        "approval": approval,
        "is_stale": approval is not None and approval.payload["digest"] != digest,
        "is_mine": approval is not None and approval.proposed_by_id == user.pk,
        "can_edit": editable,
        "can_try": editable and scheme.kind in TRIED,
        "can_retire": scheme.status == scheme.Status.IN_FORCE
        and can_edit(user, scheme),
        "dry_runs": scheme_queries.dry_runs_of(scheme) if editable else [],
        "districts": scheme_queries.districts_to_try(scheme) if editable else [],
        "places": places_for(editing_scopes(request)),
        "copy_form": PlaceForm(divisions=places_for(editing_scopes(request))),
        "propose_form": DigestForm(initial={"digest": digest}),
        "approve_form": ApproveSchemeForm(
            initial={"digest": approval.digest_hex if approval else ""}
        ),
        "decline_form": SchemeReasonForm(prefix="decline"),
        "retire_form": SchemeReasonForm(prefix="retire"),
        **forms,
    }
    return render(request, "evaluations/scheme_detail.html", context, status=status)


def _obstacles(scheme: AssessmentScheme) -> list[str]:
    """What keeps a draft from coming into force, a sentence each."""
    if not scheme.is_draft:
        return []
    found = obstacles(scheme, on=today())
    return [sentence for error in found for sentence in told_each(error)]


@require_safe
def scheme_difference_page(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    new = get_scheme_to_read(staff(request), pk)
    old = get_scheme_to_read(staff(request), other)
    if (old.code, old.kind) != (new.code, new.kind):
        raise Http404
    context: dict[str, Any] = {
        "old": old,
        "new": new,
        "words": scheme_difference.word_changes(old, new),
    }
    if new.is_of_residents:
        context["changes"] = scheme_difference.changes(old, new)
    else:
        context["lines"] = rule_changes(
            parsed_rules(old.parameters), parsed_rules(new.parameters)
        )
    return render(request, "evaluations/scheme_difference.html", context)


@require_safe
@holding(*READERS)
def rule_list(request: HttpRequest) -> HttpResponse:
    return _render_rules(request, scopes_in(request))


@require_POST
@holding(Permission.SCHEME_EDIT)
def rule_add(request: HttpRequest) -> HttpResponse:
    scopes = scopes_in(request)
    form = RuleForm(request.POST, divisions=places_for(scopes), today=today())
    if form.is_valid():
        try:
            scheme_actions.enter_rule(
                **form.cleaned_data, by=staff(request), at=timezone.now()
            )
        except REFUSALS as error:
            form.add_error("number", told(error))
        else:
            messages.success(request, _("已登记，新的草稿可以以它为依据。"))
            return redirect("schemes:rule-list")
    return _render_rules(request, scopes, form, status=422)


@require_POST
def rule_repeal(request: HttpRequest, pk: int) -> HttpResponse:
    document = get_rule_for(staff(request), pk)
    form = RepealForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("请填废止日期。"))
        return redirect("schemes:rule-list")
    try:
        scheme_actions.repeal_rule(
            document=document,
            repealed_on=form.cleaned_data["repealed_on"],
            by=staff(request),
            at=timezone.now(),
        )
    except REFUSALS as error:
        messages.error(request, told(error))
    else:
        messages.success(request, _("已登记废止；已有的结果不受影响。"))
    return redirect("schemes:rule-list")


def _render_rules(
    request: HttpRequest,
    scopes: Scopes,
    form: RuleForm | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    editing = editing_scopes(request)
    documents = RuleDocument.objects.seen_from(scopes).select_related("division")
    context = {
        "documents": [
            (document, editing.cover(document.division_id)) for document in documents
        ],
        "today": today(),
        "can_add": bool(editing),
        "form": form or RuleForm(divisions=places_for(editing), today=today()),
        "repeal_form": RepealForm(auto_id=False),
    }
    return render(request, "evaluations/rule_list.html", context, status=status)
