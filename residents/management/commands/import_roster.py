"""Read a household roster: a dry run unless told otherwise (domain 5).

--dry-run (the default) shows what the file would do and leaves the database untouched;
--report writes the file again with a column that says why, from the file in hand and
not from what is stored: that takes two people and a page; --undo takes an import back.
--submit stores it for a second person to confirm on the page; --confirm does both at
once and names the two people: --by who brings the file, --approver who confirms it.
--column says what a column is that no list knows, --leave-out that a sheet is not
wanted; without them a file that leaves a doubt is refused, and the columns are named.
"""

import contextlib
import datetime as dt
import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.scopes import scopes_of
from audit.actions import SYSTEM, Actor
from officials.models import Division
from residents import actions, report
from residents.importers import headers
from residents.importers.headers import title_of
from residents.importers.rows import Refused
from residents.importers.run import COMMAND_ROWS
from residents.mapping import Answers
from residents.models import UNDO_KINDS, RosterImport
from residents.places import ZONE
from residents.questions import ColumnsUnknown
from residents.refusals import sentence
from residents.rehearsal import AnswersUnused, Rehearsal, rehearse
from residents.tables import FIELD_NAMES


class Command(BaseCommand):
    help = "读入住户名册。默认只预检，不改数据库。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, nargs="?")
        parser.add_argument("--street", metavar="CODE")
        mode = parser.add_mutually_exclusive_group()
        mode.add_argument("--dry-run", action="store_true", help="只预检（默认）")
        mode.add_argument("--submit", action="store_true", help="存下，等第二人核准")
        mode.add_argument("--confirm", action="store_true", help="存下并核准")
        mode.add_argument("--undo", type=UUID, metavar="ID", help="撤销这次导入")
        parser.add_argument(
            "--report", type=Path, metavar="OUT.xlsx", help="原表加一列“原因”"
        )
        parser.add_argument("--by", metavar="USERNAME", help="上传人")
        parser.add_argument("--approver", metavar="USERNAME", help="核准人")
        parser.add_argument("--rate", default="0.10", help="应参评的比例")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="[SHEET!]TITLE=FIELD",
            help="这一列是什么，如 当家人=户主姓名；不读的写 微信=；可以写几次",
        )
        parser.add_argument(
            "--leave-out",
            action="append",
            default=[],
            metavar="SHEET",
            help="不要这张工作表；可以写几次",
        )
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--summary", action="store_true", help="不列出每一行")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["undo"]:
            self._undo(options, now)
            return
        if options["file"] is None or not options["street"]:
            message = _("写明文件和 --street 街道代码。")
            raise CommandError(message, returncode=2)
        street = _street(options["street"])
        rate = _rate(options["rate"])
        with_rows = options["json"] and not options["summary"]
        answers = _answers(options)
        # Who acts is checked before anything is read or stored.
        people = _people(options, street, now) if _writes(options) else None
        rehearsal = self._rehearse(
            options["file"],
            street,
            now,
            with_rows=with_rows,
            report=options["report"],
            answers=answers,
        )
        stored = None
        if people:
            stored = self._store(options, street, people, now, answers)
        if options["json"]:
            data = report.as_data(rehearsal, rate=rate, with_rows=with_rows)
            data["import"] = stored and {"id": str(stored.pk), "state": stored.state}
            self.stdout.write(json.dumps(data, ensure_ascii=False, indent=1))
            return
        for line in report.as_text(rehearsal, rate=rate):
            self.stdout.write(line)
        self.stdout.write(_outcome(stored))

    def _rehearse(
        self,
        path: Path,
        street: Division,
        at: dt.datetime,
        *,
        with_rows: bool,
        report: Path | None,
        answers: Answers,
    ) -> Rehearsal:
        try:
            with contextlib.ExitStack() as opened:
                content = opened.enter_context(path.open("rb"))
                out = opened.enter_context(report.open("w+b")) if report else None
                return rehearse(
                    street=street,
                    file_name=path.name,
                    content=content,
                    at=at,
                    max_rows=COMMAND_ROWS,
                    keep_rows=with_rows,
                    report=out,
                    answers=answers,
                )
        except FileNotFoundError:
            _refuse(_("找不到文件 %(file)s。") % {"file": path})
        except AnswersUnused as unused:
            message = _("文件里没有这样的列或工作表：%(names)s。")
            names = "、".join(unused.names)
            raise CommandError(message % {"names": names}, returncode=2) from unused
        except ColumnsUnknown as unknown:
            hint = _("用 --column '列名=户主姓名' 说明，不读的写 --column '列名='。")
            _refuse(f"{unknown.reason}{hint}")
        except Refused as refusal:
            _refuse(refusal.reason)

    def _undo(self, options: dict[str, Any], at: dt.datetime) -> None:
        """Both steps at once, by the two people that --confirm needs as well."""
        found = RosterImport.objects.filter(pk=options["undo"]).first()
        if found is None:
            _refuse(_("没有这次导入。"))
        people = _people({**options, "confirm": True}, found.street, at)
        uploader, approver = people
        if approver is None:
            _refuse(_("要有第二人核准：加上 --approver 账号。"))
        try:
            with transaction.atomic():
                undo = actions.propose_undo(roster_import=found, by=uploader, at=at)
                digest = bytes(undo.digest or b"")
                actions.confirm_undo(undo=undo, digest=digest, by=approver, at=at)
        except actions.UndoRefused as refusal:
            _refuse(sentence(refusal))
        counts = undo.counts["changes"]
        for kind in UNDO_KINDS:
            self.stdout.write(f"{kind.label} {counts.get(kind, 0)}")
        self.stdout.write(_("已撤销。"))

    def _store(
        self,
        options: dict[str, Any],
        street: Division,
        people: tuple[Actor, User | None],
        at: dt.datetime,
        answers: Answers,
    ) -> RosterImport:
        uploader, approver = people
        path: Path = options["file"]
        with path.open("rb") as content:
            roster_import = actions.upload_roster(
                street=street, file_name=path.name, content=content, by=uploader, at=at
            )
        roster_import = actions.read_roster(
            roster_import=roster_import,
            by=uploader,
            at=at,
            max_rows=COMMAND_ROWS,
            answers=answers,
        )
        if roster_import.state == RosterImport.State.REFUSED:
            _refuse(roster_import.refusal_text)
        if approver is None:
            return roster_import
        return actions.confirm_import(
            roster_import=roster_import,
            digest=bytes(roster_import.digest or b""),
            by=approver,
            at=at,
        )


