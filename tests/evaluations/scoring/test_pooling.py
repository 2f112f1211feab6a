"""Who pools with whom (M67, M72)."""

import pytest

from evaluations.scoring.method import Method
from evaluations.scoring.pooling import GroupKey, Member, pool
from evaluations.scoring.shrinkage import Unit, shrink


def members(district, number, *, kind="书记", city="1201", m=100, start=0):
    return [
        Member(
            unit=Unit(
                code=f"{district}-{kind}-{k:02}",
                m=m,
                score=60.0 + k,
                variance=4.0,
                s2=400.0,
                kish=1.0,
                frame=1000,
            ),
            kind=kind,
            areas={"district": district, "city": city},
        )
        for k in range(start, start + number)
    ]


def test_fifteen_of_a_kind_in_a_district_are_a_group(method):
    chosen = members("d1", 15)
    pooling = pool(chosen, method=method)
    key = GroupKey("district", "d1", "书记")
    assert list(pooling.groups) == [key]
    assert pooling.groups[key] == shrink([one.unit for one in chosen], method=method)
    assert set(pooling.key_of.values()) == {key}
    code = chosen[3].unit.code
    assert pooling.shrunken(code) == pooling.group_of(code).units[3]


def test_a_small_district_takes_the_group_of_the_city(method):
    large, small = members("d1", 15), members("d2", 14)
    pooling = pool([*large, *small], method=method)
    city = pooling.group_of(small[0].unit.code)
    assert city.count == 29
    assert pooling.group_of(large[0].unit.code).count == 15
    assert pooling.key_of[small[0].unit.code] == GroupKey("city", "1201", "书记")
    assert (
        pooling.shrunken(large[0].unit.code)
        == (pooling.groups[GroupKey("district", "d1", "书记")].units[0])
    )


def test_a_small_city_has_no_group(method):
    pooling = pool(members("d1", 14), method=method)
    assert (dict(pooling.groups), dict(pooling.key_of)) == ({}, {})
    assert pooling.group_of("d1-书记-00") is None
    assert pooling.shrunken("d1-书记-00") is None


def test_kinds_do_not_mix(method):
    chosen = [*members("d1", 10), *members("d1", 10, kind="主任")]
    assert dict(pool(chosen, method=method).key_of) == {}


def test_ten_answers_are_needed_to_pool(method):
    enough, too_few = members("d1", 15, m=10), members("d1", 1, m=9, start=15)
    pooling = pool([*enough, *too_few], method=method)
    assert len(pooling.key_of) == 15
    assert pooling.shrunken(too_few[0].unit.code) is None


def test_a_scheme_may_pool_over_the_city_at_once():
    method = Method.from_mapping({"eb.area": "city", "eb.group_min": 20})
    chosen = [*members("d1", 15), *members("d2", 15)]
    pooling = pool(chosen, method=method)
    assert list(pooling.groups) == [GroupKey("city", "1201", "书记")]
    lonely = Method.from_mapping({"eb.group_min": 31})
    assert dict(pool(chosen, method=lonely).groups) == {}


def test_the_order_of_members_does_not_matter(method):
    chosen = [*members("d1", 15), *members("d2", 14)]
    assert pool(chosen, method=method) == pool(chosen[::-1], method=method)


def test_a_member_listed_twice_is_refused(method):
    with pytest.raises(ValueError, match="twice"):
        pool([*members("d1", 15), *members("d1", 1)], method=method)
