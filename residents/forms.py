"""What staff type about a roster. Forms validate; actions act (R15)."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from officials.models import Division
from residents.actions import Correction
from residents.importers import normalise, readers
from residents.importers.rows import Refused
from residents.models import ChangeKind, DataRequest, ResidenceStatus, RowAction

ALL = ("", gettext_lazy("全部"))
LEAVES_FRAME = ("leaves_frame", gettext_lazy("不再是常住"))
REASONS = (
    ("correct", gettext_lazy("改正名册里的错误")),
    ("verify", gettext_lazy("核实住户")),
    ("request", gettext_lazy("住户本人要求查看")),
)


def offer(form: forms.Form, name: str, choices: QuerySet[Division]) -> None:
    cast(forms.ModelChoiceField, form.fields[name]).queryset = choices


class UploadForm(forms.Form):
    """A street of one's own and a file that is what it calls itself."""

    street = forms.ModelChoiceField(
        queryset=Division.objects.none(), label=gettext_lazy("街道")
    )
    file = forms.FileField(
        label=gettext_lazy("名册文件"),
        help_text=gettext_lazy(
            "把文件拖进框里，或者点框选择。可以是 .xlsx、.xls、.csv，最大 20 MB。"
        ),
        widget=forms.FileInput(attrs={"accept": ",".join(readers.EXTENSIONS)}),
    )

    def __init__(self, *args: Any, streets: QuerySet[Division], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "street", streets)
        if len(streets) == 1:
            self.fields["street"].initial = streets[0]

    def clean_file(self) -> UploadedFile:
        """Checked before anything is parsed: size, and what the content really is."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.UPLOAD_MAX_BYTES:
            message = _("%(name)s 超过 20 MB。请按社区拆成几个文件再传。")
            raise forms.ValidationError(message % {"name": file.name})
        try:
            readers.kind_of(file.read(readers.HEAD), file.name or "")
        except Refused as refusal:
            raise forms.ValidationError(refusal.reason) from refusal
        return file


class ConfirmForm(forms.Form):
    """The second person confirms exactly what was shown: the digest comes along."""

    digest = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    checked = forms.BooleanField(label=gettext_lazy("我看过上面的变化，确认写入名册。"))

    def __init__(self, *args: Any, is_undo: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_undo:
            self.fields["checked"].label = _("我看过上面的变化，确认撤销。")


class ReleaseForm(forms.Form):
    """The second person releases exactly what was asked for."""

    digest = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    checked = forms.BooleanField(
        label=gettext_lazy("我看过申请，同意申请人下载带姓名和电话的报告。")
    )


class ChangeFilterForm(forms.Form):
    kind = forms.ChoiceField(required=False, label=gettext_lazy("变化"))
    community = forms.ChoiceField(required=False, label=gettext_lazy("社区"))
    address = forms.CharField(
        required=False, max_length=40, label=gettext_lazy("地址里有")
    )

    def __init__(
        self,
        *args: Any,
        communities: list[tuple[str, str]],
        kinds: Sequence[ChangeKind],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["kind"]).choices = [
            ALL,
            *((kind.value, kind.label) for kind in kinds),
            LEAVES_FRAME,
        ]
        cast(forms.ChoiceField, self.fields["community"]).choices = [ALL, *communities]


class RowFilterForm(forms.Form):
    action = forms.ChoiceField(
        choices=(ALL, *RowAction.choices), required=False, label=gettext_lazy("处理")
    )
    code = forms.ChoiceField(required=False, label=gettext_lazy("问题"))

    def __init__(self, *args: Any, codes: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["code"]).choices = [ALL, *codes]


class RevealForm(forms.Form):
    """Reading names and numbers in clear has a reason, and the trail keeps it."""

    reason = forms.ChoiceField(choices=REASONS, label=gettext_lazy("为什么要看原文"))


class SnapshotForm(forms.Form):
    division = forms.ModelChoiceField(
        queryset=Division.objects.none(),
        label=gettext_lazy("范围"),
        help_text=gettext_lazy("冻结这个范围里现在的住户；之后名册再改也不影响快照。"),
    )

    def __init__(
        self, *args: Any, divisions: QuerySet[Division], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "division", divisions)


class ReviewFilterForm(forms.Form):
    community = forms.ChoiceField(required=False, label=gettext_lazy("社区"))
    code = forms.ChoiceField(required=False, label=gettext_lazy("原因"))

    def __init__(
        self,
        *args: Any,
        communities: list[tuple[str, str]],
        codes: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["community"]).choices = [ALL, *communities]
        cast(forms.ChoiceField, self.fields["code"]).choices = [ALL, *codes]


class CorrectionForm(forms.Form):
    """What was found out; empty fields stay as they are."""

    head = forms.CharField(
        required=False,
        max_length=60,
        label=gettext_lazy("户主姓名"),
        help_text=gettext_lazy("不改的空着。"),
    )
    phone = forms.CharField(
        required=False, max_length=40, label=gettext_lazy("联系电话")
    )
    status = forms.ChoiceField(
        required=False,
        choices=(("", gettext_lazy("不改")), *ResidenceStatus.choices),
        label=gettext_lazy("居住状态"),
    )

    def clean_head(self) -> str:
        return normalise.name(self.cleaned_data["head"]).value

    def clean_phone(self) -> str:
        text: str = self.cleaned_data["phone"]
        found = normalise.phones(text)
        if text and not (found.phone or found.landline):
            raise forms.ValidationError(_("电话不对，请填 11 位手机号或带区号的固话。"))
        return text

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors and not any(data.values()):
            raise forms.ValidationError(_("请填要改的内容。"))
        return data

    def correction(self) -> Correction:
        found = normalise.phones(self.cleaned_data["phone"])
        return Correction(
            head=self.cleaned_data["head"] or None,
            phone=found.phone or None,
            landline=found.landline or None,
            status=self.cleaned_data["status"] or None,
        )


class DoorForm(forms.Form):
    address = forms.CharField(
        max_length=60,
        label=gettext_lazy("地址"),
        help_text=gettext_lazy(
            "小区、楼栋、单元、房号之间空一格，例如：开封里 1 1 101"
        ),
    )


class RequestForm(forms.Form):
    kind = forms.ChoiceField(
        choices=DataRequest.Kind.choices, label=gettext_lazy("事项")
    )
    received_on = forms.DateField(
        label=gettext_lazy("收到日期"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    identity = forms.BooleanField(
        label=gettext_lazy("已当面看过证件，没有复印，也没有录入证件号。")
    )

    def __init__(self, *args: Any, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_received_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["received_on"]
        if day > self.today:
            raise forms.ValidationError(_("收到日期不能在将来。"))
        return day


class RefusalForm(forms.Form):
    answer = forms.CharField(
        max_length=200,
        label=gettext_lazy("为什么不能办理"),
        help_text=gettext_lazy("写给住户本人看；不要写姓名、电话和证件号。"),
    )


class RejectionForm(forms.Form):
    """Why a correction goes back to the desk."""

    reason = forms.CharField(
        max_length=200,
        label=gettext_lazy("为什么退回"),
        help_text=gettext_lazy("写给街道经手人看；不要写姓名、电话和证件号。"),
    )


class ResumeForm(forms.Form):
    """A choice, because the trail keeps the reason for good."""

    reason = forms.ChoiceField(
        choices=(
            ("lived_in", gettext_lazy("又住人了")),
            ("mistake", gettext_lazy("停用有误")),
            ("rebuilt", gettext_lazy("已修好或重建")),
        ),
        label=gettext_lazy("为什么恢复"),
    )
