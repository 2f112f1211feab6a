"""Promise and notice as residents read them from now on (T3, T4, T104).

The stored rows are what counts: editing these lines changes no box. A wording that is
not the newest stored one, because a line here or a name in the settings has changed,
becomes the next version; boxes keep the text they were set up with. One line of text is
one paragraph on the page, in both languages.
"""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings

from audit.actions import Actor
from ballots import promises
from ballots.models import PromiseText

# Version 1 named neither the report of line i nor office, telephone and agency.
EDITION = 2

PROMISE_ZH = """\
一户一码，一码一票。多填几次，只算最后一次。
您怎么评的，社区、街道、组织部、系统管理员都看不到。票封在信封里，到期一起打开；打开前先把信封拿掉、打乱。\
保障等级：基础。票箱钥匙由服务器保管，掌握服务器的人技术上可以提前打开。
不记网络地址、不记手机型号、不记几点几分，只记哪一天。
网上填的，截止前随时能改，也能收回；交过纸票的，也还可以到网上改。页面、回执、公布的名单都看不出您改过。
您有回执：能查票在不在箱里，查不出选了什么，所以没人能拿它要挟您、收买您。
人太少就不显示：不到10户什么数都没有，不到30户不对外公布。票太少的箱子不打开，原封销毁。
您写的话和打的分分开封、分开看。写的话可能让人认出您，提交前会提醒您。
电话、上门是“保密”：访问员听到了，但系统不记哪一户答了什么。
每个选项一样大、一样几步。谁教您怎么填、给您东西、盯着您填，都可以一键反映，过后还能重填。
名册上只有住址、户主姓名和电话。您可以看、改、要求删。过了公布期，码和您家的联系就销毁。
评不评、评好评差，都不影响您办事和待遇。
提交的一刻由服务器在内存里封票，不留底。"""

PROMISE_EN = """\
One code per household, one ballot per code. Fill it in again and only the last one \
counts.
How you answered is not visible to the community, the street, the organization \
department or the system administrator. Ballots stay in envelopes; before they are \
opened the envelopes are taken off and the ballots shuffled. Assurance level: basic. \
The server keeps the key of the box; whoever controls the server could technically \
open it early.
We keep no network address, no device, no clock time; only the date.
Until the deadline you can change it or take it back on the web, even after posting a \
paper one. No page, receipt or list shows that you did.
Your receipt shows that a ballot is in the box, never what it says, so nobody can use \
it to press or pay you.
Few answers are not shown: below 10 households no figure at all, below 30 none in \
public. A box with too few ballots is destroyed unopened.
Words and marks are sealed and read apart. Words can give you away; we warn you before \
you send them.
By telephone or at the door it is "confidential": the interviewer hears you, but the \
system never notes which household said what.
Every choice has the same size and steps. If anyone coaches, pays or watches you, \
report it with one tap, and fill it in again later.
The roster holds address, name of the head and telephone only. You may see, correct \
and ask to erase it. After publication the link between code and household is destroyed.
Taking part or not, praising or not, changes nothing in your services or benefits.
The server seals the ballot in memory at the moment you send it and keeps no copy."""

NOTICE_ZH = """\
谁负责：{responsible}，联系电话 {contact}。
为什么：听取居民对社区书记工作的评价，用于干部考核。依据《中华人民共和国个人信息保护法》第十三条第一款第三项，\
为履行法定职责所必需。
用您家哪些信息：住址（楼、单元、门牌）、户主姓名、电话；常住、出租还是空置，住几口人，哪年住进来；送信用的备注。\
另外记：哪个码发给哪一户，这一户哪次抽中、交没交票，送信和联系的结果；说过别再打电话的，只留号码的加密摘要；\
您写的话；您自己反映问题时愿意留的电话和照片。姓名、电话、备注和您写的话加密保存。
不收集什么：不记网络地址、手机型号、几点几分；不要身份证号、出生日期、健康情况、党员身份；不用短信、微信、人脸认人；\
网页里没有别人的程序，也不做统计跟踪。反映有人教着填，不记是谁反映的。
匿名还是保密：网上填、会场填、双信封纸票是“匿名”，开箱前谁也看不到，开箱后谁也不知道是哪家的；电话、上门是“保密”，\
访问员听到了，要守口。
谁看得到：打的分开箱后只合计成数，不给任何人看单张。写的话由被评单位以外的人审阅，不到10户不给看，不到30户不写是哪个社区。\
姓名和电话只有街道名册管理员看得到，每看一次都留痕。
印信、送信：由受委托的{agency}负责；被评的人和单位不碰印码、发码、代填、开箱。
保存多久：码和您家的联系，公布后30天内销毁，最迟截止后120天；送信和联系的结果，截止后90天；哪次抽中，12个月；\
姓名和电话，您家搬走后12个月内删除；导入名册的文件，30天；原话，公布后180天；您反映问题留的电话，办结后12个月，\
照片最长3年；开箱后的答卷已经不知道是谁家的，保存5年。
您的权利：可以到街道办事处看、改、要求删除您家的信息，15个工作日内答复；也可以向{responsible}或者网信部门投诉。\
开箱后的答卷找不出是哪家的，所以不能查、不能删；截止前可以自己收回。
自愿：评不评、评好评差，都不影响您办事和待遇。
票箱：保障等级：基础。票箱钥匙由服务器保管，掌握服务器的人技术上可以提前打开。
存放在哪里：数据存放在中国大陆境内，不向境外提供。
不由机器决定：分数由程序计算，怎么用由具名的人决定。"""

