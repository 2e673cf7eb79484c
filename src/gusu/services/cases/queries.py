"""What can be asked of cases: one's own, an inbox, one case with its clocks and its history, the cards."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db import connection
from django.db.models import Count, Min, Q, QuerySet

from gusu.kernel import clock as time
from gusu.kernel.actor import Actor
from gusu.kernel.audit import trail
from gusu.kernel.calendar import queries as calendar
from gusu.kernel.calendar.rules import DAY, is_working, working_days
from gusu.kernel.errors import NotFound
from gusu.kernel.text import Text
from gusu.resources.subjects.queries import Fact, facts_about, is_ward
from gusu.services.cases import answers as sealed
from gusu.services.cases import clock, rules
from gusu.services.cases.clock import Card, Clock, Day, Reading
from gusu.services.cases.judging import Judgement, judged
from gusu.services.cases.models import (
    Case,
    CaseExtension,
    CaseFile,
    CaseLine,
    CaseStop,
    DecisionVersion,
    State,
)
from gusu.services.cases.rules import ENDS, GROUNDS
from gusu.services.cases.spec import DecisionPiece, read
from gusu.services.forms.queries import Answers, FormPiece, form_at
from gusu.services.items.queries import ItemPiece, piece_at
from gusu.services.versions import declaration_of, in_force

__all__ = [
    "ENDS",
    "GROUNDS",
    "Card",
    "Case",
    "CaseFile",
    "CaseLine",
    "CaseStop",
    "DecisionPiece",
    "Judgement",
    "Reading",
    "State",
]
PAGE = 30
HANDLING = "service_handling"
LONGEST_EXTENSION = clock.DECISION_LONGER


@dataclass(frozen=True, slots=True)
class Pinned:
    """The declarations a case was begun with: they stay its own, whatever packs say since."""

    item: ItemPiece
    form: FormPiece
    decision: DecisionPiece


@dataclass(frozen=True, slots=True)
class Shown:
    """One clock of a case as it stands today, and every day of it. kind: acceptance, promised, statutory."""

    kind: str
    clock: Clock
    reading: Reading
    days: list[Day]


@dataclass(frozen=True, slots=True)
class Asked:
    """What an official looks for in the inbox; what is empty is not asked. card: yellow or red."""

    item: str = ""
    state: str = ""
    card: str = ""
    handler: str = ""
    organisation: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Cards:
    """How the open cases of one body stand: how many, how many of them yellow, red; and how long the worst is over."""

    organisation: str
    open: int
    yellow: int
    red: int
    worst: date | None


def case_of(key: str, *, by: Actor) -> Case:
    """One case by its id, as far as `by` may know of it; else NotFound, as for one that is not there."""
    found = Case.objects.filter(pk=key).first()
    if found is None or not rules.may_look(by, found):
        raise NotFound(kind=Case.NOUN, key=key)
    return found


def official_case(key: str, *, by: Actor) -> Case:
    """The same for whoever handles cases: being the applicant does not count."""
    found = Case.objects.filter(pk=key).exclude(submitted_at=None).first()
    if found is None or not rules.may_look_as_official(by, found):
        raise NotFound(kind=Case.NOUN, key=key)
    return found


def is_open_to(case: Case, *, by: Actor) -> bool:
    """Whether `by` may open it as an official."""
    return rules.may_look_as_official(by, case)


def own_cases(*, by: Actor, before: str = "") -> tuple[list[Case], str]:
    """(cases this person applied for, or that are about them, newest first: a page; where the next begins)."""
    if not by.account:
        return [], ""
    theirs = _applied_for(by)
    if by.subject:
        theirs |= Q(subject=by.subject, submitted_at__isnull=False)
    rows = Case.objects.filter(theirs).order_by("-pk")
    if before:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else ""


def applied_by(key: str, *, by: Actor) -> bool:
    """Whether this person applied for the case."""
    return bool(by.account) and Case.objects.filter(_applied_for(by), pk=key).exists()


def is_applicant(case: Case, *, by: Actor) -> bool:
    return rules.is_applicant(by, case)


def cases_for_others(*, by: Actor) -> list[str]:
    """Ids of the cases this account applied for in somebody's stead."""
    if not by.account:
        return []
    rows = Case.objects.filter(_applied_for(by), submitted_at__isnull=False).exclude(subject=by.subject)
    return list(rows.order_by("-pk").values_list("pk", flat=True)[:PAGE])


