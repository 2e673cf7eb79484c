"""The main job as people meet it: what a place became, what a code was, where a community lies, what we knew when."""

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.stories.running import City, cells, messages, path_of, tab_to

from gusu.site.server.place import CHECKOUT

DELIVERED = CHECKOUT / "src" / "gusu" / "packs" / "divisions" / "data" / "divisions.csv"
COMMUNITY = "320508017003"


def test_a_citizen_finds_what_pingjiang_became(city: City) -> None:
    with city.visit("citizen") as page:
        page.locator("#hero-find").fill("平江")
        page.locator(".hero-find button").click()
        page.locator("tr", has_text="320503000000").get_by_role("link", name="平江区").click()

        assert path_of(page) == "/registers/divisions/320503000000"
        became = page.get_by_role("list", name="后来变成了什么").locator("li")
        assert [" ".join(each.split()) for each in became.all_inner_texts()] == [
            "2012 撤销 平江区 320503000000 → 姑苏区 320508000000"
        ]
        assert cells(page, "该代码用过的名称")[0][-1] == "division_changes/000001 第 4810 行"

        became.get_by_role("link", name="姑苏区").click()
        assert page.get_by_role("heading", level=1).inner_text() == "姑苏区"


def test_the_same_by_keyboard_alone(city: City) -> None:
    with city.visit() as page:
        tab_to(page, "#hero-find")
        page.keyboard.type("平江")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?q=*")
        tab_to(page, "a[href$='/320503000000']")
        page.keyboard.press("Enter")
        page.wait_for_url("**/320503000000")
        tab_to(page, ".timeline a")
        page.keyboard.press("Enter")
        page.wait_for_url("**/320508000000")

        assert page.get_by_role("heading", level=1).inner_text() == "姑苏区"


@pytest.mark.parametrize("typed", ["1998", "1998-06-30"])
def test_a_clerk_asks_what_320586_was_in_1998(city: City, typed: str) -> None:
    with city.visit("window", at="/registers/divisions/320586") as page:
        page.get_by_label("日期或年份").fill(typed)
        page.get_by_label("日期或年份").press("Enter")
        page.wait_for_url(f"**?on={typed}*")

        day = {"1998": "1998年12月31日", "1998-06-30": "1998年6月30日"}[typed]
        assert messages(page) == [f"{day}，该代码为：吴县市"]
        assert path_shown(page) == ["江苏省", "苏州市", "吴县市"]
        # 1995 it came to be, 2000 it became 吴中区
        assert cells(page, "该代码用过的名称")[0][:4] == ["吴县市", "县级", "1995", "2000"]


def test_a_year_in_which_the_code_was_not_used_is_said_so(city: City) -> None:
    with city.visit(at="/registers/divisions/320586?on=1985") as page:
        assert messages(page) == ["1985年12月31日，该代码未启用。"]


def test_anyone_walks_down_to_a_community_and_sees_its_path(city: City) -> None:
    with city.visit() as page:
        page.locator(".main-nav").get_by_role("link", name="行政区划库").click()
        for name in ("江苏省", "苏州市", "姑苏区", "白洋湾街道", "路南社区居委会"):
            page.locator("main").get_by_role("link", name=name, exact=True).last.click()

        assert path_of(page) == f"/registers/divisions/{COMMUNITY}"
        assert path_shown(page) == ["江苏省", "苏州市", "姑苏区", "白洋湾街道", "路南社区居委会"]


def test_an_old_edition_still_answers(city: City, tmp_path: Path) -> None:
    corrected = tmp_path / "divisions.csv"
    corrected.write_text(DELIVERED.read_text(encoding="utf-8").replace("路南社区居委会", "陆南社区居委会"), "utf-8")
    before = edition(city)

    with city.visit("data") as page:
        deliver(city, page, corrected)
        wait_until(page, "已入库")
        city.go(page, f"/registers/divisions/{COMMUNITY}")

        assert page.get_by_role("heading", level=1).inner_text() == "陆南社区居委会"
        assert edition(city) == before + 1

        page.get_by_label("按哪一版次").select_option(str(before))
        page.get_by_role("button", name="查询").click()
        assert page.get_by_role("heading", level=1).inner_text() == "路南社区居委会"
        assert messages(page) == [f"以下是第 {before} 版当时掌握的情况，不是现在的情况。"]


