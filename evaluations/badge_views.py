"""A small picture of a published result for other sites: never more than the page."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from evaluations import public_queries, publication
from evaluations.models import MonthlyRating
from evaluations.public_pages import LANGUAGES, cacheable
from evaluations.publication import Audience, Released, Withheld
from officials.models import Division

CONTENT_TYPE = "image/svg+xml; charset=utf-8"
# Five places for a star, each 22 wide.
STAR_WIDTH = 22


@dataclass(frozen=True, slots=True)
class Badge:
    """Text by text what stands on the picture; all of it stands on the page, too."""

    name: str
    month: str
    star: int | None
    star_name: str
    score: str
    interval: str
    households: str
    words: str
    mark: str

    @property
    def places(self) -> list[tuple[int, bool]]:
        """x of each star, and whether it is given."""
        return [(n * STAR_WIDTH, n < (self.star or 0)) for n in range(5)]

    @property
    def told(self) -> str:
        """For those who read instead of look."""
        parts = [self.star_name, self.score, self.interval, self.words]
        parts += [self.households, self.mark, self.month]
        return _("，").join(part for part in parts if part)


@require_safe
@login_not_required
def community_badge(request: HttpRequest, code: str) -> HttpResponseBase:
    """By the address alone: a picture on another site is asked for without cookies."""
    community = get_object_or_404(Division.objects.communities(), code=code)
    rating = public_queries.newest_published(code)
    if rating is None:
        raise Http404
    language = request.GET.get("lang", "")
    with translation.override(language if language in LANGUAGES else LANGUAGES[0]):
        badge = badge_of(community, rating)
        content = render_to_string(
            "results/badge.svg",
            {"badge": badge, "language": translation.get_language()},
        )
    response = HttpResponse(content, content_type=CONTENT_TYPE)
    return cacheable(request, response, modified=rating.published_at)


def badge_of(community: Division, rating: MonthlyRating) -> Badge:
    figure = publication.release(rating, Audience.PUBLIC)
    if isinstance(figure, Withheld):
        return Badge(
            name=str(community),
            month=rating.month,
            star=None,
            star_name="",
            score="",
            interval="",
            households="",
            words=str(figure.text),
            mark="",
        )
    return _released(community, figure)


def _released(community: Division, figure: Released) -> Badge:
    interval = ""
    if figure.low is not None and figure.high is not None:
        interval = f"{figure.low}–{figure.high}"
    return Badge(
        name=str(community),
        month=figure.month,
        star=figure.star,
        star_name=str(figure.star_name),
        score=_("%(score)s 分") % {"score": figure.score},
        interval=interval,
        households=_("%(number)s 户") % {"number": figure.households},
        words="" if figure.star else _("还没有评星"),
        mark=figure.mark_text,
    )
