"""Words blacked out: which characters of a text, and what is suggested first (T128).

Pure. A span is a pair of places in the text, end not included. The text itself is never
changed; whoever shows it asks `blacked`.
"""

import re
from collections.abc import Collection, Iterable

Span = tuple[int, int]

# One length for all: a name of two letters and one of four look alike.
BLACK = "██"

_DIGIT = "0-9０-９"
_NUMERAL = "〇零一二三四五六七八九十百幺两"
_GAP = r"[\s\-－—–]?"
_TITLES = (
    "书记|主任|副主任|委员|站长|网格员|经理|队长|大爷|大妈|大娘|大姐|大哥|阿姨|叔叔|"
    "师傅|老师|医生|大夫|先生|女士|奶奶|爷爷"
)
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋"
    "蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段"
    "雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢"
    "路岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁"
    "隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边岑"
)
# What a household should not have written: telephones, doors, names (T27, T128).
_PATTERNS = (
    # Seven digits and more in a row, spaces and hyphens among them: telephones, QQ.
    rf"(?<![{_DIGIT}])[{_DIGIT}](?:{_GAP}[{_DIGIT}]){{6,}}",
    rf"[{_NUMERAL}]{{7,}}",
    r"(?:微信|薇信|V信|v信|QQ|qq)号?[:：是\s]*[A-Za-z0-9][A-Za-z0-9_\-]{4,}",
    # 3-2-501
    rf"(?<![{_DIGIT}])[{_DIGIT}]{{1,3}}(?:[\-－—][{_DIGIT}]{{1,4}}){{1,3}}(?![{_DIGIT}])",
    # 12号楼3门501室, 三号楼, 2栋二单元
    rf"(?:(?:[{_DIGIT}]+|[{_NUMERAL}]+|[A-Za-z])(?:号楼|号院|号门|栋|幢|座|单元)"
    rf"|(?<![{_DIGIT}])[{_DIGIT}]{{1,4}}(?:门|室|户))"
    rf"(?:[{_DIGIT}{_NUMERAL}A-Za-z]*(?:号楼|单元|门|层|楼|室|户|号)|[{_DIGIT}]{{3,4}})*",
    rf"(?<=住)在?[{_DIGIT}]+号",
    rf"(?:[{_SURNAMES}][\u4e00-\u9fff]{{0,2}}(?={_TITLES}))",
    r"(?<=我叫)[\u4e00-\u9fff]{2,3}",
    r"(?<=名叫)[\u4e00-\u9fff]{2,3}",
)
_SUSPECT = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS))


def suggested(text: str, *, names: Collection[str]) -> list[Span]:
    """Telephones, doors and names: what a reader is asked to black out first.

    `names`: of the officials of the place. A suggestion only: the reader decides.
    """
    found = [match.span() for match in _SUSPECT.finditer(text)]
    return merged([*found, *spans_of(text, names)])


def spans_of(text: str, words: Iterable[str]) -> list[Span]:
    """Every place where one of the words stands; overlaps become one span."""
    found = []
    for word in filter(None, words):
        found += [match.span() for match in re.finditer(re.escape(word), text)]
    return merged(found)


def missing(text: str, words: Iterable[str]) -> list[str]:
    """Words that do not stand in the text: a slip of the reader's keyboard."""
    return [word for word in words if word not in text]


def words_of(text: str, spans: Iterable[Span]) -> list[str]:
    """What stands under the spans, each once, in the order of the text."""
    return list(dict.fromkeys(text[start:end] for start, end in spans))


def merged(spans: Iterable[Span]) -> list[Span]:
    """In order, without overlaps; what touches becomes one. Twice equals once."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def pieces(text: str, spans: Iterable[Span]) -> list[tuple[str, bool]]:
    """The text cut at the spans: what it says, and whether that is blacked out."""
    cut: list[tuple[str, bool]] = []
    at = 0
    for start, end in merged(spans):
        cut += [(text[at:start], False), (text[start:end], True)]
        at = end
    return [piece for piece in [*cut, (text[at:], False)] if piece[0]]


def blacked(text: str, spans: Iterable[Span]) -> str:
    """The text as anybody but its reviewer sees it."""
    return "".join(BLACK if black else said for said, black in pieces(text, spans))