def possible_states(case: Case) -> frozenset[State]:
    """The states that may follow the present one."""
    return rules.ALLOWED.get(State(case.state), frozenset())


def draft_of(item: str, subject: str, *, by: Actor) -> Case | None:
    """What was begun and not submitted."""
    return Case.objects.filter(account=by.account, item=item, subject=subject, state=State.DRAFT).first()


def pinned(case: Case) -> Pinned:
    decision = read(declaration_of(DecisionVersion, case.decision_version_id))
    return Pinned(piece_at(case.item_version_id), form_at(case.form_version_id), decision)


def asker(kept: Pinned, by: Actor) -> Actor:
    """The applicant asks the register through the body that handles the item, under its grants."""
    return replace(by, organisation=kept.item.organisation)


def may_act(case: Case, *, by: Actor) -> bool:
    """Whether `by` may act for the person whom the case is about, today: they come of age, and households change."""
    kept = pinned(case)
    return acts_for(kept.form, case.subject, kept.item.organisation, by=by)


def acts_for(form: FormPiece, subject: str, organisation: str, *, by: Actor) -> bool:
    """Whether it is `by`, or their ward where the form allows that; organisation: through whose grants it is looked."""
    if subject == by.subject:
        return True
    through = replace(by, organisation=organisation)
    return form.wards and is_ward(form.register, subject, guardian=by.subject, by=through)


def typed_so_far(case: Case) -> dict[str, str]:
    """What the applicant typed into the draft, or into the correction they have begun. Theirs alone to ask."""
    return sealed.opened_draft(case.answers.filter(revision=sealed.DRAFT).first())


def handed_in(case: Case, *, by: Actor, purpose: str = HANDLING) -> Answers:
    """What was submitted last, with its provenance. One line in the trail: who read it, for what."""
    row = case.answers.filter(revision=case.revision).first() if case.revision else None
    found = sealed.opened(row) if row else {}
    detail: dict[str, object] = {"elements": list(found), "case": case.pk}
    trail.append("cases.read_answers", by=by, about=whom_of(case), purpose=purpose, detail=detail)
    return found


def facts_today(case: Case, elements: Sequence[str], *, by: Actor) -> dict[str, Fact]:
    """What the register says today of what the case is about, for its handling: one line in the trail of the person."""
    return facts_about(form_at(case.form_version_id).register, case.subject, elements, purpose=HANDLING, by=by)


def history(case: Case) -> list[CaseLine]:
    """Everything that happened, oldest first."""
    return list(case.lines.order_by("number"))


def possible(case: Case, *, by: Actor) -> frozenset[str]:
    """The verbs of officials that `by` may do to a case as it stands."""
    return rules.possible(case, stops(case), extensions(case), by=by)


def judged_today(kept: Pinned, facts: Mapping[str, Fact]) -> Judgement | None:
    """What the item's rule would say of these facts, today; None where a person decides every case."""
    conditions = kept.decision.granted_when
    return judged(conditions, facts, on=time.today()) if conditions else None


def stops(case: Case) -> list[CaseStop]:
    return list(case.stops.order_by("since", "pk"))


def extensions(case: Case) -> list[CaseExtension]:
    return list(case.extensions.order_by("pk"))


def correct_by(case: Case) -> date | None:
    """The last day on which the correction that a notice asked for can be handed in; None where none is awaited."""
    return corrections_due([case]).get(case.pk)


def corrections_due(found: Iterable[Case]) -> dict[str, date]:
    """The same of many that are returned, by case, in two queries.

    A period that ends on a day off ends on the next working day (民法典 art. 203).
    """
    returned = {case.pk: case for case in found if case.state == State.RETURNED}
    if not returned:
        return {}
    standing = CaseStop.objects.filter(case__in=returned, ground=clock.CORRECTION.code, until=None)
    since = dict(standing.values_list("case", "since"))
    exceptions = calendar.exceptions(min(since.values(), default=date.max))
    return {key: _last_day(day, pinned(returned[key]).decision, exceptions) for key, day in since.items()}


