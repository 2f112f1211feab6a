"""What the clerk types about a round. Forms validate; actions act (R15)."""

import datetime as dt
import re
from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ballots.models import BallotCode
from officials.models import Division
from residents.models import RosterSnapshot, SnapshotHousehold
from surveys.actions.preparing import PERIOD, content_digest
from surveys.models import Questionnaire, Round, SampledHousehold

Reason = BallotCode.VoidReason
HOUSEHOLD_REASONS = tuple(
    (reason.value, reason.label)
    for reason in Reason
    if reason not in (Reason.TAMPERED, Reason.BATCH_FAULT)
)
BATCH_REASONS = tuple(
    (reason.value, reason.label)
    for reason in (Reason.BATCH_FAULT, Reason.LOST, Reason.STOLEN, Reason.MISDELIVERED)
)
SERIAL = re.compile(r"(?P<code>\d{12})-(?P<position>\d{1,6})")


class PrepareRoundForm(forms.Form):
    """Place, month and days of a round; the scheme comes from the room to the right."""

    division = forms.ModelChoiceField(
        queryset=Division.objects.none(), label=gettext_lazy("范围")
    )
    period = forms.RegexField(
        PERIOD,
        label=gettext_lazy("月份"),
        help_text=gettext_lazy("例如 2026-11。"),
    )
    snapshot = forms.ModelChoiceField(
        queryset=RosterSnapshot.objects.none(),
        label=gettext_lazy("名册快照"),
        help_text=gettext_lazy("从这份快照里抽样；之后名册再改也不影响本次。"),
    )
    questionnaire = forms.ModelChoiceField(
        queryset=Questionnaire.objects.none(), label=gettext_lazy("问卷")
    )
    opens_at = forms.DateTimeField(
        label=gettext_lazy("开始"),
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        ),
    )
    closes_at = forms.DateTimeField(
        label=gettext_lazy("截止"),
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        ),
        help_text=gettext_lazy("公布之后不能提前。"),
    )

    def __init__(
        self,
        *args: Any,
        divisions: QuerySet[Division],
        snapshots: QuerySet[RosterSnapshot],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "division", divisions)
        _offer(self, "snapshot", snapshots)
        _offer(self, "questionnaire", Questionnaire.objects.approved())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        opens_at: dt.datetime | None = cleaned.get("opens_at")
        closes_at: dt.datetime | None = cleaned.get("closes_at")
        if opens_at and closes_at and closes_at <= opens_at:
            self.add_error("closes_at", _("截止时间要晚于开始时间。"))
        return cleaned


class ApproveRoundForm(forms.Form):
    """The second person confirms exactly what was on the page (T92)."""

    digest = forms.CharField(widget=forms.HiddenInput)
    confirmed = forms.BooleanField(
        label=gettext_lazy("我核对过范围、名册快照、问卷、日期和被评人，同意开始抽样。")
    )

    def __init__(self, *args: Any, survey_round: Round, **kwargs: Any) -> None:
        self.seen = content_digest(survey_round).hex()
        kwargs.setdefault("initial", {"digest": self.seen})
        super().__init__(*args, **kwargs)

    def clean_digest(self) -> str:
        digest: str = self.cleaned_data["digest"]
        if digest != self.seen:
            raise forms.ValidationError(_("打开页面之后内容变了，请重新核对。"))
        return digest


class AgreeForm(forms.Form):
    """The second person agrees to exactly the act that was on the page (T92)."""

    digest = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)


class AnnulForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("原因"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("会公布，例如：印错了截止日期。"),
    )


