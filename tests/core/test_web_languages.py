"""Which language a page and a mail are in, and how money and days are written there."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from storefront.checkout.forms import country_choices
from storefront.core.db import db
from storefront.core.web.filters import country, date, date_time, money
from storefront.core.web.language import COOKIE, current
from storefront.orders import mails
from storefront.orders.models import Order
from storefront.payments import service as payments
from storefront.payments.gateways import get_gateway
from tests.fixtures import factories
from tests.fixtures.shop import make_settings
from tests.fixtures.walk import stock_shop

CHINESE = {"Accept-Language": "zh-CN"}
ENGLISH_WORDS, CHINESE_WORDS = "Your cart", "购物车"


def language_of(client: FlaskClient, accepted: str | None) -> str:
    """The `lang` of a page for a browser that sends that Accept-Language."""
    text = client.get("/cart", headers={"Accept-Language": accepted} if accepted else {}).text
    return text.partition('<html lang="')[2].partition('"')[0]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("zh-CN", "zh-Hans"),
        ("zh-Hans-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("zh-TW", "zh-Hans"),
        ("zh", "zh-Hans"),
        ("ZH-cn", "zh-Hans"),
        ("en-GB,en;q=0.9", "en"),
        ("en-US;q=0.4,zh-CN;q=0.9", "zh-Hans"),
        ("fr-FR,zh-CN;q=0.5,en;q=0.3", "zh-Hans"),
        ("de-DE,de;q=0.9", "en"),
        ("tlh", "en"),
        ("*", "en"),
        ("!!;q=x", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_the_browser_chooses_the_language(shop: Flask, accepted: str | None, language: str) -> None:
    assert language_of(shop.test_client(), accepted) == language


def test_the_words_are_in_the_language_of_the_page(shop: Flask) -> None:
    client = shop.test_client()
    english, chinese = client.get("/cart").text, client.get("/cart", headers=CHINESE).text
    assert ENGLISH_WORDS in english
    assert CHINESE_WORDS not in english
    assert f"<h1>{CHINESE_WORDS}</h1>" in chinese
    assert ENGLISH_WORDS not in chinese


def test_the_switch_changes_the_language_and_it_stays(shop: Flask) -> None:
    client = shop.test_client()
    answer = client.post("/language", data={"language": "zh_Hans", "next": "/terms"})
    assert (answer.status_code, answer.location) == (303, "/terms")
    assert language_of(client, "en-GB") == "zh-Hans"
    assert language_of(client, None) == "zh-Hans"
    client.post("/language", data={"language": "en", "next": "/"})
    assert language_of(client, "zh-CN") == "en"


def test_the_switch_stays_for_a_year_and_is_closed_to_scripts(shop: Flask) -> None:
    answer = shop.test_client().post("/language", data={"language": "zh_Hans", "next": "/"})
    cookie = answer.headers["Set-Cookie"]
    assert f"{COOKIE}=zh_Hans" in cookie
    assert {"Max-Age=31536000", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))


@pytest.mark.parametrize("language", ["fr", "", "zh", "en_US", "../../etc", "x" * 500])
def test_a_language_that_the_shop_does_not_speak_is_not_kept(shop: Flask, language: str) -> None:
    client = shop.test_client()
    answer = client.post("/language", data={"language": language, "next": "/"})
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (303, False)
    client.set_cookie(COOKIE, language)
    assert language_of(client, "zh-CN") == "zh-Hans"


def test_the_switch_leads_to_no_other_site(shop: Flask) -> None:
    answer = shop.test_client().post("/language", data={"language": "en", "next": "https://evil.example/"})
    assert answer.location == "/"


def test_every_page_offers_every_language_in_its_own_words(shop: Flask) -> None:
    text = shop.test_client().get("/terms").text
    assert 'lang="en" aria-current="true">English</button>' in text
    assert 'lang="zh-Hans">简体中文</button>' in text


def test_an_answer_says_that_it_depends_on_the_language(shop: Flask) -> None:
    client = shop.test_client()
    for path in ("/", "/cart", "/nowhere", "/terms"):
        assert {"Accept-Language", "Cookie"} <= set(client.get(path).vary), path


def test_a_shared_page_is_kept_for_each_language(shop: Flask) -> None:
    """Two visitors within the same second: the second is not given the first one's language."""
    english, chinese, chosen = shop.test_client(), shop.test_client(), shop.test_client()
    chosen.set_cookie(COOKIE, "zh_Hans")
    texts = [english.get("/").text, chinese.get("/", headers=CHINESE).text, chosen.get("/").text]
    assert [text.partition('<html lang="')[2].partition('"')[0] for text in texts] == ["en", "zh-Hans", "zh-Hans"]


