"""What a reader of words decides. The form only validates (R15)."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys import blackouts
from surveys.models import Comment

DECISIONS = [
    choice for choice in Comment.Review.choices if choice[0] != Comment.Review.PENDING
]


class BlackoutForm(forms.Form):
    """Lines of words that nobody but the reader shall see; found in `text` as they are.

    Works from the keyboard and without script: what is to be black is written, not
    painted with a mouse.
    """

    black = forms.CharField(
        label=gettext_lazy("涂黑这些字"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy("一行写一处，和原话一字不差；出现几次就涂几次。"),
        widget=forms.Textarea(
            attrs={"rows": 3, "data-key": "4", "data-takes-selection": "", "lang": "zh"}
        ),
    )
    # What the reader saw decided; another reader may have been faster.
    seen = forms.CharField(widget=forms.HiddenInput, max_length=100)

    def __init__(self, *args: Any, text: str, **kwargs: Any) -> None:
        self.text = text
        super().__init__(*args, **kwargs)

    def clean_black(self) -> list[str]:
        lines = str(self.cleaned_data["black"]).splitlines()
        words = [line.strip() for line in lines if line.strip()]
        if missing := blackouts.missing(self.text, words):
            raise forms.ValidationError(
                _("原话里没有这些字：%(words)s。请照原话写。")
                % {"words": _("、").join(missing)}
            )
        return words


class CommentForm(BlackoutForm):
    decision = forms.ChoiceField(choices=DECISIONS)