def _writes(options: dict[str, Any]) -> bool:
    return bool(options["submit"] or options["confirm"])


def _refuse(reason: str) -> NoReturn:
    raise CommandError(reason, returncode=1)


def _answers(options: dict[str, Any]) -> Answers:
    """What --column and --leave-out say; titles as the importer remembers them."""
    labels = {str(label): name for name, label in FIELD_NAMES.items()}
    fields: dict[tuple[int | str, str], str] = {}
    for text in options["column"]:
        title, sign, wanted = text.rpartition("=")
        sheet, _mark, title = title.rpartition("!")
        name = labels.get(wanted.strip(), wanted.strip())
        if not sign or not title_of(title) or name not in {"", *headers.NAMES}:
            message = _("--column 写成 列名=户主姓名；等号后可以写：%(names)s。")
            names = "、".join(labels)
            raise CommandError(message % {"names": names}, returncode=2)
        fields[sheet, title_of(title)] = name
    return Answers(fields, frozenset(options["leave_out"]))


def _street(code: str) -> Division:
    street = Division.objects.filter(code=code).first()
    if street is None:
        _refuse(
            _("没有代码为 %(code)s 的街道。先用 load_divisions 读入区划。")
            % {"code": code}
        )
    return street


def _rate(text: str) -> Decimal:
    try:
        rate = Decimal(text)
    except InvalidOperation:
        rate = Decimal(-1)
    if not 0 <= rate <= 1:
        message = _("--rate 写 0 到 1 之间的小数，例如 0.10。")
        raise CommandError(message, returncode=2)
    return rate


def _people(
    options: dict[str, Any], street: Division, at: dt.datetime
) -> tuple[Actor, User | None]:
    """Who brings the file and who confirms it; two different people, both entitled."""
    by = options["by"]
    uploader = _user(by, Permission.ROSTER_IMPORT, street, at) if by else SYSTEM
    if not options["confirm"]:
        return uploader, None
    if not options["approver"]:
        _refuse(
            _("要有第二人核准：加上 --approver 账号，或用 --submit 存下再到页面核准。")
        )
    approver = _user(options["approver"], Permission.ROSTER_APPROVE, street, at)
    if approver == uploader:
        _refuse(_("上传人不能核准自己的名册，请换一个人。"))
    return uploader, approver


def _user(
    username: str, permission: Permission, street: Division, at: dt.datetime
) -> User:
    user = User.objects.filter(username=username).first()
    on = at.astimezone(ZONE).date()
    if user is None or not scopes_of(user, permission, on=on).cover(street.code):
        message = _("账号 %(name)s 没有这个街道的权限（%(permission)s）。")
        _refuse(message % {"name": username, "permission": permission})
    return user


def _outcome(stored: RosterImport | None) -> str:
    if stored is None:
        return _("这是预检，没有改动数据库。")
    if stored.state == RosterImport.State.CONFIRMED:
        return _("已核准并写入。")
    return _("已存下，等第二个人在“住户名册”页面核准。")
