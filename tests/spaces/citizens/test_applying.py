"""Applying, in the small office: who is let in, what is asked, what is kept, and that nothing is anybody else's."""

import html
import re
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from msgspec.structs import replace
from tests.services.cases import office
from tests.services.items.declared import CLEAN
from tests.spaces.citizens.people import Person, in_anothers_stead, person, place, rider

from gusu.kernel import clock
from gusu.kernel.audit.models import AuditLine
from gusu.services.cases import queries
from gusu.services.cases.jobs import hourly
from gusu.services.cases.models import Case, State
from gusu.services.forms.actions import write_forms
from gusu.services.forms.spec import Field, Step
from gusu.services.items.actions import write_items

pytestmark = pytest.mark.usefixtures("office_open")
APPLY = f"/services/{office.ITEM}/apply"
PDF, TYPED = b"%PDF-1.7 a picture", office.TYPED


def begun(who: Person) -> Case:
    """The draft behind the button "Begin"."""
    key = who.sent(APPLY).split("/")[3]
    return Case.objects.get(pk=key)


def code(page: str) -> str:
    """What the page says it has shown."""
    return re.findall(r'name="seen" value="([^"]+)"', page)[0]


def submitted(who: Person, case: Case, status: int = 302, **typed: object) -> str:
    seen = code(who.page(place(case, "form")))
    return who.sent(place(case, "form"), status, **{"do": "submit", "promise": "1", "seen": seen} | typed)


def faults(page: str) -> dict[str, str]:
    """The error summary: where each line leads, and what it says."""
    listed = re.findall(r'id="errors".*?</ul>', page, re.DOTALL)
    return {where: html.unescape(said) for where, said in re.findall(r'<a href="#([^"]+)">(.*?)</a>', "".join(listed))}


# Who is let in


def test_an_item_that_is_asked_for_online_has_its_button_and_the_road_begins_there() -> None:
    assert f'href="{APPLY}"' in rider().page(f"/services/{office.ITEM}")


def test_who_is_not_signed_in_signs_in_and_comes_back() -> None:
    assert Client().get(APPLY)["Location"] == f"/sign-in?next={APPLY.replace('/', '%2F')}"


def test_who_is_not_checked_is_led_to_the_check_and_comes_back() -> None:
    seen = person().page(APPLY)

    assert f"/citizen/real-name?next={APPLY.replace('/', '%2F')}" in html.unescape(seen)
    assert Case.objects.count() == 0


def test_who_is_not_checked_opens_no_case_by_posting() -> None:
    person().sent(APPLY)

    assert Case.objects.count() == 0


def test_beginning_twice_is_one_draft() -> None:
    who = rider()

    assert begun(who) == begun(who)
    assert "Go on with the draft" in who.page(APPLY)


def test_a_second_application_for_the_same_is_not_begun_and_the_first_is_named() -> None:
    who = rider()
    first = office.submitted(who.actor)

    assert who.sent(APPLY) == "/citizen/cases"
    seen = who.page("/citizen/cases")

    assert f"An application for this is under way: {first.number}" in seen
    assert Case.objects.count() == 1


def test_nobody_begins_for_somebody_who_is_not_their_ward() -> None:
    answer = rider().client.post(APPLY, {"subject": office.citizen(2).subject})

    assert (answer.status_code, Case.objects.count()) == (403, 0)


def test_an_item_that_nobody_applies_for_online_is_not_there() -> None:
    assert rider().client.get("/services/nothing/apply").status_code == 404


# The form


def test_the_form_says_how_much_is_to_be_typed() -> None:
    who = rider()
    seen = who.page(place(begun(who), "form"))

    assert "2 of 2 answers" in seen
    assert ('name="person.name"' in seen, 'name="bicycle.colour" value="red"' in seen) == (True, True)


def test_what_is_saved_is_kept_right_or_wrong_and_stands_there_again() -> None:
    who = rider()
    case = begun(who)

    who.sent(place(case, "form"), do="save", **{"person.name": "林", "bicycle.colour": "no colour"})

    assert 'value="林"' in who.page(place(case, "form"))
    assert queries.typed_so_far(case) == {"person.name": "林", "bicycle.colour": "no colour"}
    assert (place(case, "form") in who.page("/citizen"), "Waiting for you" in who.page("/citizen")) == (True, True)


