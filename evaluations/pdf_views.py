"""Papers to take away: ranking of a group, notice, sheet of one appointment."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import staff, today, within_or_refused
from accounts.permissions import Permission
from evaluations.access import get_group_for, get_rating_for
from evaluations.actions import digest_of
from evaluations.group_lines import GroupPage, Wanted, group_page
from evaluations.models import PublicityNotice
from evaluations.pdf import papers
from evaluations.pdf.fonts import MissingSigns, NoFont
from evaluations.portraits import portrait_of
from evaluations.publication import Audience
from evaluations.version_queries import lines_on
from officials.models import PeerGroup

OFFICE = Audience.OFFICE
CONTENT_TYPE = "application/pdf"
REFUSALS = (NoFont, MissingSigns)


@require_safe
def ranking_paper(request: HttpRequest, pk: int, month: str) -> HttpResponse:
    group = get_group_for(staff(request), pk, Permission.RESULT_VIEW)
    pages = _pages(group, month)
    at = timezone.localtime()
    digest = digest_of(line.rating for page in pages for line in page.lines)
    return _file(
        request,
        lambda: papers.ranking(group, month, pages, digest=digest, at=at),
        name=f"ranking-{pk}-{month}",
        back=reverse("evaluations:ranking-list", args=[pk, month]),
    )


@require_safe
def portrait_paper(request: HttpRequest, pk: int, month: str) -> HttpResponse:
    rating = get_rating_for(staff(request), pk, month, Permission.RESULT_VIEW)
    portrait, at = portrait_of(rating, OFFICE, on=today()), timezone.localtime()
    return _file(
        request,
        lambda: papers.portrait(portrait, at=at),
        name=f"appointment-{rating.community_id}-{month}",
        back=reverse("evaluations:rating-detail", args=[pk, month]),
    )


@require_safe
def notice_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """For the board. Its moment is that of the notice: the same paper on every day.

    Not for everybody: setting one takes seconds, and the public page prints as well.
    """
    notice = get_object_or_404(PublicityNotice, pk=pk)
    code, permission = notice.division_id, Permission.RESULT_VIEW
    within_or_refused(staff(request), permission, code, on=today())
    lines, at = lines_on(notice), timezone.localtime(notice.started_at)
    return _file(
        request,
        lambda: papers.notice(notice, lines, at=at),
        name=f"notice-{code}-{notice.month}",
        back=reverse("evaluations:month-detail", args=[code, notice.month]),
    )


def _pages(group: PeerGroup, month: str) -> list[GroupPage]:
    """The whole group, page after page of the desk."""
    first = group_page(group, month, Wanted(), audience=OFFICE)
    rest = range(2, first.page.paginator.num_pages + 1)
    more = [group_page(group, month, Wanted(page=n), audience=OFFICE) for n in rest]
    return [first, *more]


def _file(
    request: HttpRequest, make: Callable[[], bytes], *, name: str, back: str
) -> HttpResponse:
    """The paper, or back to the page with a sentence about what is missing."""
    try:
        content = make()
    except REFUSALS as refusal:
        messages.error(request, told(refusal))
        return redirect(back)
    response = HttpResponse(content, content_type=CONTENT_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return response


def told(refusal: NoFont | MissingSigns) -> str:
    """What is missing on the machine, and how it is brought there."""
    if isinstance(refusal, MissingSigns):
        return _(
            "字体里没有这些字：%(signs)s。请运维安装 fonts-noto-cjk，或在网页上打印。"
        ) % {"signs": refusal.signs}
    return _(
        "这台机器没有中文字体，印不了 PDF。请运维安装：apt-get install %(package)s。"
    ) % {"package": str(refusal)}
