"""Each rule of the linter: a declaration that breaks it and no other."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.services.items.declared import CLEAN, SAID, item

from gusu.kernel.packs import Label
from gusu.services.items.linting import RULES, At, faults, score
from gusu.services.items.spec import Fee, ItemPiece, Material, Result, Time

DOCS = Path(__file__).parents[3] / "docs" / "packs" / "services.md"
OTHER = {"type": "20"}
BROKEN: dict[str, tuple[ItemPiece, At]] = {
    "instant_at_once": (item(review="immediate"), ("review",)),
    "instant_without_waiting": (item(promised=Time(0)), ("promised", "days")),
    "result_as_named": (item(result=Result(Label("同意文", "Consent"), "licence")), ("result", "kind")),
    "visits_explained": (item(visits_reason=None), ("visits",)),
    "no_visit_reachable": (item(visits=0, channels=["1"]), ("channels",)),
    "nothing_to_pay": (item(fee=Fee(paid_online=True)), ("fee", "paid_online")),
    "fee_founded": (item(fee=replace(CLEAN.fee, basis="")), ("fee",)),
    "two_phones": (item(complaint_phone=CLEAN.consultation_phone), ("complaint_phone",)),
    "area_codes": (item(consultation_phone="12345"), ("consultation_phone",)),
    "topics_of_persons": (item(topics_person=[]), ("topics_person",)),
    "topics_of_organisations": (item(audiences=["1"]), ("topics_organisation",)),
    "permit_explained": (item(questions=[]), ("questions",)),
    "permit_in_steps": (item(steps=[SAID] * 4), ("steps",)),
    "promise_within_law": (item(statutory=Time(6, "calendar")), ("promised",)),
    "materials_sourced": (item(materials=[Material(SAID)]), ("materials", 0)),
    "issuers_named": (item(materials=[Material(SAID, source="government")]), ("materials", 0)),
    "place_for_a_window": (item(places=[]), ("places",)),
    "questions_answered": (item(**OTHER, questions=[]), ("questions",)),
    "steps_told": (item(**OTHER, steps=[]), ("steps",)),
}


def test_a_clean_declaration_has_no_fault_and_all_points() -> None:
    assert (faults(CLEAN), score(CLEAN)) == ([], 100)


def test_every_rule_has_a_declaration_that_breaks_it() -> None:
    assert sorted(BROKEN) == sorted(rule.code for rule in RULES)


@pytest.mark.parametrize("code", BROKEN)
def test_a_rule_is_broken_alone_and_where_it_is_broken(code: str) -> None:
    piece, at = BROKEN[code]

    [fault] = faults(piece)

    assert (fault.rule.code, fault.at) == (code, at)
    assert score(piece) < 100


def test_every_rule_stands_in_the_documents() -> None:
    said = DOCS.read_text(encoding="utf-8")

    assert [rule.code for rule in RULES if f"`{rule.code}`" not in said] == []


@pytest.mark.parametrize("name", ["通行证", "决定文", "批复"])
def test_a_result_has_the_kind_of_its_name_and_no_other(name: str) -> None:
    kinds = {"通行证": "licence", "决定文": "document", "批复": "completion"}

    fits = {
        kind
        for kind in kinds.values()
        if not faults(item(result=Result(Label(name, "Result"), kind)))  # type: ignore[arg-type]
    }

    assert fits == {kinds[name]}


def test_an_error_costs_three_times_what_a_warning_costs() -> None:
    error, warning = (100 - score(BROKEN[code][0]) for code in ("two_phones", "place_for_a_window"))

    assert (error, warning) == (6, 2)  # of 15 errors and 4 warnings


@given(st.integers(0, 400), st.integers(0, 400))
def test_in_one_unit_a_promise_is_within_the_law_when_it_is_not_longer(promised: int, statutory: int) -> None:
    for unit in ("working", "calendar"):
        piece = item(promised=Time(promised, unit), statutory=Time(statutory, unit))  # type: ignore[arg-type]

        late = "promise_within_law" in {fault.rule.code for fault in faults(piece)}
        assert late == (promised > statutory)
