from datetime import date

from tests.packkit.grove import Branch, Grove, TreePiece

from gusu.kernel.actor import Actor
from gusu.kernel.packs import Label
from gusu.packkit.situations import run, situations

ASK = "when: {ask: height_of, with: {code: oak}}"


def planted(grove: Grove) -> None:
    oak = TreePiece("oak", Label("橡", "Oak"), 20, branches=(Branch("left"), Branch("right")))
    grove.trees.apply([oak], by=Actor("test"))


def test_a_situation_holds_when_the_city_answers_so(grove: Grove) -> None:
    planted(grove)
    grove.write(
        "park/tests/oak.yaml",
        f"- {{name: {{zh: 橡, en: exactly}}, {ASK}, then: {{equals: {{height: 20, branches: [left, right]}}}}}}\n"
        f"- {{name: {{zh: 橡, en: in part}}, {ASK}, then: {{includes: {{branches: [right]}}}}}}\n"
        f"- {{name: {{zh: 橡, en: not so}}, {ASK}, then: {{includes: {{height: 21}}}}}}\n"
        "- {name: {zh: 橡, en: nothing}, when: {ask: height_of, with: {code: elm}}, then: {equals: {}}}\n",
    )

    outcomes = {outcome.name.en: outcome.held for outcome in run(grove.load())}

    assert outcomes == {"exactly": True, "in part": True, "not so": False, "nothing": True}


def test_a_situation_that_cannot_be_asked_is_a_problem_with_its_line(grove: Grove) -> None:
    grove.write(
        "park/tests/oak.yaml",
        "- name: {zh: 甲, en: a}\n  when: {ask: hight_of, with: {code: oak}}\n  then: {equals: 1}\n"
        "- name: {zh: 甲, en: b}\n  when:\n    ask: height_of\n    with: {coed: oak}\n  then: {equals: 1}\n"
        f"- name: {{zh: 甲, en: c}}\n  {ASK}\n  then: {{}}\n"
        f"- name: {{zh: 甲, en: d}}\n  {ASK}\n  then: {{equal: 1}}\n",
    )

    assert grove.said(situations(grove.load())[1]) == [
        "park/tests/oak.yaml:2: unknown question 'hight_of'; did you mean 'height_of'?",
        "park/tests/oak.yaml:7: the question 'height_of' is asked otherwise: missing a required argument: 'code'",
        "park/tests/oak.yaml:11: then has either equals or includes",
        "park/tests/oak.yaml:14: unknown key 'equal'; did you mean 'equals'?",
    ]


def test_a_question_gets_dates_as_dates(grove: Grove) -> None:
    def year_of(on: date) -> int:
        return on.year

    grove.rooms.questions["year_of"] = year_of
    asked = "- {{name: {{zh: 年, en: year}}, when: {{ask: year_of, with: {{on: {}}}}}, then: {{equals: 1998}}}}\n"
    grove.write("park/tests/year.yaml", asked.format("1998-12-31") + asked.format("soon"))

    packs = grove.load()

    assert [outcome.held for outcome in run(packs)] == [True]
    assert grove.said(situations(packs)[1]) == [
        "park/tests/year.yaml:2: the question 'year_of' is asked otherwise: Invalid RFC3339 encoded date"
    ]