def test_a_shop_may_speak_one_language_only(tmp_path: Path, redis_url: str) -> None:
    settings = make_settings(tmp_path, f"sqlite:///{tmp_path}/one.sqlite3", redis_url, LANGUAGES="zh_Hans")
    assert settings.languages == ("zh_Hans",)


def test_the_mail_is_in_the_language_of_the_order(shop: Flask) -> None:
    with shop.app_context():
        orders = [factories.make_order(locale=locale).id for locale in ("en", "zh_Hans")]
    with shop.app_context():
        settings = shop.config["SETTINGS"]
        english, chinese = (mails.confirmation(db.session.get_one(Order, id), settings) for id in orders)
        assert current() == "en"
    assert english.subject.startswith("Your order")
    assert chinese.subject.startswith("您的订单")
    assert '<html lang="zh-Hans">' in chinese.html
    assert "感谢您，Ada Lovelace！" in chinese.text
    assert "英国" in chinese.text
    assert "United Kingdom" in english.text
    for mail in (chinese.text, chinese.html):
        assert "Thank you" not in mail


def test_an_order_is_written_in_the_language_it_was_placed_in(shop: Flask) -> None:
    with shop.app_context():
        stocked = stock_shop(shop, "zh_Hans")
        order = db.session.scalars(db.select(Order).where(Order.token == stocked.pending)).one()
        url = payments.start(order.id, get_gateway(), shop.config["SETTINGS"].base_url)
    page = FlaskClient(shop).get("/" + url.split("/", 3)[3]).text
    assert '<html lang="zh-Hans">' in page
    assert "演示付款" in page
    assert "标准配送" in page


def test_a_page_of_no_payment_is_in_the_browsers_language(shop: Flask) -> None:
    for accepted, words in (("zh-CN", "没有这笔付款"), ("en", "There is no such payment"), ("tlh", "There is no such")):
        page = FlaskClient(shop).get("/demo-pay/pay/nothing", headers={"Accept-Language": accepted}).text
        assert words in page


@pytest.mark.parametrize(
    ("locale", "words"),
    [("en", "Use 8 to 256 characters."), ("zh_Hans", "请使用 8 至 256 个字符。")],
)
def test_a_form_says_what_is_wrong_in_the_language_of_the_page(shop: Flask, locale: str, words: str) -> None:
    client = shop.test_client()
    client.set_cookie(COOKIE, locale)
    text = client.get("/account/register").text
    token = text.partition('name="csrf_token" value="')[2].partition('"')[0]
    data = {"csrf_token": token, "name": "Ada", "email": "ada@example.com", "password": "short"}
    assert words in client.post("/account/register", data=data).text


@pytest.mark.parametrize(("locale", "words"), [("en", "We could not find this page"), ("zh_Hans", "没有找到此页面")])
def test_an_error_page_is_in_the_language_of_the_visitor(shop: Flask, locale: str, words: str) -> None:
    client = shop.test_client()
    client.set_cookie(COOKIE, locale)
    assert f"<h1>{words}</h1>" in client.get("/nowhere").text


def test_countries_are_in_the_order_of_the_language(shop: Flask) -> None:
    named = {}
    for locale in ("en", "zh_Hans"):
        with shop.test_request_context(headers={"Cookie": f"{COOKIE}={locale}"}):
            named[locale] = [name for _code, name in country_choices()]
    assert named["en"][:3] == ["Afghanistan", "Åland Islands", "Albania"]
    chinese = [named["zh_Hans"].index(name) for name in ("阿根廷", "巴西", "德国", "法国", "美国", "英国", "中国")]
    assert chinese == sorted(chinese)


def test_money_and_days_are_written_as_the_language_does(shop: Flask) -> None:
    with shop.app_context():
        moment = factories.make_order().placed_at.replace(year=2026, month=7, day=1, hour=22, minute=5, second=9)
    told = {}
    for locale in ("en", "zh_Hans"):
        with shop.test_request_context(headers={"Cookie": f"{COOKIE}={locale}"}):
            told[locale] = [money(123450, "GBP"), money(1234, "JPY"), date(moment), date_time(moment), country("GB")]
    # 22:05 UTC in July is five past eleven in London, and the shop is in London whatever the language.
    assert told["en"] == ["£1,234.50", "¥1,234", "1 July 2026", "1 Jul 2026, 23:05", "United Kingdom"]
    assert told["zh_Hans"] == ["£1,234.50", "JP¥1,234", "2026年7月1日", told["zh_Hans"][3], "英国"]
    assert told["zh_Hans"][3].startswith("2026年7月1日")
    assert "23:05" in told["zh_Hans"][3]
