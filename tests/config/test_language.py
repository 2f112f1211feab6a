"""Chinese first; English for whoever asked for it."""

from django.test import Client


def test_english_browser_gets_chinese_until_english_is_chosen(
    db: None, client: Client
) -> None:
    headers = {"Accept-Language": "en-US,en;q=0.9"}
    assert '<html lang="zh-hans"' in client.get("/", headers=headers).content.decode()
    client.post("/i18n/setlang/", {"language": "en", "next": "/"})
    answer = client.get("/")
    assert '<html lang="en"' in answer.content.decode()
    assert answer.headers["Content-Language"] == "en"


def test_unknown_language_in_the_cookie_is_chinese(db: None, client: Client) -> None:
    client.cookies["django_language"] = "xx"
    assert client.get("/").headers["Content-Language"] == "zh-hans"
