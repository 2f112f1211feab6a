"""Regular assessment on the desk: begin a draft, its limits, colours, indicators."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import holding, scopes_in, staff
from accounts.permissions import Permission
from evaluations.models import AssessmentScheme
from evaluations.scheme_access import get_scheme_to_edit, places_for
from evaluations.scheme_forms import DigestForm, PlaceForm
from evaluations.scheme_readiness import SchemeError, content_digest
from evaluations.scheme_refusals import told
from evaluations.scheme_rules_actions import draft_regular, edit_rules
from evaluations.scheme_rules_forms import (
    ColorsForm,
    IndicatorFormSet,
    LimitsForm,
    NewRegularForm,
    SetForm,
    initial_of,
    sum_of,
    with_bases,
)
from evaluations.sheets.indicators import WHOLE, IndicatorSet
from evaluations.sheets.rules import RegularRules, parsed_rules
from officials.models import PeerGroup


@require_http_methods(["GET", "HEAD", "POST"])
@holding(Permission.SCHEME_EDIT)
def rules_add(request: HttpRequest) -> HttpResponse:
    """The first version of a scheme of regular assessment."""
    form = NewRegularForm(request.POST if request.method == "POST" else None)
    place = PlaceForm(
        request.POST if request.method == "POST" else None,
        divisions=places_for(scopes_in(request)),
    )
    if request.method == "POST" and form.is_valid() and place.is_valid():
        try:
            draft = draft_regular(
                **form.cleaned_data,
                division=place.cleaned_data["division"],
                by=staff(request),
                at=timezone.now(),
            )
        except SchemeError as error:
            form.add_error("code", told(error))
        else:
            messages.success(request, _("已起草，请写依据、岗位和指标。"))
            return redirect("schemes:scheme-detail", pk=draft.pk)
    status = 422 if form.errors or place.errors else 200
    context = {"form": form, "place": place}
    return render(request, "evaluations/rules_add.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def rules_limits(request: HttpRequest, pk: int) -> HttpResponse:
    scheme, rules = _draft(request, pk)
    form = LimitsForm(
        request.POST if request.method == "POST" else None,
        rules=rules,
        initial=_seen(scheme),
    )
    is_sent = request.method == "POST" and form.is_valid()
    if is_sent and _saved(request, form, scheme, form.parts(rules)):
        return redirect("schemes:scheme-detail", pk=pk)
    return _render_form(request, scheme, form, _("岗位和界限"))


@require_http_methods(["GET", "HEAD", "POST"])
def rules_colors(request: HttpRequest, pk: int) -> HttpResponse:
    scheme, rules = _draft(request, pk)
    form = ColorsForm(
        request.POST if request.method == "POST" else None,
        rules=rules,
        initial=_seen(scheme),
    )
    is_sent = request.method == "POST" and form.is_valid()
    if is_sent and _saved(request, form, scheme, form.parts(rules)):
        return redirect("schemes:scheme-detail", pk=pk)
    return _render_form(request, scheme, form, _("三色预警"))


@require_http_methods(["GET", "HEAD", "POST"])
def rules_set(request: HttpRequest, pk: int, place: int) -> HttpResponse:
    """The list of one group; `place` one after the last begins another list.

    Sent with `check` the weights are only added up and nothing is saved.
    """
    scheme, rules = _draft(request, pk)
    known = _set_at(rules, place)
    groups = _groups(scheme, rules, known)
    initial = {**_seen(scheme), "group": known.group if known else ""}
    form = SetForm(
        request.POST if request.method == "POST" else None,
        groups=groups,
        initial=initial,
    )
    rows = IndicatorFormSet(
        request.POST if request.method == "POST" else None,
        prefix="row",
        initial=[initial_of(one) for one in known.indicators] if known else [],
    )
    total = None
    if request.method == "POST" and form.is_valid() and rows.is_valid():
        typed = [row.as_mapping() for row in rows if _is_kept(row)]
        total = sum_of(typed)
        parts = {"sets": _with(rules, known, form.cleaned_data["group"], typed)}
        if "check" not in request.POST and _saved(request, form, scheme, parts):
            return redirect("schemes:scheme-detail", pk=pk)
    elif known is not None:
        total = known.largest_sum
    context = {
        "scheme": scheme,
        "form": form,
        "rows": rows,
        "total": total,
        "is_whole": total == WHOLE,
        "place": place,
        "known": known,
    }
    status = 422 if form.errors or rows.total_error_count() else 200
    return render(request, "evaluations/rules_set.html", context, status=status)


@require_POST
def rules_set_remove(request: HttpRequest, pk: int, place: int) -> HttpResponse:
    scheme, rules = _draft(request, pk)
    known = _set_at(rules, place)
    form = DigestForm(request.POST)
    if known is not None and form.is_valid():
        left = [one.as_mapping() for one in rules.sets if one is not known]
        _saved(request, form, scheme, {"sets": left})
    return redirect("schemes:scheme-detail", pk=pk)


def _draft(request: HttpRequest, pk: int) -> tuple[AssessmentScheme, RegularRules]:
    scheme = get_scheme_to_edit(staff(request), pk)
    if not scheme.is_draft or scheme.kind != AssessmentScheme.Kind.REGULAR:
        raise Http404
    return scheme, parsed_rules(scheme.parameters)


def _seen(scheme: AssessmentScheme) -> dict[str, Any]:
    return {"digest": content_digest(scheme).hex()}


def _set_at(rules: RegularRules, place: int) -> IndicatorSet | None:
    """None for the place after the last: a new list."""
    if not 0 <= place <= len(rules.sets):
        raise Http404
    return rules.sets[place] if place < len(rules.sets) else None


def _groups(
    scheme: AssessmentScheme, rules: RegularRules, known: IndicatorSet | None
) -> list[str]:
    """Peer groups at the scheme's place, and the name that the list has already."""
    code = scheme.division_id or ""
    groups = PeerGroup.objects.filter(grouping__division__code__startswith=code)
    names = set(groups.values_list("name", flat=True))
    return sorted(names | ({known.group} if known else set()) - {"*"})


def _is_kept(row: Any) -> bool:
    return bool(row.has_changed() or row.initial) and not row.cleaned_data.get("DELETE")


def _with(
    rules: RegularRules,
    known: IndicatorSet | None,
    group: str,
    typed: list[dict[str, object]],
) -> list[dict[str, object]]:
    """All lists, with this one in its place."""
    mine: dict[str, object] = {
        "group": group,
        "indicators": [
            with_bases(row, known.of(str(row["code"])) if known else None)
            for row in typed
        ],
    }
    lists = [mine if one is known else one.as_mapping() for one in rules.sets]
    return lists if known else [*lists, mine]


def _saved(
    request: HttpRequest,
    form: DigestForm,
    scheme: AssessmentScheme,
    parts: Mapping[str, object],
) -> bool:
    try:
        edit_rules(
            scheme=scheme,
            seen=form.seen,
            parts=parts,
            by=staff(request),
            at=timezone.now(),
        )
    except SchemeError as error:
        form.add_error(None, told(error))
        return False
    messages.success(request, _("已存进草稿。"))
    return True


def _render_form(
    request: HttpRequest, scheme: AssessmentScheme, form: DigestForm, title: str
) -> HttpResponse:
    context = {"scheme": scheme, "form": form, "title": title}
    status = 422 if form.errors else 200
    return render(request, "evaluations/rules_form.html", context, status=status)
