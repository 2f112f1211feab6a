"""The ranking of one peer group, and some of its members beside each other (W3)."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from accounts.access import staff
from accounts.permissions import Permission
from evaluations import comparing, queries, tables
from evaluations.access import can, get_group_for
from evaluations.group_lines import Line, group_page, lines_of, streets_of
from evaluations.order import extent, in_order, ratings_of_group, with_figures
from evaluations.publication import Audience
from evaluations.ranking_forms import CompareForm, RankingForm
from evaluations.scoring.window import Month
from officials.models import PeerGroup

OFFICE = Audience.OFFICE
# More groups than this are found on the page of the month.
TABS = 12
# Of a row that says which street begins; the boxes for a review come on top.
COLUMNS = 10


@require_safe
@gzip_page
def ranking_list(request: HttpRequest, pk: int, month: str) -> HttpResponse:
    """One peer group in one month: no address ranks across groups (W3)."""
    group = get_group_for(staff(request), pk, Permission.RESULT_VIEW)
    district = group.grouping.division
    form = _asked(request, group, month)
    wanted = form.wanted()
    page = group_page(group, month, wanted, audience=OFFICE)
    siblings = queries.groups_beside(group)
    waiting = [line.rating for line in page.lines if line.rating.awaits_review]
    can_review = can(staff(request), Permission.RESULT_REVIEW, district.code)
    context = {
        "group": group,
        "district": district,
        "month": month,
        "form": form,
        "group_page": page,
        "wanted": wanted,
        "ranking": tables.ranking(
            page, level=_level(page.lines), by_street=wanted.by_street
        ),
        "lines": page.lines,
        "waiting": waiting,
        "siblings": siblings if len(siblings) <= TABS else [],
        "months": queries.neighbours(district, month),
        "asked": _asked_again(request),
        "columns": COLUMNS + 2 * page.has_ranks + bool(waiting and can_review),
        "can_review": can_review,
    }
    return render(request, "evaluations/ranking_list.html", context)


@require_safe
@gzip_page
def group_compare(request: HttpRequest, pk: int, month: str) -> HttpResponse:
    """Two to four of one group; an appointment of another group is not found (W3)."""
    group = get_group_for(staff(request), pk, Permission.RESULT_VIEW)
    ratings = with_figures(ratings_of_group(group, month), OFFICE)
    given = {number for number in request.GET.getlist("a") if number.isdecimal()}
    members = dict(
        ratings.filter(appointment_id__in=[int(number) for number in given])
        .order_by()
        .values_list("appointment_id", "pk")
    )
    if len(members) < len(given):
        raise Http404
    form = CompareForm(request.GET, appointments=list(members))
    if not form.is_valid():
        for errors in form.errors.values():
            messages.warning(request, " ".join(str(error) for error in errors))
        return redirect("evaluations:ranking-list", pk=pk, month=month)
    chosen = in_order(ratings.filter(pk__in=members.values()), "score")
    lines = lines_of(list(chosen.values_list("pk", flat=True)), OFFICE)
    level = _level(lines)
    ranking = tables.side_by_side(lines, extent(ratings))
    context = {
        "group": group,
        "district": group.grouping.division,
        "month": month,
        "comparison": comparing.compared(lines, ranking, OFFICE, level=level),
    }
    return render(request, "evaluations/group_compare.html", context)


def _asked(request: HttpRequest, group: PeerGroup, month: str) -> RankingForm:
    return RankingForm(
        request.GET,
        streets=streets_of(group, month),
        has_ranks=Month.parse(month).closes_quarter,
    )


def _asked_again(request: HttpRequest) -> str:
    """What was asked, without the page: the beginning of a link to another page."""
    asked = request.GET.copy()
    asked.pop("page", None)
    return f"{asked.urlencode()}&" if asked else ""


def _level(lines: list[Line]) -> float:
    """The highest confidence of the schemes on the page."""
    return float(
        max((line.rating.scheme.method.interval_level for line in lines), default=0)
    )
