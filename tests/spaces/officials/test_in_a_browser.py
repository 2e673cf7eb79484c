"""The officials' pages of cases in a real browser: without JavaScript, by keyboard, on a phone, under axe."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, Page
from tests.browser import axe, fits, shot, targets, visitor
from tests.committing import at_once
from tests.services.cases import office
from tests.spaces.officials.desks import PASSWORD, desk, objected

from gusu.kernel import clock
from gusu.services.cases import actions
from gusu.services.cases.models import Case, State

LANGUAGES = ["zh-hans", "en"]


def signed_in(page: Page, served: str, who: str) -> None:
    page.goto(f"{served}/sign-in")
    page.fill("#id_sign_in_name", who)
    page.fill("#id_password", PASSWORD)
    with page.expect_navigation():
        page.press("#id_password", "Enter")


def press(page: Page, said: str) -> None:
    """A button or link of the page's own part, by keyboard."""
    main = page.locator("main")
    main.get_by_role("button", name=said, exact=True).or_(main.get_by_role("link", name=said, exact=True)).focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_an_official_decides_within_the_clock_by_keyboard_alone_and_without_javascript(
    browser: Browser, served: str
) -> None:
    case = office.submitted()
    desk("approver")

    with visitor(browser, javascript=False) as (context, page):
        context.add_cookies([{"name": "django_language", "value": "en", "url": served}])
        signed_in(page, served, "approver")
        page.goto(f"{served}/official/cases")
        press(page, str(case.number))
        press(page, "Take in hand")
        press(page, "Accept")
        press(page, "Review")
        page.fill("#reason", "情况属实")
        press(page, "Hand on to be decided")
        press(page, "Decide")
        assert page.get_by_text("What will happen", exact=True).is_visible()
        page.focus("#granted")
        page.keyboard.press("Space")
        page.focus("#sure")
        page.keyboard.press("Space")
        press(page, "Decide")
        assert page.get_by_text("Done. The applicant sees it at once.").is_visible()

    case.refresh_from_db()
    assert (case.state, case.granted) == (State.DECIDED, True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_cases_is_read_by_everybody(browser: Browser, served: str, language: str) -> None:
    [places] = at_once(_places)  # a signature is made by a loop of its own, which this thread cannot have
    sessions = {who: desk(who).cookies["sessionid"].value for who in ("approver", "leader", "keeper", "administrator")}

    with visitor(browser) as (context, page):
        for name, (who, place) in places.items():
            context.add_cookies(
                [
                    {"name": "sessionid", "value": sessions[who], "url": served},
                    {"name": "django_language", "value": language, "url": served},
                ]
            )
            page.goto(served + place)
            axe(page)
            fits(page)
            targets(page)
            shot(page, f"official-{name}-{language}")


def _places() -> dict[str, tuple[str, str]]:
    """A case of each kind, and the pages about them: name → (who looks, address)."""
    with clock.frozen(clock.at_noon(date(2026, 3, 2))):
        office.submitted(office.citizen(9))
    with clock.frozen(clock.at_noon(clock.today() - timedelta(days=5))):
        stopped = actions.stop_clock(
            office.accepted(office.citizen(4)), ground="inspection", reason="现场查看", by=office.APPROVER
        )
    reviewed, received = office.reviewed(office.citizen(1)), office.received(office.citizen(2))
    returned, refused = office.returned(office.citizen(5)), office.decided(office.citizen(6), granted=False)
    objected(clock.today() + timedelta(days=2))
    office.issue_permits()
    issued = office.issued(office.citizen(7))

    def about(case: Case, noun: str = "") -> tuple[str, str]:
        return "approver", f"/official/cases/{case.pk}{noun}"

    return {
        "home": ("approver", "/official"),
        "inbox": ("approver", "/official/cases"),
        "case": about(reviewed),
        "case-stopped": about(stopped),
        "case-returned": about(returned),
        "case-refused": about(refused),
        "case-issued": about(issued),
        "notice": about(received, "/notice"),
        "refusal": about(received, "/refusal-to-accept"),
        "decision": about(reviewed, "/decision"),
        "stop": about(reviewed, "/stop"),
        "extension": about(reviewed, "/extension"),
        "revocation": about(issued, "/revocation"),
        "cards": ("leader", "/official/cards"),
        "home-keeper": ("keeper", "/official"),
        "home-leader": ("leader", "/official"),
        "home-administrator": ("administrator", "/official"),
    }
