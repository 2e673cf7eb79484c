"""Licences as a city keeps them: issued once, taken back by their issuer, erased but not gone."""

import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.committing import at_once
from tests.services.licences.offices import (
    BY,
    HOLDER,
    KIND,
    NEIGHBOUR,
    OFFICIAL,
    USCC,
    VALUES,
    drawn,
    found_issuer,
    issued,
    of_months,
)

from gusu.kernel import clock
from gusu.kernel.actor import Actor
from gusu.kernel.audit.models import AuditLine
from gusu.kernel.crypto import envelope, keys
from gusu.kernel.errors import IllegalMove, NotAllowed, NotFound
from gusu.kernel.events.models import OutboxEvent
from gusu.kernel.text import Text
from gusu.services.licences import actions, queries, signing
from gusu.services.licences.drawing import NoGlyph, TooLong
from gusu.services.licences.identifier import check_character, is_identifier
from gusu.services.licences.models import Licence, LicenceKindVersion, LicenceLine, State
from gusu.services.licences.pack import Licences
from gusu.services.licences.rules import ALLOWED, GROUNDS
from gusu.services.licences.spec import UntilAge

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def keys_of_its_own(own_keys: Path) -> Iterator[None]:
    signing._signer.cache_clear()
    yield
    signing._signer.cache_clear()


@pytest.fixture
def issuer(db: None) -> None:
    found_issuer()


def moment(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T10:00:00+08:00").astimezone(UTC)


@pytest.mark.usefixtures("issuer")
def test_a_licence_has_identifier_number_document_and_first_line() -> None:
    with clock.frozen(moment("2026-11-24")):
        made = drawn()
        licence = actions.keep(made, by=BY)

    assert licence.pk.startswith("lic1-")
    assert is_identifier(licence.identifier)
    assert licence.identifier.split(".")[5:7] == [KIND.code, USCC]
    assert (licence.number[:4], licence.number[-1]) == ("2026", check_character(licence.number[:-1]))
    assert (licence.valid_from, licence.valid_to) == (date(2026, 11, 24), date(2027, 11, 24))
    assert licence.sha256 == hashlib.sha256(made.pdf).hexdigest()
    assert queries.document(licence, by=BY) == made.pdf
    assert [(line.state, line.ground) for line in queries.history(licence)] == [("01", "issued")]
    assert queries.licences_of(HOLDER) == [licence]
    assert queries.licence_of_case("case1-1") == queries.licence(licence.pk) == licence
    assert queries.kinds_for(KIND.item) == [KIND.licence]


@pytest.mark.usefixtures("issuer")
def test_a_case_has_one_licence_whatever_is_drawn_for_it() -> None:
    first, again = issued(), issued()

    assert (first.pk, Licence.objects.count(), LicenceLine.objects.count()) == (again.pk, 1, 1)


@pytest.mark.usefixtures("issuer")
def test_only_the_house_issues() -> None:
    with pytest.raises(NotAllowed):
        actions.keep(drawn(), by=OFFICIAL)

    assert not Licence.objects.exists()


@pytest.mark.usefixtures("issuer")
def test_what_is_drawn_and_not_kept_leaves_nothing_but_its_serial() -> None:
    one, other = drawn("case1-1"), drawn("case1-2")

    assert not Licence.objects.exists()
    assert int(other.licence.identifier.split(".")[7]) == int(one.licence.identifier.split(".")[7]) + 1


@pytest.mark.usefixtures("issuer")
def test_numbers_cannot_be_counted_up() -> None:
    numbers = [int(drawn(f"case1-{place}").licence.number[4:-1]) for place in range(5)]

    assert len({later - earlier for earlier, later in pairwise(numbers)}) > 1
    assert max(numbers) - min(numbers) > 1_000


@pytest.mark.usefixtures("issuer")
def test_nothing_of_the_holder_is_kept_in_the_open() -> None:
    made = drawn()
    licence = actions.keep(made, by=BY)
    token = made.verify.rpartition("/")[2]
    kept = [*Licence.objects.values(), *LicenceLine.objects.values(), *AuditLine.objects.values()]

    for secret in ("林小舟", VALUES["person.id_number"], "3205**********0015", token):
        assert secret not in str(kept) + repr(made)
    assert (licence.printed[:3], licence.document[:3]) == ("v1.", "v1.")
    with pytest.raises(InvalidTag):
        envelope.open_(licence.printed, context="licence-printed/lic1-another")


@pytest.mark.usefixtures("issuer")
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("320508199001010015", "3205**********0015"),
        ("E12345678", "E1*****78"),
        ("12345678", "12****78"),
        ("123", "***"),
        ("", ""),
    ],
)
def test_at_most_half_of_what_is_masked_can_be_read(value: str, shown: str) -> None:
    licence = issued(values=VALUES | {"person.id_number": value})
    found = queries.verified_by_hand(licence.identifier, licence.number)

    assert found is not None
    assert found.printed == [
        (Text("姓名", "Name"), "林小舟"),
        (Text("公民身份号码", "Identity number"), shown),
        (Text("车色", "Bicycle"), "红"),
    ]


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="no pdftotext to read the page with")
@pytest.mark.usefixtures("issuer")
def test_what_is_printed_can_be_read_out_of_the_document() -> None:
    made = drawn()

    text = subprocess.run(["pdftotext", "-layout", "-", "-"], input=made.pdf, capture_output=True, check=True).stdout

    said = text.decode()
    for value in ("自行车通行证", "林小舟", "3205**********0015", "红", "车辆局", made.licence.number):
        assert value in said
    assert made.licence.identifier in said
    assert "320508199001010015" not in said


