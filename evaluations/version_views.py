"""For everybody: a notice while it hangs and afterwards, and old versions (T130)."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.access import today
from evaluations.models import PublicityNotice
from evaluations.version_queries import lines_of, lines_on, version_of
from officials.models import Division


@require_safe
@login_not_required
def notice_detail(request: HttpRequest, pk: int) -> HttpResponse:
    notices = PublicityNotice.objects.select_related("division", "started_by")
    notice = get_object_or_404(notices, pk=pk)
    context = {
        "notice": notice,
        "lines": lines_on(notice),
        "runs": notice.runs(on=today()),
    }
    return render(request, "results/notice_detail.html", context)


@require_safe
@login_not_required
def version_detail(
    request: HttpRequest, code: str, month: str, number: int
) -> HttpResponse:
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
    return render(request, "results/version_detail.html", context)
