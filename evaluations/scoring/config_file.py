"""What an auditor says about a file of answers: frame, register, method, wishes.

The keys are those of the table in docs/scoring.md; every other is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

from evaluations.scoring.cells import Stratum
from evaluations.scoring.config import Config, Frame, Person, ScoreRange, Shift
from evaluations.scoring.estimate import COMMUNITY
from evaluations.scoring.fields import exact_decimal
from evaluations.scoring.known_keys import LONGEST_FILE, Table, parse_object
from evaluations.scoring.method import Method, MethodError
from evaluations.scoring.pooling import LEVELS
from evaluations.scoring.rates import Dispositions
from evaluations.scoring.wrong_input import WrongInput, plain, reason_of, shown

REPORTS = ("overall", "by_subject", "shares", "stars", "ranks")
LEVEL_MIN = "weights.level_min"
CODES = tuple(Dispositions.__dataclass_fields__)
TAKEN = re.compile(r"subject|mode|cluster|round|score|item_.*")
"""Columns of a file of answers that are never a margin."""
_PERIOD = re.compile(r"[0-9]{4}Q[1-4]")
_STARS = 5
KEYS = (
    "strata",
    "margins",
    "method",
    "report",
    "subjects",
    "period",
    "cuts",
    "modes",
    "questions",
    "score_range",
    "months_existing",
    "departures",
)
FRAME_KEYS = (
    "frame",
    "drawn",
    "community",
    "area",
    "not_eligible",
    "buildings",
    "dispositions",
)
PERSON_KEYS = ("kind", *LEVELS, "previous_star", "peer_group")
QUESTION_KEYS = ("weights", "reversed")


def read_config(path: Path) -> Config:
    """WrongInput names the place of the first thing that does not fit."""
    try:
        return parse_config(_bytes(path), file=path.name)
    except WrongInput as problem:
        problem.file = path.name
        raise


def parse_config(contents: bytes, *, file: str) -> Config:
    """The same from the bytes of a file: UTF-8, with or without a byte order mark."""
    try:
        text = contents.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WrongInput("不是 UTF-8 编码", "not UTF-8") from None
    table = parse_object(text)
    table.only(*KEYS)
    method = _method(table)
    frames = _frames(table)
    report = _report(table)
    config = Config(
        frames=frames,
        margins=_margins(table, frames),
        method=method,
        report=report,
        subjects=_subjects(table),
        period=_period(table),
        cuts=_cuts(table),
        shifts=_shifts(table),
        weights=_weights(table.table("questions")),
        reversed_items=_reversed(table.table("questions")),
        score_range=_score_range(table),
        months_existing=_months(table, method),
        level_min=_departures(table),
        file=file,
        sha256=sha256(contents).hexdigest(),
    )
    _check_wishes(table, config)
    return config


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            contents = file.read(LONGEST_FILE + 1)
    except OSError as error:
        raise unreadable(error) from None
    if len(contents) > LONGEST_FILE:
        raise WrongInput("文件太大", "the file is too large")
    return contents


def unreadable(error: OSError) -> WrongInput:
    """A file that is not there, or not ours to read."""
    reason = plain(error.strerror or type(error).__name__)
    return WrongInput(f"打不开（{reason}）", f"cannot be opened ({reason})")


def _method(table: Table) -> Method:
    """MethodError of the scheme as a place in the file."""
    fields = table.table("method")
    try:
        return Method.from_mapping(fields.values)
    except MethodError as error:
        reason = reason_of(str(error).removeprefix(f"{error.field}: "))
        fields.refuse(
            error.field, f"方法里没有这一项，或值不合规定（{reason}）", reason
        )


def _frames(table: Table) -> dict[str, Frame]:
    strata = table.table("strata").each()
    if not strata:
        table.refuse("strata", "至少要有一层", "at least one stratum is needed")
    frames = {code: _frame(code, row) for code, row in strata}
    told = [frame.final is not None for frame in frames.values()]
    if any(told) and not all(told):
        missing = next(code for code, f in frames.items() if f.final is None)
        table.table("strata").refuse(
            missing,
            "别的层给了处置结果，这一层没有",
            "other strata have dispositions, this one has none",
        )
    homes: dict[str, str] = {}
    for code, frame in frames.items():
        area = homes.setdefault(frame.stratum.community, frame.area)
        if area != frame.area:
            table.table("strata").refuse(
                code,
                f"社区 {shown(frame.stratum.community)} 同时在两个加权区域",
                f"community {shown(frame.stratum.community)} is in two areas",
            )
    return frames


def _frame(code: str, row: Table) -> Frame:
    row.only(*FRAME_KEYS)
    drawn = row.count("drawn")
    final = _dispositions(row, drawn) if row.has("dispositions") else None
    told = final.not_eligible if final else None
    not_eligible = row.count("not_eligible", told or 0)
    if told is not None and not_eligible != told:
        row.refuse(
            "not_eligible",
            f"与处置结果里的 {told} 不同",
            f"the dispositions say {told}",
        )
    buildings = row.count("buildings") if row.has("buildings") else None
    try:
        stratum = Stratum(
            code=code,
            community=row.text("community", code),
            frame=row.count("frame"),
            drawn=drawn,
            not_eligible=not_eligible,
            buildings=buildings,
        )
    except ValueError:
        row.refuse(
            "frame",
            "户数、抽取户数、不合格户数、楼栋数互相矛盾",
            "frame, drawn, not_eligible and buildings contradict each other",
        )
    return Frame(stratum, row.text("area"), final)


def _dispositions(row: Table, drawn: int) -> Dispositions:
    """Eight codes for every household that was drawn, none left over (M24, M26)."""
    codes = row.table("dispositions")
    codes.only(*CODES)
    final = Dispositions(**{name: codes.count(name, 0) for name in CODES})
    if not final.balances(drawn):
        row.refuse(
            "dispositions",
            f"合计 {final.released}，抽取的是 {drawn}",
            f"they sum to {final.released}, drawn are {drawn}",
        )
    return final


def _margins(
    table: Table, frames: Mapping[str, Frame]
) -> dict[str, dict[str, dict[str, int]]]:
    """Households per level; one more key, the area, where strata name theirs."""
    areas = sorted({frame.area for frame in frames.values()})
    margins = table.table("margins")
    if areas == [""]:
        return {"": _area_margins(margins, frames)}
    margins.only(*areas)
    return {
        area: _area_margins(
            margins.table(area), {c: f for c, f in frames.items() if f.area == area}
        )
        for area in areas
    }


def _area_margins(
    margins: Table, frames: Mapping[str, Frame]
) -> dict[str, dict[str, int]]:
    known = {frame.stratum.community for frame in frames.values()}
    found = {}
    for name, levels in margins.each():
        if TAKEN.fullmatch(name):
            margins.refuse(
                name, "这一列另有用处，不能作边际", "this column has another meaning"
            )
        for level in levels.values:
            levels.named(level)
        found[name] = {level: levels.count(level) for level in levels.values}
        if name == COMMUNITY and set(found[name]) != known:
            margins.refuse(
                name,
                f"应当正好是各社区：{plain(', '.join(sorted(known)))}",
                f"wants every community: {plain(', '.join(sorted(known)))}",
            )
    return found


def _report(table: Table) -> frozenset[str] | None:
    if not table.has("report"):
        return None
    return frozenset(table.words("report", REPORTS))


def _subjects(table: Table) -> dict[str, Person]:
    return {code: _person(row) for code, row in table.table("subjects").each()}


def _person(row: Table) -> Person:
    row.only(*PERSON_KEYS)
    star = row.count("previous_star") if row.has("previous_star") else None
    if star is not None and not 1 <= star <= _STARS:
        row.refuse("previous_star", f"星级是 1 到 {_STARS}", f"stars are 1 to {_STARS}")
    areas = {level: row.text(level) for level in LEVELS if row.has(level)}
    kind = row.text("kind")
    if areas and not kind:
        row.refuse("kind", "归并需要任职类别", "pooling needs the kind of appointment")
    return Person(
        kind=kind,
        areas=areas if kind else {},
        previous_star=star,
        group=row.text("peer_group"),
    )


def _period(table: Table) -> str:
    period = table.text("period")
    if period and not _PERIOD.fullmatch(period):
        table.refuse("period", "写成 2026Q4 的样子", "is written like 2026Q4")
    return period


def _cuts(table: Table) -> tuple[Decimal, ...] | None:
    """The cut points of the year, under the same rule as those of a scheme (M73)."""
    if not table.has("cuts"):
        return None
    try:
        return Method.from_mapping({"star.cuts": table.values["cuts"]}).star_cuts
    except MethodError as error:
        reason = reason_of(str(error).removeprefix(f"{error.field}: "))
        table.refuse("cuts", f"四个分界点不合规定（{reason}）", reason)


def _shifts(table: Table) -> tuple[Shift, ...]:
    found = []
    for mode, row in table.table("modes").each():
        row.only("b", "se")
        b, se = (float(_number(row, name)) for name in ("b", "se"))
        if se < 0:
            row.refuse("se", "标准误不能小于 0", "a standard error is not below 0")
        found.append(Shift(mode, b, se))
    return tuple(found)


def _weights(questions: Table) -> tuple[Decimal, ...] | None:
    """The questionnaire's own weights: 0 is not scored, at least one is (M32)."""
    questions.only(*QUESTION_KEYS)
    if not questions.has("weights"):
        return None
    listed = _listed(questions, "weights")
    weights = tuple(_decimal(questions, "weights", part) for part in listed)
    if not any(weights) or min(weights) < 0:
        questions.refuse(
            "weights",
            "权重不能小于 0，也不能全是 0",
            "weights are not below 0, and not all 0",
        )
    return weights


