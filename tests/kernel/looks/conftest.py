"""The looks are tested alone: a frame of their own and plain static files, no database and no city."""

from pathlib import Path

import pytest
from django.http import HttpRequest
from django.template import engines
from django.test import RequestFactory
from pytest_django.fixtures import Settings
from tests.browser import browser, page

from gusu.kernel.looks import jinja
from gusu.kernel.looks.parts import Branch, Chrome, NavItem
from gusu.kernel.looks.translations import compile_catalogue

__all__ = ["browser", "page"]

GALLERY = Path(__file__).with_name("gallery.html")
STATIC = jinja.PACKAGE / "kernel" / "looks" / "static"
compile_catalogue()


@pytest.fixture(autouse=True)
def alone(settings: Settings) -> None:
    settings.GUSU_CHROME = "tests.kernel.looks.conftest.frame"
    settings.HTTPS = False
    settings.STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


@pytest.fixture
def request_() -> HttpRequest:
    return RequestFactory().get("/gallery?page=2")


def frame(request: HttpRequest) -> Chrome:
    """A city with everything in its header."""
    return Chrome(
        site_name="某市政务服务",
        site_name_other="Government Services",
        nav=(
            NavItem("首页", "/"),
            NavItem("我要办", "/items"),
            NavItem("我的办件", "/cases"),
            NavItem("行政区划", "/divisions", current=True),
            NavItem("组织机构", "/organisations"),
            NavItem("数据目录", "/catalogue"),
        ),
        account=NavItem("王晓兰", "/me"),
        footer="某市数据局主办　·　网站标识码 0000000000",
        links=(NavItem("无障碍说明", "/accessibility"), NavItem("隐私政策", "/privacy"), NavItem("接口文档", "/api")),
        search="/search",
        sign_out="/sign-out",
        demo=True,
    )


def gallery(request: HttpRequest) -> str:
    """Every component on one page."""
    template = engines["jinja2"].from_string(GALLERY.read_text(encoding="utf-8"))
    tabs = [
        NavItem("概况", "/1", current=True),
        NavItem("沿革", "/2"),
        NavItem("下级区划（17）", "/3"),
        NavItem("来源", "/4"),
    ]
    runs = [
        ("SZ-0012", "民政部门", "2026-11-24 09:05", 5717, 23, "待核", "warn"),
        ("SZ-0011", "民政部门", "2026-10-31 02:10", 5690, 0, "已发布", "ok"),
        ("SZ-0010", "统计部门", "2026-09-30 02:10", 48213, 1204, "已退回", "bad"),
    ]
    district = Branch("区级部门", note="2 个", children=(Branch("区数据局", "/o/4"), Branch("区民政局", "/o/5")))
    branches = [
        Branch(
            "市人民政府",
            "/o/1",
            note="3 个下级",
            open=True,
            children=(Branch("市数据局", "/o/2", note="主管"), Branch("市公安局", "/o/3"), district),
        ),
        Branch("市中级人民法院", "/o/9"),
    ]
    return template.render({"tabs": tabs, "runs": runs, "branches": branches}, request)
