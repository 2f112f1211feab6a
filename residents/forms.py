"""What staff type about a roster. Forms validate; actions act (R15)."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from officials.models import Division
from residents.importers import readers
from residents.importers.rows import Refused
from residents.models import ChangeKind, RowAction

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
