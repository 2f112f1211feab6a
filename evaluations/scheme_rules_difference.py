"""What changed between two versions of a regular scheme, line by line."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from evaluations.scheme_difference import WordChange
from evaluations.scheme_rules_rows import rules_page
from evaluations.sheets.rules import RegularRules

Key = tuple[str, ...]
Line = tuple[str, str]
"""Label and text of one rule, as its page prints them."""


def rule_changes(old: RegularRules, new: RegularRules) -> list[WordChange]:
    """Lines that are another, gone ("" now) or new ("" before), in printed order."""
    before, after = dict(_lines(old)), dict(_lines(new))
    gone = [key for key in before if key not in after]
    found = []
    for key in (*after, *gone):
        label = (after.get(key) or before[key])[0]
        texts = [lines[key][1] if key in lines else "" for lines in (before, after)]
        if texts[0] != texts[1]:
            found.append(WordChange(label, *texts))
    return found


def _lines(rules: RegularRules) -> Iterator[tuple[Key, Line]]:
    page = rules_page(rules)
    yield ("posts",), (_("考核哪些岗位"), _("、").join(page["posts"]))
    yield ("because",), (_("没有居民指标的理由"), page["because"])
    for row in page["limits"]:
        name = str(row["label"])
        yield ("limit", name), (name, f"{row['value']} {row['unit']}".strip())
        basis = _("%(label)s的依据") % {"label": name}
        yield ("basis", name), (basis, row["basis"])
    for one in page["sets"]:
        for row in one["rows"]:
            label = f"{one['group']} · {row['name']}"
            yield ("indicator", one["group"], row["code"]), (label, _indicator(row))
    for number, (color, conditions) in enumerate(page["colors"]):
        yield ("color", str(color), str(number)), (str(color), conditions)
    for trigger, measures in page["consequences"]:
        yield ("consequence", str(trigger)), (str(trigger), measures)


def _indicator(row: dict[str, Any]) -> str:
    """Everything that the row of an indicator says, in its order."""
    parts = [
        f"{row['kind']} {row['quarters']}".strip(),
        _("权重 %(weight)s") % {"weight": row["weight"]},
        str(row["source"]),
        row["evidence"],
        row["basis"],
    ]
    if not row["applies"]:
        parts.append(_("不适用：%(because)s") % {"because": row["because"]})
    return " · ".join(part for part in parts if part)