def test_nothing_is_kept_that_the_form_does_not_ask() -> None:
    who = rider()
    case = begun(who)

    who.sent(place(case, "form"), do="save", **{"person.name": "林", "person.phone": "13800000000", "state": "decided"})

    assert queries.typed_so_far(case) == {"person.name": "林"}


def test_what_is_missing_or_wrong_is_listed_with_a_link_to_each_and_nothing_typed_is_lost() -> None:
    who = rider()
    case = begun(who)

    seen = submitted(who, case, 422, **{"person.name": "林" * 61, "bicycle.colour": "green"})

    assert faults(seen) == {
        "person.name": "Name: 60 characters at most",
        "bicycle.colour": "Choose from the list: Colour of the bicycle",
    }
    assert all(f'id="{where}"' in seen for where in faults(seen))
    assert "林" * 61 in seen
    assert queries.typed_so_far(case)["person.name"] == "林" * 61
    assert Case.objects.get().state == State.DRAFT


def test_nothing_is_handed_in_without_the_promise_and_nothing_typed_is_lost() -> None:
    who = rider()
    case = begun(who)

    seen = submitted(who, case, 422, **TYPED, promise="")

    assert list(faults(seen)) == ["promise"]
    assert f'value="{TYPED["person.name"]}"' in seen
    assert queries.typed_so_far(case) == TYPED


def test_everything_that_is_missing_is_told_at_once_fields_materials_and_the_promise() -> None:
    write_items([CLEAN])  # the picture is required
    who = rider()
    case = begun(who)

    seen = submitted(who, case, 422, **{"person.name": "", "bicycle.colour": "green"}, promise="")
    spoilt = submitted(who, case, 422, **TYPED, promise="", **{"file-1": file(b"MZ")})

    assert faults(seen) == {
        "person.name": "Enter: Name",
        "bicycle.colour": "Choose from the list: Colour of the bicycle",
        "file-1": "Hand in: A picture of the bicycle",
        "promise": "Confirm that this is true",
    }
    assert all(f'id="{where}"' in seen for where in faults(seen))
    assert list(faults(spoilt)) == ["file-1", "promise"]
    assert faults(spoilt)["file-1"].startswith("A picture of the bicycle: a PDF")
    assert Case.objects.get().state == State.DRAFT


def test_what_need_not_be_answered_is_counted_apart_and_named_so() -> None:
    fields = [Field("person.name", required=False), Field("bicycle.colour", ask="applicant")]
    write_forms([replace(office.FORM, steps=[Step(office.WHY, fields)])])
    who = rider()

    seen = who.page(place(begun(who), "form"))

    assert "1 of 2 answers are still open, and 1 more if you like" in seen
    assert ("1 of 2</dd>" in seen, "Name (if you like)" in seen) == (True, True)
    assert submitted(who, Case.objects.get(), **{"bicycle.colour": "red"}) == place(Case.objects.get())


def test_what_is_handed_in_is_the_persons_case_with_a_number() -> None:
    who = rider()
    case = begun(who)

    assert submitted(who, case, **TYPED) == place(case)

    case.refresh_from_db()
    assert case.state == State.SUBMITTED
    assert str(case.number) in who.page(place(case))


def test_a_form_sent_twice_is_one_case_and_one_line() -> None:
    who = rider()
    case = begun(who)
    sent = {"do": "submit", "promise": "1", "seen": code(who.page(place(case, "form"))), **TYPED}

    answers = [who.sent(place(case, "form"), **sent) for _ in range(2)]

    assert answers == [place(case)] * 2
    assert [line.verb for line in queries.history(case)] == ["submit_case"]


def test_a_page_that_is_no_longer_true_is_shown_again_with_what_was_typed() -> None:
    who = rider()
    case = begun(who)

    seen = submitted(who, case, 409, **TYPED, seen="1.an-older-page")

    assert "The register has changed since this page was shown" in seen
    assert f'value="{TYPED["person.name"]}"' in seen
    assert queries.typed_so_far(case) == TYPED


