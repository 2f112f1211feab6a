"""For everybody: a notice while it hangs and afterwards, and old versions (T130)."""

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from accounts.access import today
from evaluations.models import PublicityNotice
from evaluations.public_pages import Page, public_page
from evaluations.version_queries import lines_of, lines_on, version_of
from officials.models import Division


@public_page
def notice_detail(request: HttpRequest, pk: int) -> Page:
    notices = PublicityNotice.objects.select_related("division", "started_by")
    notice = get_object_or_404(notices, pk=pk)
    context = {
        "notice": notice,
        "lines": lines_on(notice),
        "runs": notice.runs(on=today()),
    }
    return Page("results/notice_detail.html", context, notice.started_at)


@public_page
def version_detail(request: HttpRequest, code: str, month: str, number: int) -> Page:
    districts = Division.objects.filter(level=Division.Level.DISTRICT)
    district = get_object_or_404(districts, code=code)
    version = version_of(district, month, number)
    if version is None:
        raise Http404
    context = {
        "district": district,
        "month": month,
        "version": version,
        "publication": version.publication,
        "lines": lines_of(version),
    }
    published_at = version.publication.published_at
    return Page("results/version_detail.html", context, published_at)