NOTICE_EN = """\
Who is responsible: {responsible}, telephone {contact}.
What for: to hear how residents rate the work of the community secretary, for the \
assessment of officials. Basis: article 13(1)(3) of the Personal Information \
Protection Law, necessary for a statutory duty.
What we use about your household: address (building, unit, door), name of the head, \
telephone; whether the home is lived in, rented out or vacant, how many people, since \
which year; a note for delivery. We also keep which code went to which household, when \
a household was drawn, whether it handed in a ballot, and what came of letters and \
calls; of whoever asked not to be called a keyed digest of the number only; the words \
you write; the telephone and photographs you choose to leave when you report a \
problem. Name, telephone, note and your words are stored encrypted.
What we do not collect: no network address, no device, no clock time; no identity \
number, birth date, health or party membership; nobody is identified by text message, \
WeChat or face; no foreign program and no tracking on the pages. Who reports coaching \
is not recorded.
Anonymous or confidential: on the web, in the meeting hall and on double-envelope \
paper it is anonymous: nobody can read the answer before the box is opened, nobody can \
tell whose it was afterwards. By telephone or at the door it is confidential: the \
interviewer hears you and must keep silent.
Who sees what: marks are only added up after the opening; nobody is shown a single \
ballot. Words are reviewed by a person outside the rated unit, shown from 10 \
households on, with the community named only from 30. Names and telephones are seen by \
the roster administrator of the street only, and every look leaves a trace.
Printing and delivery: by the contracted agency, {agency}; the rated person and unit \
never handle codes, letters, helping or opening.
How long: the link between code and household is destroyed within 30 days after \
publication, at most 120 days after the deadline; what came of letters and calls 90 \
days after the deadline; when a household was drawn, 12 months; name and telephone \
within 12 months after you moved away; files of imported rosters 30 days; your \
original words 180 days after publication; the telephone left with a problem 12 \
months after it is settled, photographs at most 3 years; opened answers, which are \
nobody's any more, 5 years.
Your rights: see, correct or ask to erase the data of your household at the street \
office, answered within 15 working days; complain to {responsible} or the cyberspace \
administration. Opened answers cannot be found, shown or erased; until the deadline \
you can take your ballot back yourself.
Voluntary: taking part or not, praising or not, changes nothing in your services or \
benefits.
The box: assurance level basic. The server keeps the key of the box; whoever controls \
the server could technically open it early.
Where: the data stay in mainland China and are not given abroad.
No machine decides: a program computes the score; what follows from it is decided by a \
named person."""


@dataclass(frozen=True, slots=True)
class DefaultTexts:
    promise: PromiseText
    notice: PromiseText


def ensure_default_texts(*, by: Actor, at: dt.datetime) -> DefaultTexts:
    """The newest of both texts, stored if they are not there yet."""
    names = settings.NOTICE
    return DefaultTexts(
        _ensure(PromiseText.Kind.PROMISE, PROMISE_ZH, PROMISE_EN, by=by, at=at),
        _ensure(
            PromiseText.Kind.NOTICE,
            NOTICE_ZH.format(**names),
            NOTICE_EN.format(**names),
            by=by,
            at=at,
        ),
    )


def _ensure(kind: str, zh: str, en: str, *, by: Actor, at: dt.datetime) -> PromiseText:
    newest = promises.newest(kind)
    if newest is not None and (newest.zh, newest.en) == (zh, en):
        return newest
    version = EDITION if newest is None else max(EDITION, newest.version + 1)
    return promises.issue_text(kind=kind, version=version, zh=zh, en=en, by=by, at=at)
