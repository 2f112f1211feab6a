"""The calendar of working days, kept on one page (domain 4.5)."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.access import holding, staff, today
from accounts.permissions import Permission
from officials import workday_actions as actions
from officials.known_holidays import KNOWN
from officials.models import WorkdayException
from officials.working_days import calendar_in_force, missing_years

YEAR_DIGITS, FIRST_YEAR = 4, 2000


class WorkdayForm(forms.Form):
    on = forms.DateField(
        label=gettext_lazy("日期"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    is_workday = forms.TypedChoiceField(
        label=gettext_lazy("这一天"),
        choices=[("0", gettext_lazy("放假")), ("1", gettext_lazy("上班"))],
        coerce=lambda value: value == "1",
    )
    name = forms.CharField(label=gettext_lazy("名称"), max_length=40)


@require_safe
@holding(Permission.SCHEME_EDIT)
def workday_list(request: HttpRequest) -> HttpResponse:
    return _render(request, WorkdayForm())


@require_POST
@holding(Permission.SCHEME_EDIT)
def workday_set(request: HttpRequest) -> HttpResponse:
    form = WorkdayForm(request.POST)
    if not form.is_valid():
        return _render(request, form, status=422)
    day = actions.set_workday(**form.cleaned_data, by=staff(request), at=timezone.now())
    messages.success(request, _("已记下 %(day)s。") % {"day": day.on})
    return _to_year(day.on.year)


@require_POST
@holding(Permission.SCHEME_EDIT)
def workday_clear(request: HttpRequest, pk: int) -> HttpResponse:
    day = get_object_or_404(WorkdayException, pk=pk)
    actions.clear_workday(on=day.on, by=staff(request), at=timezone.now())
    messages.success(request, _("已删去 %(day)s，按星期算。") % {"day": day.on})
    return _to_year(day.on.year)


@require_POST
@holding(Permission.SCHEME_EDIT)
def workday_year_enter(request: HttpRequest, year: int) -> HttpResponse:
    try:
        number = actions.enter_year(year=year, by=staff(request), at=timezone.now())
    except actions.YearUnknown as error:
        raise Http404 from error
    except actions.YearEntered:
        messages.warning(request, _("这一年已经有安排。"))
    else:
        text = _("已录入 %(year)s 年的安排，共 %(number)s 天。")
        messages.success(request, text % {"year": year, "number": number})
    return _to_year(year)


def _render(
    request: HttpRequest, form: WorkdayForm, *, status: int = 200
) -> HttpResponse:
    years = calendar_in_force().years
    missing = missing_years(years, on=today())
    year = _year_of(request)
    context = {
        "year": year,
        "years": sorted({*years, *KNOWN, today().year, today().year + 1}),
        "days": WorkdayException.objects.filter(on__year=year),
        "missing": missing,
        "is_known": year in KNOWN and year not in years,
        "form": form,
    }
    return render(request, "officials/workday_list.html", context, status=status)


def _year_of(request: HttpRequest) -> int:
    text = request.GET.get("year", "")
    year = int(text) if text.isdecimal() and len(text) == YEAR_DIGITS else 0
    return year if year >= FIRST_YEAR else today().year


def _to_year(year: int) -> HttpResponse:
    return redirect(f"{reverse('officials:workday-list')}?year={year}")