@pytest.mark.usefixtures("issuer")
def test_reading_the_document_leaves_a_line_with_the_purpose() -> None:
    licence = issued()

    queries.document(licence, by=OFFICIAL, purpose="service_handling")

    line = AuditLine.objects.get(verb="licences.read_document")
    assert (line.actor, line.subject_id, line.purpose) == (OFFICIAL.account, licence.pk, "service_handling")


@pytest.mark.usefixtures("issuer")
def test_what_cannot_be_printed_is_refused_without_being_said() -> None:
    with pytest.raises(NoGlyph) as refused:
        drawn(values=VALUES | {"person.name": "林\ue000舟"})
    with pytest.raises(TooLong) as too_long:
        drawn(values=VALUES | {"person.name": "林" * 500})

    assert refused.value.values == {"about": "person.name", "position": 2}
    assert "林" not in refused.value.said.both + too_long.value.said.both


@pytest.mark.django_db
def test_an_issuer_without_a_code_issues_nothing() -> None:
    found_issuer(replace(KIND, issuer="boats"))

    with pytest.raises(actions.IssuerWithoutCode):
        drawn()


# Taken back


@pytest.mark.usefixtures("issuer")
@pytest.mark.parametrize(("ground", "state"), GROUNDS.items())
def test_a_licence_is_taken_back_on_a_ground_and_everybody_sees_it(ground: str, state: State) -> None:
    licence = issued()

    actions.revoke(licence, ground=ground, reason="理由", by=OFFICIAL)

    licence.refresh_from_db()
    found = queries.verified_by_hand(licence.identifier, licence.number)
    assert found is not None
    assert (licence.state, found.validity, found.state) == (state, "revoked", state)
    last = queries.history(licence)[-1]
    assert (last.state, last.ground, last.said, last.account) == (state, ground, "理由", OFFICIAL.account)
    told = OutboxEvent.objects.get(name="licences.licence_revoked")
    assert told.body == {"licence": licence.pk, "case": "case1-1"}
    with pytest.raises(IllegalMove):
        actions.revoke(licence, ground=ground, reason="再次", by=OFFICIAL)


