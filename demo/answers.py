"""Invented answers: a community has a level, a household a mood, a question a slope.

Deterministic for a seed. Nothing here is a constant of the method.
"""

import random
from collections.abc import Sequence

ITEMS = 8
CHANNELS = ("web", "paper", "phone", "visit")
CHANNEL_SHARES = (0.56, 0.22, 0.14, 0.08)
# How far each question lies from the overall level, in levels.
ITEM_SHIFTS = (0.18, 0.0, -0.12, 0.08, -0.05, -0.22, -0.02, 0.15)
NOT_SURE, BLANK = 0, None
THRESHOLDS = (-2.6, -1.5, -0.35, 0.75)

# Where the latent level of each community of 小白楼街道 lies.
LEVELS = {
    "120101002002": 0.60,
    "120101002003": 0.78,
    "120101002004": 0.05,
    "120101002007": 0.62,
    "120101002009": 0.36,
    "120101002010": 0.74,
    "120101002012": -0.35,
    "120101002013": 0.50,
    "120101002014": 1.26,
}
SPREAD = 0.75
MOOD = 0.62
NOISE = 0.55


def level_of(community: str) -> float:
    """The latent level; communities outside the street file get one from the code."""
    if community in LEVELS:
        return LEVELS[community]
    return random.Random(f"level {community}").gauss(0.55, SPREAD / 2)  # noqa: S311


def household_answers(community: str, *, dice: random.Random) -> tuple[int | None, ...]:
    """Eight answers of one household: 5 best … 1 worst, 0 说不清, None blank."""
    mood = dice.gauss(level_of(community), MOOD)
    return tuple(_answer(mood + shift, dice) for shift in ITEM_SHIFTS)


def _answer(latent: float, dice: random.Random) -> int | None:
    chance = dice.random()
    if chance < 0.02:
        return NOT_SURE
    if chance < 0.03:
        return BLANK
    felt = latent + dice.gauss(0, NOISE)
    return 1 + sum(felt > threshold for threshold in THRESHOLDS)


def channel(dice: random.Random) -> str:
    return dice.choices(CHANNELS, CHANNEL_SHARES)[0]


COMMENTS: Sequence[str] = (
    "书记经常来楼里转，有事能找到人。",
    "楼道的灯修好了，谢谢。",
    "停车还是乱，希望再管一管。",
    "社区花钱的事贴出来了，看得懂。",
    "电话有时候没人接。",
    "老年食堂要是能开就更好了。",
)