def test_a_draft_is_thrown_away_only_after_being_asked() -> None:
    who = rider()
    case = begun(who)
    who.sent(place(case, "form"), do="save", **TYPED)

    assert "cannot be undone" in who.page(place(case, "discard"))
    assert Case.objects.get().state == State.DRAFT

    assert who.sent(place(case, "discard")) == "/citizen"
    assert (Case.objects.get().state, queries.typed_so_far(case)) == (State.WITHDRAWN, {})
    assert begun(who) != case


# Materials


def file(body: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile("picture.pdf", body)


def test_a_material_is_handed_in_read_again_and_taken_back() -> None:
    who = rider()
    case = begun(who)

    who.sent(place(case, "form"), do="save", **TYPED, **{"file-1": file()})
    [kept] = queries.files_of(case)
    read = who.client.get(place(case, f"files/{kept.pk}"))
    assert (b"".join([read.content]), read["Content-Type"]) == (PDF, "application/pdf")
    assert read["Content-Disposition"].startswith("attachment")

    assert f'value="{kept.pk}"' in who.page(place(case, "form"))
    who.sent(place(case, "form"), do="save", **TYPED, **{"take-back": kept.pk})
    assert (queries.files_of(case), queries.typed_so_far(case)) == ([], TYPED)


def test_a_file_comes_with_what_is_handed_in() -> None:
    who = rider()
    case = begun(who)

    submitted(who, case, **TYPED, **{"file-1": file(), "file-0": file()})  # nobody asks for the first one

    assert [kept.material for kept in queries.files_of(case)] == [1]
    assert place(case, f"files/{queries.files_of(case)[0].pk}") in who.page(place(case))


def test_a_material_may_follow_until_the_decision() -> None:
    who = rider()
    case, over = office.submitted(who.actor), in_anothers_stead(who, office.decided(office.citizen(2)))

    assert "Hand in: A picture of the bicycle" in who.page(place(case))
    assert who.sent(place(case, "files"), material="1", file=file()) == place(case)
    assert len(queries.files_of(case)) == 1
    assert "Hand in: A picture of the bicycle" not in who.page(place(over))
    assert who.client.post(place(over, "files"), {"material": "1", "file": file()}).status_code == 409


def test_a_file_that_follows_and_is_not_wanted_is_refused_on_the_page_of_the_case_by_the_materials_name() -> None:
    who = rider()
    case = office.submitted(who.actor)

    assert who.sent(place(case, "files"), material="1", file=file(b"MZ")) == place(case)
    seen = who.page(place(case))
    assert "A picture of the bicycle: a PDF, PNG or JPEG of at most 5 MB" in seen
    assert "cannot be taken back" in seen
    assert who.sent(place(case, "files"), material="1") == place(case)
    assert "A picture of the bicycle: choose the file to hand in." in who.page(place(case))
    assert who.client.post(place(case, "files"), {"material": "7", "file": file()}).status_code == 404
    assert queries.files_of(case) == []


@pytest.mark.parametrize(
    "body",
    [b"MZ not what it says", b"", b"<html>", b"%PDF-" + b"0" * (5 << 20)],
    ids=["program", "empty", "page", "large"],
)
@pytest.mark.parametrize("do", ["save", "submit"])
def test_a_file_that_is_not_wanted_is_refused_in_words_and_nothing_typed_is_lost(do: str, body: bytes) -> None:
    who = rider()
    case = begun(who)

    seen = submitted(who, case, 422, **TYPED, **{"do": do, "file-1": file(body)})

    assert list(faults(seen)) == ["file-1"]
    assert "a PDF, PNG or JPEG of at most 5 MB" in faults(seen)["file-1"]
    assert (queries.files_of(case), queries.typed_so_far(case)) == ([], TYPED)
    assert Case.objects.get().state == State.DRAFT


def test_a_file_as_large_as_allowed_is_taken() -> None:
    who = rider()
    case = begun(who)

    submitted(who, case, **TYPED, **{"file-1": file(PDF + b"0" * ((5 << 20) - len(PDF)))})

    assert [kept.size for kept in queries.files_of(case)] == [5 << 20]


# A correction


def test_a_correction_lists_everything_each_with_its_place_and_begins_with_what_was_typed() -> None:
    who = rider()
    case = office.returned(who.actor)

    seen = who.page(place(case, "form"))

    for missing, about in zip(office.MISSING, ('href="#person.name"', "A picture of the bicycle"), strict=True):
        assert (about in seen, missing.said in seen) == (True, True)
    assert f'value="{TYPED["person.name"]}"' in seen
    assert "To be corrected" in seen


def test_a_correction_says_by_when_on_the_form_the_case_and_at_home_and_the_last_day_is_the_laws() -> None:
    who = rider()
    with clock.frozen(clock.at_noon(date(2026, 9, 4))):  # a Friday; thirty days from the fifth end on a Sunday
        office.free_day(date(2026, 10, 5))
        case = office.returned(who.actor)
        pages = [who.page(path) for path in (place(case, "form"), place(case), "/citizen", "/citizen/cases")]

        assert queries.correct_by(case) == date(2026, 10, 6)
    assert ["Oct 6, 2026, or " in page for page in pages] == [True] * 4
    listed = [page.split("Oct 6, 2026")[0].split("notice warn")[-1] for page in pages[:1]]
    assert office.MISSING[0].said in listed[0]
    in_the_case = pages[1].split("notice warn")[1].split("Correct it now")[0]
    assert [missing.said in in_the_case for missing in office.MISSING] == [True, True]


def test_a_correction_on_the_last_day_is_taken_and_a_day_later_the_case_has_ended() -> None:
    who = rider()
    with clock.frozen(clock.at_noon(date(2026, 9, 4))):
        case = office.returned(who.actor)
        last = queries.correct_by(case)
    assert last == date(2026, 10, 5)
    for day, state in ((last, State.RETURNED), (last + timedelta(days=1), State.EXPIRED)):
        with clock.frozen(clock.at_noon(day)):
            hourly()
        assert Case.objects.get().state == state
    assert queries.correct_by(Case.objects.get()) is None


def test_a_correction_is_handed_in_once_more_under_the_same_number() -> None:
    who = rider()
    case = office.returned(who.actor)
    number = case.number
    who.sent(place(case, "form"), do="save", **TYPED | {"person.name": "林小舟舟"})
    assert 'value="林小舟舟"' in who.page(place(case, "form"))

    submitted(who, case, **TYPED | {"person.name": "林小舟舟"})

    case.refresh_from_db()
    assert (case.state, case.number, case.revision) == (State.RECEIVED, number, 2)
    assert who.client.get(place(case, "form"))["Location"] == place(case)


# Nobody else's


def test_anothers_draft_case_and_files_are_not_there_whatever_one_does_with_the_number() -> None:
    theirs, me = office.submitted(office.citizen(2)), rider()
    draft = office.opened(office.citizen(3))
    nouns = ("", "form", "discard", "withdrawal", "files/file1-00000000000000000000000000")

    got = {me.client.get(place(case, noun)).status_code for case in (theirs, draft) for noun in nouns}
    posted = {
        me.client.post(place(case, noun), {"do": "submit", "promise": "1", "file": file()}).status_code
        for case in (theirs, draft)
        for noun in ("form", "discard", "withdrawal", "files")
    }

    assert (got, posted) == ({404}, {404})
    assert {case.state for case in Case.objects.all()} == {State.SUBMITTED, State.DRAFT}
    assert str(theirs.number) not in me.page("/citizen/cases")


def test_no_value_of_a_person_stands_in_a_line_of_the_trail_or_in_an_address() -> None:
    who = rider()
    case = begun(who)
    submitted(who, case, 422, **{"person.name": "林小舟", "bicycle.colour": "green"})
    where = submitted(who, case, **TYPED)

    told = " ".join(str(line.detail) + line.subject_id for line in AuditLine.objects.all())
    assert ("林小舟" in told, "林小舟" in where) == (False, False)