@pytest.mark.usefixtures("issuer")
@pytest.mark.parametrize(
    "by",
    [
        NEIGHBOUR,
        Actor("acc1-CLERK", organisation="wheels", permissions=frozenset({"cases.decide"})),
        Actor("acc1-SELF", organisation="wheels", permissions=frozenset({"licences.revoke"}), subject=HOLDER),
        Actor("acc1-RIDER", permissions=frozenset({"kind.citizen"}), subject=HOLDER),
    ],
    ids=["another body", "without the right", "the holder in office", "the holder"],
)
def test_nobody_else_takes_it_back(by: Actor) -> None:
    licence = issued()

    with pytest.raises(NotAllowed):
        actions.revoke(licence, ground="given_up", reason="理由", by=by)

    assert queries.validity_of(queries.licence(licence.pk)) == "valid"
    assert AuditLine.objects.filter(verb="licences.revoke", outcome="refused", code="not_allowed").count() == 1


@pytest.mark.usefixtures("issuer")
@pytest.mark.parametrize(("ground", "reason"), [("", "理由"), ("not_a_ground", "理由"), ("given_up", "  ")])
def test_without_ground_and_reason_it_stands(ground: str, reason: str) -> None:
    licence = issued()

    with pytest.raises(actions.GroundUnknown):
        actions.revoke(licence, ground=ground, reason=reason, by=OFFICIAL)

    assert queries.validity_of(queries.licence(licence.pk)) == "valid"


def test_what_is_over_stays_over() -> None:
    assert set(ALLOWED) == {State.VALID, State.SUSPENDED}
    assert set(GROUNDS.values()) <= ALLOWED[State.VALID]


# By time


@pytest.mark.usefixtures("issuer")
def test_it_holds_through_its_last_day_and_not_the_next() -> None:
    with clock.frozen(moment("2026-11-24")):
        licence = issued()

    for day, validity in (("2027-11-24", "valid"), ("2027-11-25", "expired")):
        with clock.frozen(moment(day)):
            assert queries.validity_of(licence) == validity
    licence.state = State.REVOKED
    with clock.frozen(moment("2030-01-01")):
        assert queries.validity_of(licence) == "revoked"


@pytest.mark.django_db
def test_without_months_it_has_no_end() -> None:
    found_issuer(of_months(0))
    licence = issued()

    with clock.frozen(clock.now() + timedelta(days=20_000)):
        assert (licence.valid_to, queries.validity_of(licence)) == (None, "valid")


@pytest.mark.parametrize(
    ("months", "born", "last"),
    [(0, "2013-02-28", "2027-02-27"), (0, "2016-02-29", "2030-02-28"), (6, "2013-12-01", "2027-05-24"), (0, "", None)],
)
def test_it_ends_the_day_before_its_holder_is_so_old(months: int, born: str, last: str | None) -> None:
    piece = replace(of_months(months), until_age=UntilAge("person.birth_date", 14))

    today = date(2026, 11, 24)
    end = actions._valid_to(piece, {"person.birth_date": born}, today, today)

    assert (end.isoformat() if end else None) == last


@given(st.dates(date(1950, 1, 1), date(2150, 1, 1)), st.integers(1, 1200))
def test_months_end_on_the_same_day_or_the_last_of_a_shorter_month(day: date, months: int) -> None:
    end = actions._months_after(day, months)

    assert (end.year * 12 + end.month) - (day.year * 12 + day.month) == months
    assert end.day == day.day or (end + timedelta(days=1)).day == 1
    assert end.day <= day.day


# Verified


@pytest.mark.usefixtures("issuer")
@pytest.mark.parametrize("token", ["", "x", "a" * 22, "1.2.156", "\x7f", "证"])
def test_no_licence_for_another_code(token: str) -> None:
    issued()

    assert queries.verified(token) is None


@pytest.mark.usefixtures("issuer")
def test_its_qr_code_leads_to_it() -> None:
    made = drawn()
    licence = actions.keep(made, by=BY)
    place, _, token = made.verify.rpartition("/")

    found = queries.verified(token)

    assert place == "http://127.0.0.1:8000/verify"
    assert len(token) == 22  # 128 bits
    assert found == queries.verified_by_hand(licence.identifier, licence.number)
    assert found is not None
    assert (found.issuer, found.title) == (Text("车辆局", "Bureau of Wheels"), KIND.title.text)


