"""Addresses for everybody: what the public pages show, as JSON."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import P, PathEx, QueryEx, Router

from evaluations import public_queries
from evaluations.api import reads, schemas
from evaluations.api.answers import BESIDE
from evaluations.api.errors import CONTENT_TYPE, Refused
from evaluations.api.schemas import (
    COMMUNITY,
    DISTRICT,
    MONTH,
    MOST_PAGES,
    MOST_ROWS,
)
from evaluations.api.shapes import Shape
from evaluations.calculation import calculation_of
from evaluations.publication import Audience

router = Router()
MOST_WORDS = 30
District = PathEx[str, P(pattern=DISTRICT)]
Community = PathEx[str, P(pattern=COMMUNITY)]
Month = PathEx[str, P(pattern=MONTH)]
PageNumber = QueryEx[int, P(ge=1, le=MOST_PAGES)]
PageSize = QueryEx[int, P(ge=1, le=MOST_ROWS)]
Words = QueryEx[str, P(max_length=MOST_WORDS, pattern=r"^[^\x00-\x1f]*$")]
InDistrict = QueryEx[str, P(pattern=r"^([0-9]{6})?$")]
InStreet = QueryEx[str, P(pattern=r"^([0-9]{9})?$")]
InMonth = QueryEx[str, P(pattern=r"^(20[0-9]{2}-(0[1-9]|1[0-2]))?$")]


def answers(schema: Any) -> dict[Any, Any]:
    return {200: schema, **BESIDE}


@router.get("/districts", response=answers(schemas.Places), summary="有公布结果的区县")
def districts(request: HttpRequest, page: PageNumber = 1, size: PageSize = 50) -> Shape:
    """Districts with something published."""
    rows, part = reads.page_of(reads.published_districts(), page=page, size=size)
    return part | {"items": [reads.place(row) for row in rows]}


@router.get(
    "/districts/{code}/streets",
    response=answers(schemas.Places),
    summary="一个区县里有公布结果的街道",
)
def streets(
    request: HttpRequest, code: District, page: PageNumber = 1, size: PageSize = 50
) -> Shape:
    """Streets of a district with something published; none of an unknown one."""
    rows, part = reads.page_of(reads.published_streets(code), page=page, size=size)
    return part | {"items": [reads.place(row) for row in rows]}


@router.get(
    "/districts/{code}/years/{year}/stars",
    response=answers(schemas.YearStars),
    summary="一个区县一年的评星定级",
)
def year_stars(
    request: HttpRequest, code: District, year: PathEx[int, P(ge=2000, le=2099)]
) -> Shape:
    """Published stars of a year in the order of codes, each with its numbers."""
    return _found(reads.year_stars_of(code, year))


@router.get(
    "/communities", response=answers(schemas.Communities), summary="社区和最新结果"
)
def communities(
    request: HttpRequest,
    district: InDistrict = "",
    street: InStreet = "",
    words: Words = "",
    page: PageNumber = 1,
    size: PageSize = 50,
) -> Shape:
    """By code; of one district or street, or with a part of their names."""
    found = reads.communities(district=district, street=street, words=words)
    rows, part = reads.page_of(found, page=page, size=size)
    return part | {"items": reads.community_shapes(rows)}


@router.get(
    "/communities/{code}",
    response=answers(schemas.CommunityDetail),
    summary="一个社区的最新结果",
)
def community(request: HttpRequest, code: Community) -> Shape:
    """The newest published result of a community."""
    return _found(reads.community_detail(code))


@router.get(
    "/communities/{code}/history",
    response=answers(schemas.History),
    summary="一个社区十二个月的结果",
)
def history(request: HttpRequest, code: Community) -> Shape:
    """Published figures of the newest appointment; months without one are absent."""
    return _found(reads.history(code))


@router.get(
    "/communities/{code}/months/{month}/calculation",
    response=answers(schemas.Calculation),
    summary="怎么算出来的",
)
def calculation(request: HttpRequest, code: Community, month: Month) -> HttpResponse:
    """To the byte what the public page offers as calculation.json."""
    rating = public_queries.published_rating(code, month)
    if rating is None:
        raise Refused("not_found")
    content = calculation_of(rating, Audience.PUBLIC).content
    return HttpResponse(content, content_type=CONTENT_TYPE)


@router.get(
    "/publications",
    response=answers(schemas.Publications),
    summary="发布的各个版本",
)
def publications(
    request: HttpRequest,
    district: InDistrict = "",
    month: InMonth = "",
    page: PageNumber = 1,
    size: PageSize = 50,
) -> Shape:
    """Every version there ever was, the newest month first; old ones stay (T130)."""
    found = reads.publications(district=district, month=month)
    rows, part = reads.page_of(found, page=page, size=size)
    return part | {"items": [reads.publication_shape(row) for row in rows]}


@router.get(
    "/publications/{code}/{month}/{version}",
    response=answers(schemas.Publication),
    summary="一个版本",
)
def publication(
    request: HttpRequest,
    code: District,
    month: Month,
    version: PathEx[int, P(ge=1, le=32767)],
) -> Shape:
    """One version of a district's month, with its digest."""
    found = reads.publications(district=code, month=month).filter(version=version)
    row = found.first()
    return _found(reads.publication_shape(row) if row else None)


def _found(shape: Shape | None) -> Shape:
    if shape is None:
        raise Refused("not_found")
    return shape
