"""Names found by characters, by spelling and by initials."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import lazy_pinyin

from evaluations.name_search import is_found


@pytest.mark.parametrize(
    "query",
    [
        "",
        "李建国",
        "建国",
        "ljg",
        "LJG",
        "lj",
        "jg",
        "lijianguo",
        "Li Jianguo",
        "li jian guo",
        "lijian",
        "lijg",
        "jianguo",
        "jiang",
        "lǐ",
    ],
)
def test_a_name_is_found_by_what_people_type(query: str) -> None:
    assert is_found(query, "李建国")


@pytest.mark.parametrize("query", ["王", "lgj", "gj", "lijianguoo", "x", "李国"])
def test_a_name_is_not_found_by_something_else(query: str) -> None:
    assert not is_found(query, "李建国")


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("shanyu", "单于"),
        ("dan", "单于"),
        ("zengming", "曾明"),
        ("cm", "曾明"),
        ("lv", "吕芳"),
        ("lü", "吕芳"),
        ("oyjg", "欧阳建国"),
        ("ouyang", "欧阳建国"),
        ("xbl", "小白楼街道"),
        ("kfd", "开封道社区"),
    ],
)
def test_readings_of_surnames_and_places_are_known(query: str, name: str) -> None:
    assert is_found(query, name)


def test_a_stored_spelling_goes_before_the_dictionary() -> None:
    assert is_found("ls", "乐尚", spelling="Le Shang") is True
    assert is_found("yue", "乐尚", spelling="Le Shang") is False
    assert is_found("yue", "乐尚") is True
    # A spelling that does not fit the name is not used.
    assert is_found("yue", "乐尚", spelling="leshang") is True


NAMES = st.text(
    st.sampled_from("李王张刘陈杨赵黄周吴建国明华芳丽军平红梅"), min_size=2, max_size=4
)


@given(NAMES)
def test_every_name_is_found_by_its_spelling_and_its_initials(name: str) -> None:
    syllables = lazy_pinyin(name)
    assert is_found("".join(syllables), name)
    assert is_found(" ".join(syllables).upper(), name)
    assert is_found("".join(syllable[0] for syllable in syllables), name)


@given(NAMES, st.text(max_size=12))
def test_a_search_never_fails(name: str, query: str) -> None:
    assert is_found(query, name) in {True, False}
