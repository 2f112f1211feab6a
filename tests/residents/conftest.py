"""Rosters of 小白楼街道: the real files, one community of them, and tiny ones."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts import roles
from accounts.models import User
from config.celery import app
from officials import divisions
from officials.models import Division
from residents import actions, privacy
from residents.importers.places import Places
from residents.models import (
    PERSONAL_FIELDS,
    DataRequest,
    Household,
    RosterChange,
    RosterCorrection,
    RosterImport,
    RosterRow,
)
from tests.conftest import signed_in

ROSTERS = Path(settings.ROOT) / "demo" / "rosters"
STREET = "120101002"
KAIFENGDAO = "120101002014"
ELSEWHERE_STREET = "230402"
COLUMNS = (
    "社区",
    "小区名称",
    "楼栋",
    "单元",
    "房号",
    "户主姓名",
    "联系电话",
    "居住人数",
    "居住状态",
    "网格",
    "入住日期",
    "备注",
)
SMALL = (
    ("开封道", "开封里", "1号楼", "1门", "101", "王小明", "19900000001", "3", "常住"),
    ("开封道", "开封里", "1号楼", "1门", "102", "李秀英", "19900000002", "2", "常住"),
    ("开封道", "开封里", "1号楼", "1门", "103", "张伟", "19900000003", "1", "出租"),
    ("开封道", "开封里", "1号楼", "1门", "201", "", "", "0", "空置"),
)

# The tasks of this room belong to the real application, as in the web process.
app.set_default()

Import = Callable[..., RosterImport]
Row = tuple[str, ...]
Ask = Callable[[str, Household], DataRequest]
Erase = Callable[[Household], Household]
Exported = Callable[[RosterImport], bytes]


class TrailBroken(Exception):
    """What a failing recorder raises in these tests."""


@pytest.fixture
def break_trail(monkeypatch: pytest.MonkeyPatch) -> Callable[[ModuleType], None]:
    """Let `record` fail in one module, as a full disk would."""

    def fail(*args: object, **kwargs: object) -> None:
        raise TrailBroken

    return lambda module: monkeypatch.setattr(module, "record", fail)


def places_of_street() -> Places:
    """The nine communities of 小白楼街道, from the file of divisions."""
    rows = divisions.read_rows(Path(settings.ROOT) / "demo" / "divisions.csv")
    communities = {row.code: row.short_name for row in rows if len(row.code) == 12}
    here = {code: name for code, name in communities.items() if code[:9] == STREET}
    others = {name for code, name in communities.items() if code not in here}
    return Places(
        here,
        ("天津市", "和平区", "小白楼街道办事处", "小白楼街道"),
        lambda stem: bool({f"{stem}社区", f"{stem}村", stem} & others),
    )


def as_csv(rows: tuple[Row, ...] | list[Row]) -> io.BytesIO:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(row + ("",) * (len(COLUMNS) - len(row)) for row in rows)
    return io.BytesIO(text.getvalue().encode())


def kaifengdao_only() -> io.BytesIO:
    """The base roster of one community, 1,787 dwellings."""
    path = ROSTERS / "heping_xiaobailou_utf8bom.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    return as_csv([tuple(line) for line in lines if line[0] == "开封道社区"])


@pytest.fixture
def street(heping: Division) -> Division:
    return Division.objects.get(code=STREET)


@pytest.fixture
def upload(street: Division, street_admin: User) -> Import:
    """Bring a file, without reading it yet."""

    def bring(content: io.BytesIO, name: str = "名册.csv") -> RosterImport:
        return actions.upload_roster(
            street=street,
            file_name=name,
            content=content,
            by=street_admin,
            at=timezone.now(),
        )

    return bring


@pytest.fixture
def preview(upload: Import, street_admin: User) -> Import:
    """Bring a file and read it."""

    def bring(content: io.BytesIO, name: str = "名册.csv") -> RosterImport:
        return actions.read_roster(
            roster_import=upload(content, name), by=street_admin, at=timezone.now()
        )

    return bring


@pytest.fixture
def confirm(preview: Import, approver: User) -> Import:
    """Bring a file, read it, and let the second person confirm it."""

    def bring(content: io.BytesIO, name: str = "名册.csv") -> RosterImport:
        previewed = preview(content, name)
        return actions.confirm_import(
            roster_import=previewed,
            digest=bytes(previewed.digest or b""),
            by=approver,
            at=timezone.now(),
        )

    return bring


@pytest.fixture
def neighbour(make_staff: Callable[..., User], heping: Division) -> User:
    """The administrator of another district's street."""
    return make_staff("neighbour", roles.STREET_ADMINISTRATOR, ELSEWHERE_STREET)


@pytest.fixture
def neighbour_client(neighbour: User) -> Client:
    return signed_in(neighbour)


@pytest.fixture
def exported(street_admin: User, approver: User) -> Exported:
    """The report of an import, asked for by the street, released by the approver."""

    def carry_out(roster_import: RosterImport) -> bytes:
        now, target = timezone.now(), io.BytesIO()
        export = actions.request_export(
            roster_import=roster_import, purpose="correct", by=street_admin, at=now
        )
        actions.release_export(
            export=export, digest=bytes(export.digest), by=approver, at=now
        )
        actions.export_report(export=export, by=street_admin, at=now, target=target)
        return target.getvalue()

    return carry_out


# --- households that ask --------------------------------------------------------------


@pytest.fixture
def ask(street_admin: User) -> Ask:
    return lambda kind, household: actions.register_request(
        household=household,
        kind=kind,
        received_on=timezone.localdate(),
        by=street_admin,
        at=timezone.now(),
    )


@pytest.fixture
def erase(ask: Ask, street_admin: User) -> Erase:
    def carry_out(household: Household) -> Household:
        actions.answer_erasure(
            request=ask("erase", household), by=street_admin, at=timezone.now()
        )
        household.refresh_from_db()
        return household

    return carry_out


def first() -> Household:
    return Household.objects.current().get(dwelling__room="101")


def everything_opened() -> str:
    """Every sealed value of the room that still opens, as one text."""
    found = [str(privacy.of_household(h)) for h in Household.objects.all()]
    for row in RosterRow.objects.all():
        found.append(str(privacy.open_row(row.pk, row.values)))
        staged = {name: getattr(row, name) for name in PERSONAL_FIELDS}
        found.append(str(privacy.of_household(Household(pk=row.pk, **staged))))
    for change in RosterChange.objects.exclude(household=None):
        old = Household(pk=change.household_id)
        for name in PERSONAL_FIELDS:
            setattr(old, name, bytes.fromhex(change.before.get(name, "")))
        found.append(str(privacy.of_household(old)))
    for waiting in RosterCorrection.objects.all():
        found.append(str(privacy.open_correction(waiting.pk, waiting.values)))
    return "\n".join(found)
