from gusu.kernel.actor import Actor
from gusu.kernel.packs import Label
from gusu.packkit.situations import run, situations
from tests.packkit.grove import Branch, Grove, TreePiece

ASK = "when: {ask: height_of, with: {code: oak}}"


def planted(grove: Grove) -> None:
    oak = TreePiece("oak", Label("橡", "Oak"), 20, branches=(Branch("left"), Branch("right")))
    grove.trees.apply([oak], by=Actor("test"))


def test_a_situation_holds_when_the_city_answers_so(grove: Grove) -> None:
    planted(grove)
    grove.write(
        "park/tests/oak.yaml",
        f"- {{name: exactly, {ASK}, then: {{equals: {{height: 20, branches: [left, right]}}}}}}\n"
        f"- {{name: in part, {ASK}, then: {{includes: {{branches: [right]}}}}}}\n"
        f"- {{name: not so, {ASK}, then: {{includes: {{height: 21}}}}}}\n"
        "- {name: nothing, when: {ask: height_of, with: {code: elm}}, then: {equals: {}}}\n",
    )

    outcomes = {outcome.name: outcome.held for outcome in run(grove.load())}

    assert outcomes == {"exactly": True, "in part": True, "not so": False, "nothing": True}


def test_a_situation_that_cannot_be_asked_is_a_problem_with_its_line(grove: Grove) -> None:
    grove.write(
        "park/tests/oak.yaml",
        "- name: a\n  when: {ask: hight_of, with: {code: oak}}\n  then: {equals: 1}\n"
        "- name: b\n  when:\n    ask: height_of\n    with: {coed: oak}\n  then: {equals: 1}\n"
        f"- name: c\n  {ASK}\n  then: {{}}\n"
        f"- name: d\n  {ASK}\n  then: {{equal: 1}}\n",
    )

    assert grove.said(situations(grove.load())[1]) == [
        "park/tests/oak.yaml:2: unknown question 'hight_of'; did you mean 'height_of'?",
        "park/tests/oak.yaml:7: the question 'height_of' is asked otherwise: missing a required argument: 'code'",
        "park/tests/oak.yaml:11: then has either equals or includes",
        "park/tests/oak.yaml:14: unknown key 'equal'; did you mean 'equals'?",
    ]
