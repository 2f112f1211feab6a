"""The answers as types; the description of the interface is made of them."""

from typing import Annotated, Literal

from ninja import Field, Schema
from pydantic import ConfigDict

Decimal = str
CODE = r"^[0-9]{2}([0-9]{2}([0-9]{2}([0-9]{3}([0-9]{3})?)?)?)?$"
DISTRICT = r"^[0-9]{6}$"
STREET = r"^[0-9]{9}$"
COMMUNITY = r"^[0-9]{12}$"
UNIT = r"^([0-9]{6}|[0-9]{9}|[0-9]{12})$"
MONTH = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"
MOST_PAGES, MOST_ROWS = 10_000, 200


class Place(Schema):
    """A division by its code of the state (GB/T 2260)."""

    code: str = Field(pattern=CODE)
    name: str


class Window(Schema):
    """The months whose answers are counted, and how many of them exist so far."""

    first: str = Field(pattern=MONTH)
    last: str = Field(pattern=MONTH)
    existing: int
    months: int


class Figure(Schema):
    """A figure that may be shown, with what must stand beside it."""

    released: Literal[True]
    month: str = Field(pattern=MONTH, description="窗口的最后一个月")
    is_kept: bool = Field(description="沿用较早的数字（M86）")
    households: int = Field(description="有效户数")
    score: Decimal = Field(description="得分，两端写作 >99.0 或 <1.0")
    low: Decimal | None
    high: Decimal | None
    level: Decimal = Field(description="区间的置信水平，百分数")
    star: int | None
    previous_star: int | None
    star_is_kept: bool
    window: Window
    mark: Literal["valid", "window_incomplete", "target_not_reached"] | str
    participation: Decimal | None = Field(description="参评率，百分数")
    rr1: Decimal | None
    rr3: Decimal | None
    scheme: str = Field(description="考核办法及版本")
    needs_warning: bool = Field(description="仅供内部：户数不到公开的下限")


class NoFigure(Schema):
    """Why there is no figure. This is never a zero."""

    released: Literal[False]
    month: str = Field(pattern=MONTH)
    reason: Literal["too_few", "waits", "not_published"]
    households: str | None = Field(description="不到十户时写作 <10")
    needed: int
    rr1: Decimal | None
    rr3: Decimal | None


AnyFigure = Annotated[Figure | NoFigure, Field(discriminator="released")]


class Page(Schema):
    """Which part of how much."""

    page: int
    size: int
    total: int


class Community(Schema):
    """A community with its newest published figure."""

    code: str = Field(pattern=COMMUNITY)
    name: str
    street: Place
    month: str = Field(pattern=MONTH)
    figure: AnyFigure


class Communities(Page):
    items: list[Community]


class Places(Page):
    items: list[Place]


class CommunityDetail(Community):
    """The newest result, and the publication that holds it."""

    address: str = Field(description="公开页面的地址")


class HistoryMonth(Schema):
    """A month of the last twelve with something published."""

    month: str = Field(pattern=MONTH)
    figure: AnyFigure


class History(Schema):
    code: str = Field(pattern=COMMUNITY)
    name: str
    months: list[HistoryMonth]


class YearStar(Schema):
    """The stars of an appointment for a year, with the result that they rest on."""

    code: str = Field(pattern=COMMUNITY)
    name: str
    post: str = Field(description="任职的岗位")
    official: str = Field(description="任职的人")
    stars: int = Field(ge=1, le=5)
    previous_stars: int | None = Field(description="上一年的星级，没有评过为 null")
    figure: AnyFigure


class YearStars(Schema):
    code: str = Field(pattern=DISTRICT)
    name: str
    year: int
    items: list[YearStar]


class Publication(Schema):
    """A version of a district's month. It never changes; a correction is a new one."""

    division: str = Field(pattern=DISTRICT)
    name: str
    month: str = Field(pattern=MONTH)
    version: int
    digest: str = Field(pattern=r"^[0-9a-f]{64}$", description="全部记录的 SHA-256")
    published_at: str
    reason: str = Field(description="更正的原因，第一版没有")
    state: Literal["current", "superseded", "withdrawn"]


class Publications(Page):
    items: list[Publication]


class Calculation(Schema):
    """怎么算出来的: field by field in docs/calculation-json.md, format 1."""

    model_config = ConfigDict(extra="allow")

    format: Literal["minping.calculation/1"]
    audience: Literal["public", "office"]
    assurance: str
    appointment: str
    community: str = Field(pattern=COMMUNITY)
    month: str = Field(pattern=MONTH)
    released: bool


class Rank(Schema):
    """Where an appointment stands in its group at the end of a quarter."""

    period: str = Field(pattern=r"^20[0-9]{2}Q[1-4]$")
    of: int
    rank: int | None
    best: int = Field(description="名次范围的上端")
    worst: int = Field(description="名次范围的下端")
    tier: Literal["above", "not_distinguishable", "below"]


class Rated(Schema):
    """An appointment and its figure as the office may see it."""

    appointment: str
    official: str
    community: Place
    state: str = Field(description="computed、reviewed、publicity、published……")
    figure: AnyFigure


class Ratings(Page):
    items: list[Rated]


class RankedRow(Rated):
    place: Rank | None = Field(description="只在季度末有")


class Group(Schema):
    """A peer group: only inside one is anything compared."""

    id: int
    name: str
    division: str = Field(pattern=CODE)


class GroupOfMonth(Group):
    appointments: int


class Groups(Page):
    items: list[GroupOfMonth]


class Ranking(Page):
    """One group in one month, in the printed order; never two groups together.

    Appointments without a figure stand last, in no order but that of their codes.
    """

    group: Group
    month: str = Field(pattern=MONTH)
    items: list[RankedRow]