def test_receiving_the_same_file_changes_nothing(city: City) -> None:
    before = edition(city)

    with city.visit("data", at="/official/exchanges") as page:
        page.locator("form[action*='/division_changes/'] button", has_text="立即接收").click()
        wait_until(page, "无变化")

        assert messages(page)[-1] == "来源内容与上一批次完全相同，无需处理。"
    city.wait_for_road()
    assert edition(city) == before


GOOD = DELIVERED.read_bytes()
CUT = GOOD[: GOOD.index(COMMUNITY.encode()) + len("32050801")]
FIRST_HAN = GOOD.index(b"\n") + 1 + len("110000000000,")
BAD = {  # the file; and of the refusal: where, and what to do
    "cut-short.csv": (CUT, f"第 {len(CUT.splitlines())} 行", "请重新导出。"),
    "wrong-columns.csv": (GOOD.replace(b"code,name", b"id,name", 1), "缺少 code", "请按目录条目调整列名"),
    "wrong-encoding.csv": (GOOD.decode().encode("gb18030"), f"第 {FIRST_HAN + 1} 字节处", "请按约定编码重新导出。"),
    "nothing-inside.csv": (b"code,name,level,parent\n", "没有任何记录", "重新送达。"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_what_where_and_what_to_do(city: City, tmp_path: Path, name: str) -> None:
    (bad, where, what_to_do), before = BAD[name], edition(city)
    (tmp_path / name).write_bytes(bad)

    with city.visit("data") as page:
        deliver(city, page, tmp_path / name)
        wait_until(page, "已拒收")

        refusal = messages(page)[-1].split("\n")
        assert refusal[0] == "已拒收，未写入任何数据"
        assert refusal[-1].startswith("来源文件“")
        assert [part in refusal[-1] for part in (name, where, what_to_do)] == [True, True, True], refusal
    city.wait_for_road()
    assert edition(city) == before


def test_a_data_officer_sees_what_was_kept_out_and_downloads_the_list(city: City) -> None:
    with city.visit("data", at="/official") as page:
        page.get_by_role("link", name="division_changes/").click()
        city.go(page, "/official/exchanges/division_changes/1")
        shown = cells(page, "问题数据")
        failing = {row[0]: row[3] for row in cells(page, "各规则检查结果") if row[3] != "0"}
        with page.expect_download() as download:
            page.get_by_role("link", name="下载问题清单（返回部门）").click()
        text = Path(download.value.path()).read_text(encoding="utf-8-sig")

    header, *rows = list(csv.reader(io.StringIO(text)))
    assert [heading.split()[0] for heading in header] == ["位置", "记录编号", "信息项", "规则", "应为", "级别"]
    kept_out = [[row[0], row[2]] for row in rows if row[5].startswith("问题数据")]
    assert kept_out[: len(shown)] == [row[:2] for row in shown]
    assert len(rows) >= len({row[0] for row in rows}) > 0
    assert failing
    # The list says where and why; what stood there does not leave the house.
    with DELIVERED.with_name("changes.csv").open(encoding="utf-8", newline="") as file:
        delivered = list(csv.DictReader(file))
    for position, _key, item, *_rest in rows:
        row = delivered[int(position) - 2]
        for value in (row["old_code"], row["new_code"], row["old_name"], row["new_name"]):
            assert not value or value not in text, (position, item, value)


def deliver(city: City, page: Page, file: Path) -> None:
    """By hand, as the data officer does it, with the pages' own form."""
    city.go(page, "/official/exchanges")
    by_hand = page.locator("details", has=page.locator("#file-divisions"))
    by_hand.get_by_text("人工送达文件").click()
    by_hand.locator("#file-divisions").set_input_files(file)
    by_hand.get_by_role("button", name="送达", exact=True).click()
    page.wait_for_url("**/official/exchanges/divisions/*")


def wait_until(page: Page, state: str) -> None:
    """The batch's page reloads by itself while it is being worked on."""
    page.locator(".heading .tag", has_text=state).wait_for(timeout=30_000)


def path_shown(page: Page) -> list[str]:
    return page.locator(".path li > :first-child").all_inner_texts()


def edition(city: City) -> int:
    [(newest,)] = city.sql("SELECT max(number) FROM resources_edition")
    assert isinstance(newest, int)
    return newest
