"""The public's pages of service items, in the city that ships."""

import pytest
from tests.city import City

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh-hans", ["居住证", "免提交：本市已掌握 (公民身份号码", "5 个工作日", "15 日", "第九条", "不收费"]),
        ("en", ["Residence permit", "Not handed in: the city knows it", "5 working days", "15 days", "no fee"]),
    ],
)
def test_a_guide_says_it_in_the_language_asked_for(city: City, language: str, said: list[str]) -> None:
    client = city.client("anonymous")
    client.post("/language", {"language": language})

    page = client.get("/services/residence_permit").content.decode()

    assert [text for text in said if text not in page] == []
    assert "Label(" not in page


def test_words_that_find_nothing_lead_back_to_all_services(city: City) -> None:
    page = city.client("anonymous").get("/services?q=没有这样的事项").content.decode()

    assert ("没有查到事项" in page, "查看全部事项" in page, "residence_permit" in page) == (True, True, False)