def _last_day(since: date, decision: DecisionPiece, exceptions: Mapping[date, bool]) -> date:
    """since: the first day of the stop, which is the first of the correction."""
    last = since + timedelta(days=decision.correction_days - 1)
    while not is_working(last, exceptions):
        last += DAY
    return last


def clocks(case: Case, item: ItemPiece, decision: DecisionPiece, *, on: date | None = None) -> list[Shown]:
    """Every clock of a case, read today (or `on`), each explained day by day."""
    today, exceptions, names = on or time.today(), calendar.exceptions(), calendar.names()
    every = rules.clocks_of(case, item, stops(case), extensions(case))
    kinds = (("acceptance", every.acceptance), ("promised", every.promised), ("statutory", every.statutory))
    return [
        Shown(
            kind,
            one,
            clock.read(one, exceptions, on=today, yellow=rules.yellow_rule(decision)),
            clock.explanation(one, exceptions, on=today, names=names),
        )
        for kind, one in kinds
        if one is not None
    ]


def card_of(case: Case, today: date | None = None) -> Card | None:
    """Yellow or red, as its columns tell without reading a clock."""
    day = today or time.today()
    if case.ended_at or case.due is None:
        return None
    if day > case.due:
        return Card.RED
    return Card.YELLOW if case.yellow_on and day >= case.yellow_on else None


def days_left(found: Iterable[Case]) -> dict[str, int]:
    """Working days until each case is due, negative where it is over; without those whose clock stands."""
    dues = {case.pk: case.due for case in found if case.due}
    if not dues:
        return {}
    today = time.today()
    exceptions = calendar.exceptions(min(today, *dues.values()))
    return {key: working_days(today, due, exceptions) for key, due in dues.items()}


def inbox(asked: Asked, *, by: Actor, after: str = "") -> tuple[list[Case], str]:
    """(open cases that `by` may handle, the most urgent first: a page; where the next begins, or "").

    A number finds a case that has ended, too.
    """
    return _page(_narrowed(_open_to(by, asked), asked), after)


def listed(asked: Asked, *, by: Actor) -> Iterator[Case]:
    """Everything the inbox would show, the most urgent first, without anybody's name: for a file."""
    rows = _narrowed(_open_to(by, asked), asked).defer("applicant_name").order_by("urgent_by", "pk")
    return rows.iterator(chunk_size=1000)


def counted(*, by: Actor) -> Cards:
    """How everything stands that the inbox of `by` could show; of no body in particular."""
    today = time.today()
    found = _open_to(by, Asked()).aggregate(
        open=Count("pk"),
        yellow=Count("pk", filter=Q(yellow_on__lte=today, due__gte=today)),
        red=Count("pk", filter=Q(due__lt=today)),
        worst=Min("due", filter=Q(due__lt=today)),
    )
    return Cards("", **found)


def cards(*, by: Actor) -> list[Cards]:
    """How the open cases of every body stand today, the most red first; of one's own body only without `cases.lead`."""
    narrowed = "" if by.can("cases.lead") else "AND organisation = %(organisation)s"
    with connection.cursor() as cursor:
        cursor.execute(CARDS.format(narrowed=narrowed), {"today": time.today(), "organisation": by.organisation})
        return [Cards(*row) for row in cursor.fetchall()]


CARDS = """
SELECT organisation, count(*), count(*) FILTER (WHERE yellow_on <= %(today)s AND due >= %(today)s),
    count(*) FILTER (WHERE due < %(today)s), min(due) FILTER (WHERE due < %(today)s)
FROM services_case WHERE ended_at IS NULL AND submitted_at IS NOT NULL {narrowed}
GROUP BY organisation ORDER BY 4 DESC, 3 DESC, 1
"""


