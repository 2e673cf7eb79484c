"""A pack's situations: sentences a civil servant can read, each one question to the running city and its answer."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_type_hints

import msgspec

from gusu.kernel.errors import GusuError
from gusu.kernel.packs import Label, Piece, Question
from gusu.packkit.load import Packs, pieces_in
from gusu.packkit.shape import shaped, unknown
from gusu.packkit.source import At, Finding, Source


class When(Piece, frozen=True):
    """The question, by the name its room gives it, and what is asked about."""

    ask: str
    with_: dict[str, object] = msgspec.field(default_factory=dict, name="with")


class Then(Piece, frozen=True):
    """The answer: `equals` all of it, or `includes` a part of it. One of the two."""

    equals: object = msgspec.UNSET
    includes: object = msgspec.UNSET


class Situation(Piece, frozen=True):
    """`tests/*.yaml`. `given` is prose for the reader: what already holds in the city."""

    name: Label
    when: When
    then: Then
    given: Label | None = None
    law: str = ""


@dataclass(frozen=True)
class Outcome:
    """How one situation went; `answer` is what the city said, or the refusal it gave."""

    pack: str
    name: Label
    held: bool
    wanted: object
    answer: object
    source: Source
    at: At

    def __str__(self) -> str:
        place = f"{self.source.file}:{self.source.line(self.at)}"
        said = "" if self.held else f"\n    wanted: {self.wanted!r}\n    answer: {self.answer!r}"
        return f"{place}: {self.name.zh} · {self.name.en}{said}"


def situations(packs: Packs) -> tuple[list[tuple[str, Situation, Source, At]], list[Finding]]:
    """Every situation of every pack, and what is wrong with those that cannot be asked."""
    good, findings = [], list[Finding]()
    for pack in packs.packs.values():
        for source in pack.situations:
            for at in pieces_in(source):
                situation, wrong = shaped(source, at, Situation)
                if situation is not None:
                    wrong = list(_unaskable(situation, packs.rooms.questions, source, at))
                    good += [] if wrong else [(pack.name, situation, source, at)]
                findings += wrong
    return good, findings


def run(packs: Packs) -> Iterator[Outcome]:
    """Ask the city each situation's question. Run `check` first: what cannot be asked is left out here."""
    for pack, situation, source, at in situations(packs)[0]:
        answer = _ask(packs.rooms.questions[situation.when.ask], situation.when.with_)
        then = situation.then
        exact = then.equals is not msgspec.UNSET
        wanted = then.equals if exact else then.includes
        held = answer == wanted if exact else includes(answer, wanted)
        yield Outcome(pack, situation.name, held, wanted, answer, source, at)


def includes(answer: object, part: object) -> bool:
    """True when `part` is found in `answer`: keys of a table, items of a list, words of a text; else equality."""
    if isinstance(answer, dict) and isinstance(part, dict):
        return all(key in answer and includes(answer[key], value) for key, value in part.items())
    if isinstance(answer, list):
        return all(any(includes(item, one) for item in answer) for one in (part if isinstance(part, list) else [part]))
    if isinstance(answer, str) and isinstance(part, str):
        return part in answer
    return answer == part


def _ask(question: Question, about: dict[str, object]) -> object:
    try:
        return msgspec.json.decode(msgspec.json.encode(question(**_arguments(question, about))))
    except GusuError as refusal:
        return {"refused": refusal.code}


def _arguments(question: Question, about: dict[str, object]) -> dict[str, Any]:
    """What is asked about, each in the type that the question's parameter is annotated with: a date from its text."""
    inspect.signature(question).bind(**about)
    wanted = get_type_hints(question)
    return {name: msgspec.convert(value, wanted.get(name, Any)) for name, value in about.items()}


def _unaskable(situation: Situation, questions: dict[str, Question], source: Source, at: At) -> Iterator[Finding]:
    ask = situation.when.ask
    if ask not in questions:
        yield source.find((*at, "when", "ask"), *unknown(("问题", "question"), ask, questions))
        return
    try:
        _arguments(questions[ask], situation.when.with_)
    except (TypeError, msgspec.ValidationError) as error:
        zh, en = f"问题“{ask}”的参数不符：{error}", f"the question '{ask}' is asked otherwise: {error}"
        yield source.find((*at, "when", "with"), zh, en)
    if (situation.then.equals is msgspec.UNSET) == (situation.then.includes is msgspec.UNSET):
        zh, en = "then 中 equals 与 includes 写且只写一个", "then has either equals or includes"
        yield source.find((*at, "then"), zh, en)