class MoveDeadlineForm(forms.Form):
    """A later day; how much later the ballot box decides (T14)."""

    closes_at = forms.DateTimeField(
        label=gettext_lazy("新的截止时间"),
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        ),
        help_text=gettext_lazy("只能推迟，最多14天，只能改一次。"),
    )
    reason = forms.CharField(
        label=gettext_lazy("原因"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("会公布，例如：暴雨，信送晚了。"),
    )


class PrintSlipsForm(forms.Form):
    """Which slips to print now; one community at a time or all of them."""

    community = forms.ChoiceField(label=gettext_lazy("社区"), required=False)

    def __init__(
        self, *args: Any, communities: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        _list(self, "community", [("", _("全部社区")), *communities])


class BatchReasonForm(forms.Form):
    reason = forms.ChoiceField(label=gettext_lazy("原因"), choices=BATCH_REASONS)


class HouseholdReasonForm(forms.Form):
    reason = forms.ChoiceField(label=gettext_lazy("原因"), choices=HOUSEHOLD_REASONS)


class FindHouseholdForm(forms.Form):
    """A drawn household by the serial printed on its slip."""

    serial = forms.CharField(
        label=gettext_lazy("码单编号"),
        max_length=20,
        help_text=gettext_lazy("印在码单上，例如 120101002014-007。"),
    )

    def __init__(self, *args: Any, survey_round: Round, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.survey_round = survey_round

    def clean_serial(self) -> SampledHousehold:
        parts = SERIAL.fullmatch(self.cleaned_data["serial"].strip())
        found = parts and (
            SampledHousehold.objects.of_round(self.survey_round)
            .released()
            .filter(stratum__code=parts["code"], position=int(parts["position"]))
            .first()
        )
        if not found:
            raise forms.ValidationError(_("本次测评里没有这个编号的码单。"))
        return found


class RecuseForm(forms.Form):
    """The address of a household that may not take part (回避)."""

    community = forms.ChoiceField(label=gettext_lazy("社区"))
    building = forms.CharField(
        label=gettext_lazy("楼栋"),
        max_length=30,
        help_text=gettext_lazy("和名册上写的一样，例如 3号楼。"),
    )
    unit = forms.CharField(label=gettext_lazy("单元"), max_length=30, required=False)
    room = forms.CharField(label=gettext_lazy("房号"), max_length=30)
    reason = forms.CharField(
        label=gettext_lazy("原因"),
        max_length=100,
        help_text=gettext_lazy("只写身份，例如：被评人本人家庭。不写姓名。"),
    )

    def __init__(self, *args: Any, survey_round: Round, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.survey_round = survey_round
        subjects = survey_round.subjects.select_related("community")
        places = [
            (subject.community_id, subject.community.short_name)
            for subject in subjects.order_by("community_id")
        ]
        _list(self, "community", places)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        found = self._households(cleaned)
        if len(found) != 1:
            raise forms.ValidationError(
                _("名册快照里有 %(number)s 户是这个地址，请写得和名册一样。"),
                params={"number": len(found)},
            )
        cleaned["household"] = found[0]
        return cleaned

    def _households(self, cleaned: dict[str, Any]) -> list[Any]:
        rows = SnapshotHousehold.objects.filter(
            snapshot=self.survey_round.snapshot,
            community_id=cleaned["community"],
            household__dwelling__building=cleaned["building"].strip(),
            household__dwelling__room=cleaned["room"].strip(),
        )
        if unit := cleaned["unit"].strip():
            rows = rows.filter(household__dwelling__unit=unit)
        return list(rows.values_list("household_id", flat=True)[:3])


def opening_defaults(on: dt.date) -> dict[str, Any]:
    """Initial values for the next month: from its first day to its last evening."""
    first = (on.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    last = (first + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
    zone = timezone.get_current_timezone()
    return {
        "period": f"{first:%Y-%m}",
        "opens_at": dt.datetime.combine(first, dt.time(0, 0), zone),
        "closes_at": dt.datetime.combine(last, dt.time(20, 0), zone),
    }


def _offer(form: forms.Form, name: str, rows: QuerySet[Any]) -> None:
    cast("forms.ModelChoiceField[Any]", form.fields[name]).queryset = rows


def _list(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    cast(forms.ChoiceField, form.fields[name]).choices = choices