def late_cases(*, by: Actor, organisation: str = "", after: str = "") -> tuple[list[Case], str]:
    """Red and yellow cases for a leader, the latest first: numbers, items, bodies and days; nobody's name."""
    rows = Case.objects.filter(ended_at=None, submitted_at__isnull=False, yellow_on__lte=time.today())
    if not by.can("cases.lead"):
        rows = rows.filter(organisation=by.organisation)
    elif organisation:
        rows = rows.filter(organisation=organisation)
    return _page(rows.defer("applicant_name"), after)


def materials_missing(case: Case, item: ItemPiece) -> dict[str, Text]:
    """ "file-0", "file-1" … → what to say, of the required materials that nobody has handed in."""
    needed = {place: one for place, one in enumerate(item.materials) if one.need == "required" and not one.is_met}
    there = set(case.files.values_list("material", flat=True)) if needed else set()
    return {f"file-{place}": MISSING.filled(name=one.name.text) for place, one in needed.items() if place not in there}


MISSING = Text("请上传“{name}”", "Hand in: {name}")


def files_of(case: Case) -> list[CaseFile]:
    """What was handed in as files, without their bodies."""
    return list(case.files.defer("sealed").order_by("material", "pk"))


def file_of(case: Case, key: str, *, by: Actor, purpose: str = HANDLING) -> tuple[CaseFile, bytes]:
    """(a file of this case, its body); NotFound. One line in the trail."""
    found = case.files.filter(pk=key).first()
    if found is None:
        raise NotFound(kind=Text("材料", "file"), key=key)
    detail: dict[str, object] = {"material": found.material, "case": case.pk}
    trail.append("cases.read_file", by=by, about=whom_of(case), purpose=purpose, detail=detail)
    return found, sealed.opened_file(found)


def declarations() -> dict[str, DecisionPiece]:
    return {name: read(text) for name, text in in_force(DecisionVersion).items()}


def decision_of(item: str) -> tuple[int, DecisionPiece]:
    """(version, declaration) by which an item's cases are decided today; NotFound: nobody may apply online."""
    found = DecisionVersion.objects.filter(item=item, until_at=None).first()
    if found is None:
        raise NotFound(kind=Text("办理规则", "decision"), key=item)
    return found.pk, read(found.declaration)


def _applied_for(by: Actor) -> Q:
    """`rules.is_applicant`, as a condition."""
    return Q(account=by.account) | Q(applicant=by.subject) if by.subject else Q(account=by.account)


def whom_of(case: Case) -> trail.Named:
    """The person, as every look at them is named: so that they find it in their list."""
    return trail.Named(f"resources.{form_at(case.form_version_id).register}", case.subject)


def _page(rows: "QuerySet[Case]", after: str) -> tuple[list[Case], str]:
    """A page in the order of the inbox. The first bound of the two is what the index begins with."""
    if after:
        day, _, key = after.partition(".")
        begin = _day(day)
        rows = rows.filter(urgent_by__gte=begin).filter(Q(urgent_by__gt=begin) | Q(pk__gt=key))
    found = list(rows.order_by("urgent_by", "pk")[: PAGE + 1])
    following = f"{found[PAGE - 1].urgent_by.isoformat()}.{found[PAGE - 1].pk}" if len(found) > PAGE else ""
    return found[:PAGE], following


def _open_to(by: Actor, asked: Asked) -> "QuerySet[Case]":
    """The open cases an official may see (`may_look_as_official`); asked for by its number an ended one, too."""
    rows = Case.objects.filter(submitted_at__isnull=False)
    rows = rows if asked.number else rows.filter(ended_at=None)
    if by.can("cases.receive"):
        return rows
    return rows.filter(organisation=by.organisation) if by.can("cases.handle") else rows.none()


def _narrowed(rows: "QuerySet[Case]", asked: Asked) -> "QuerySet[Case]":
    for field in ("item", "state", "handler", "organisation", "number"):
        if value := getattr(asked, field):
            rows = rows.filter(**{field: value})
    today = time.today()
    if asked.card == Card.RED:
        return rows.filter(due__lt=today)
    if asked.card == Card.YELLOW:
        return rows.filter(due__gte=today, yellow_on__lte=today)
    return rows


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return date.max - timedelta(days=1)