@pytest.mark.usefixtures("issuer")
def test_by_hand_both_must_be_of_one_licence() -> None:
    one, other = issued("case1-1"), issued("case1-2")

    assert queries.verified_by_hand(f" {one.identifier.lower()} ", one.number.lower()) is not None
    assert queries.verified_by_hand(one.identifier, other.number) is None
    assert queries.verified_by_hand(one.identifier, "") is None
    assert queries.verified_by_hand(one.identifier[:-1] + "*", one.number) is None


# Erased, and kept


@pytest.mark.usefixtures("issuer")
def test_erased_its_values_go_and_its_state_stays() -> None:
    licence = issued()
    actions.revoke(licence, ground="holder_died", reason="家属告知", by=OFFICIAL)

    for _ in range(2):
        actions.forget_licence(queries.licence(licence.pk), by=BY)

    found = queries.verified_by_hand(licence.identifier, licence.number)
    assert found is not None
    assert (found.validity, found.printed, found.number) == ("revoked", [], licence.number)
    assert [line.said for line in queries.history(licence)] == ["", ""]
    with pytest.raises(NotFound):
        queries.document(queries.licence(licence.pk), by=BY)


@pytest.mark.usefixtures("issuer")
@pytest.mark.parametrize(
    "field", ["identifier", "number", "case", "valid_to", "sha256", "token_hash", "printed", "document"]
)
def test_the_database_refuses_another_licence_in_its_place(field: str) -> None:
    issued()
    other: object = date(2099, 1, 1) if field == "valid_to" else "another"

    with pytest.raises(DatabaseError, match="issued once"), transaction.atomic():
        Licence.objects.update(**{field: other})


@pytest.mark.usefixtures("issuer")
def test_the_database_refuses_to_delete_or_to_tell_another_story() -> None:
    issued()

    for model in (Licence, LicenceLine):
        with pytest.raises(DatabaseError, match="issued once"), transaction.atomic():
            model.objects.all()._raw_delete("default")
    for change in ({"ground": "penalty"}, {"state": "07"}, {"said": "别的"}, {"account": "acc1-X"}):
        with pytest.raises(DatabaseError, match="issued once"), transaction.atomic():
            LicenceLine.objects.update(**change)


@pytest.mark.usefixtures("issuer")
def test_a_licence_keeps_the_kind_it_was_issued_by() -> None:
    before = issued("case1-1")
    Licences().apply([replace(KIND, months=24)], by=BY)
    after = issued("case1-2")

    assert [queries.kind_of(one).months for one in (before, after)] == [12, 24]
    assert queries.kinds_of([before, after]) == {before.pk: KIND, after.pk: replace(KIND, months=24)}
    assert Licences().kept() == {KIND.licence: replace(KIND, months=24)}
    with pytest.raises(DatabaseError, match="never written over"), transaction.atomic():
        LicenceKindVersion.objects.update(declaration="{}")
    Licences().retire([KIND.licence], by=BY)
    assert (Licences().kept(), queries.kinds_for(KIND.item)) == ({}, [KIND.licence])  # what was granted is issued
    assert queries.kind_of(issued("case1-3")) == replace(KIND, months=24)


# Keys


@pytest.mark.usefixtures("issuer")
def test_documents_open_and_verify_after_the_key_is_rotated() -> None:
    licence = issued()
    root = queries.root_pem()

    keys.rotate()

    assert queries.document(licence, by=BY).startswith(b"%PDF")
    assert queries.root_pem() == root


def test_processes_that_begin_together_make_one_certificate() -> None:
    assert len(set(at_once(*[queries.root_pem] * 4))) == 1
    assert [file.name for file in keys.folder().iterdir() if file.name.startswith(".")] == []


@pytest.mark.usefixtures("issuer")
def test_nothing_is_signed_by_a_certificate_that_is_over() -> None:
    drawn()

    with clock.frozen(clock.now() + timedelta(days=3700)), pytest.raises(signing.CertificateOver):
        drawn()