def _reversed(questions: Table) -> frozenset[int]:
    """Numbers of the questions of reversed direction, from 1 (M30)."""
    if not questions.has("reversed"):
        return frozenset()
    numbers = set()
    for number in _listed(questions, "reversed"):
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            questions.refuse(
                "reversed", "题号是从 1 开始的整数", "questions are numbered from 1"
            )
        numbers.add(number)
    return frozenset(numbers)


def _score_range(table: Table) -> ScoreRange:
    if not table.has("score_range"):
        return ScoreRange()
    listed = _listed(table, "score_range")
    ends = [Fraction(_decimal(table, "score_range", part)) for part in listed]
    if len(ends) < 2 or ends != sorted(set(ends)) or ends[2:]:
        table.refuse(
            "score_range", "写成 [最低, 最高]", "is written as [lowest, highest]"
        )
    return ScoreRange(*ends)


def _months(table: Table, method: Method) -> int:
    """Months of the window that exist: all unless told otherwise (M29)."""
    months = table.count("months_existing", method.window_months)
    if not 1 <= months <= method.window_months:
        table.refuse(
            "months_existing",
            f"窗口是 1 到 {method.window_months} 个月",
            f"the window has 1 to {method.window_months} months",
        )
    return months


def _departures(table: Table) -> int | None:
    departures = table.table("departures")
    departures.only(LEVEL_MIN)
    return departures.count(LEVEL_MIN) if departures.has(LEVEL_MIN) else None


def _check_wishes(table: Table, config: Config) -> None:
    """What was wished for and cannot be had from this."""
    wishes = config.report or frozenset()
    if "ranks" in wishes and not config.period:
        table.refuse("period", "排名要写季度", "ranks need a quarter")
    if wishes & {"stars", "ranks"} and not config.score_range.is_points:
        table.refuse(
            "score_range", "星级和排名只用 0 到 100 分", "stars and ranks want 0..100"
        )
    if "stars" in wishes and config.method.star_overall != "score":
        table.table("method").refuse(
            "star.overall",
            "本命令只按总分定星",
            "this command gives stars by the overall score only",
        )


def _listed(table: Table, name: str) -> list[object]:
    value = table.values[name]
    if not isinstance(value, list):
        table.refuse(name, "应当是列表", "a list is wanted")
    return value


def _number(table: Table, name: str) -> Decimal:
    if not table.has(name):
        table.refuse(name, "缺这一项", "missing")
    return _decimal(table, name, table.values[name])


def _decimal(table: Table, name: str, raw: object) -> Decimal:
    try:
        return exact_decimal(raw)
    except ValueError:
        table.refuse(
            name,
            f"{shown(raw)} 不是一般大小的数",
            f"{shown(raw)} is no ordinary number",
        )
