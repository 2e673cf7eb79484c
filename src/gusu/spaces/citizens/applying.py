"""Applying for a service item: for whom, then one page that asks only what nobody knows yet."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from gusu.identity.access import Request, kind, page
from gusu.identity.organisations.queries import names_of
from gusu.identity.purposes.queries import purpose
from gusu.kernel.actor import Actor
from gusu.kernel.errors import NotFound
from gusu.kernel.looks.jinja import label
from gusu.resources.exchange.queries import batches_by_id
from gusu.resources.subjects import queries as subjects
from gusu.services.cases import actions
from gusu.services.cases import queries as cases
from gusu.services.cases.actions import (
    AlreadyHeld,
    AlreadyUnderWay,
    NoLongerOffered,
    NotForOneself,
    NotYourWard,
    WrongFile,
)
from gusu.services.cases.queries import Case, CaseLine, Pinned, State
from gusu.services.forms import queries as forms
from gusu.services.forms.queries import Incomplete, RegisterChanged
from gusu.services.items import queries as items
from gusu.services.items.queries import ItemPiece
from gusu.spaces.citizens.data import bound
from gusu.spaces.words import about_of, show

OWN = "own_data"


@page(may=kind("citizen"))
@require_http_methods(["GET", "HEAD", "POST"])
@bound
def apply(request: Request, item: str) -> HttpResponseBase:
    """What will be looked up and why; for whom; and where one was."""
    guide = items.guide_of(item)
    form = forms.form_of(guide.item.item).piece
    if request.method == "POST":
        subject = request.POST.get("subject") or request.actor.subject
        try:
            case = actions.open_case(guide.item.item, subject=subject, by=request.actor)
        except NotForOneself as refusal:
            messages.error(request, str(refusal))
            return redirect("apply", guide.item.item)
        except (AlreadyUnderWay, AlreadyHeld) as refusal:
            messages.error(request, str(refusal))
            return redirect("own_licences" if isinstance(refusal, AlreadyHeld) else "own_cases")
        return redirect("case_form", key=case.pk)
    whom = _whom(form, guide.piece.organisation, request.actor)
    seen = {
        "guide": guide,
        "piece": guide.piece,
        "form": form,
        "office": names_of({guide.piece.organisation}).get(guide.piece.organisation),
        "whom": whom,
        "own": request.actor.subject,
        "drafts": {one: cases.draft_of(guide.item.item, one, by=request.actor) for one, _name in whom},
        "purpose": purpose(forms.PREFILL),
        "known": forms.words_of(form).elements,
    }
    return show(request, "citizens/apply.html", seen)


@page(may=kind("citizen"))
@require_http_methods(["GET", "HEAD", "POST"])
@bound
def case_form(request: Request, key: str) -> HttpResponseBase:
    """The form: what is known stands there, what is not is asked. Save it, or hand it in."""
    case = own(key, request.actor)
    if case.state not in (State.DRAFT, State.RETURNED):
        return redirect("own_case", key=case.pk)
    if not cases.may_act(case, by=request.actor):
        raise NotYourWard
    if request.method != "POST":
        return _form(request, case, _looked(request, case, _typed_before(case, request.actor)))
    kept = cases.pinned(case)
    typed = {code: request.POST[code] for code in kept.form.elements if code in request.POST}
    wrong = _take_files(request, case, kept.item)
    if request.POST.get("do") == "submit":
        return _hand_in(request, case, typed, wrong)
    actions.save_case(case, typed, by=request.actor)
    if wrong:
        return _form(request, case, _looked(request, case, typed), wrong=wrong)
    messages.success(request, _("Saved. You can go on whenever you like."))
    return redirect("case_form", key=case.pk)


@page(may=kind("citizen"))
@require_http_methods(["GET", "HEAD", "POST"])
@bound
def discard(request: Request, key: str) -> HttpResponseBase:
    """Throw a draft away, after being asked."""
    case = own(key, request.actor)
    if request.method == "POST":
        actions.discard_case(case, by=request.actor)
        messages.success(request, _("The draft is gone, with everything in it."))
        return redirect("citizen_home")
    return show(request, "citizens/discard.html", {"case": case, "piece": cases.pinned(case).item})


def own(key: str, by: Actor) -> Case:
    """A case this account applied for; for anybody else's, as if it was not there."""
    case = cases.case_of(key, by=by)
    if not cases.is_applicant(case, by=by):
        raise NotFound(kind=Case.NOUN, key=key)
    return case


def notice_of(case: Case, lines: Iterable[CaseLine]) -> list[dict[str, str]]:
    """Everything that the correction notice lists, while the correction is awaited."""
    sent = [line for line in lines if line.verb == "return_case"] if case.state == State.RETURNED else []
    return list(sent[-1].detail.get("missing", [])) if sent else []


def said_of(refused: WrongFile, material: str) -> str:
    """Why a file was not taken, with the material's name."""
    said = _("%(name)s: a PDF, PNG or JPEG of at most %(most)s MB, %(files)s files of it. This file was not taken.")
    return said % {"name": material, "most": refused.values["most"], "files": refused.values["files"]}


def _take_files(request: Request, case: Case, item: ItemPiece) -> dict[str, str]:
    """Keep the files that came with the form, and let go those it takes back; answers what is wrong with which."""
    for file in request.POST.getlist("take-back"):
        actions.remove_file(case, file, by=request.actor)
    wrong = {}
    for place, material in enumerate(item.materials):
        sent = None if material.is_met else request.FILES.get(f"file-{place}")
        if sent is None:
            continue
        try:
            actions.attach_file(case, sent.read(actions.LARGEST_FILE + 1), material=place, by=request.actor)
        except WrongFile as refused:
            wrong[f"file-{place}"] = said_of(refused, label(material.name.text))
    return wrong


def _hand_in(request: Request, case: Case, typed: Mapping[str, str], wrong: Mapping[str, str]) -> HttpResponseBase:
    """wrong: files that were not taken. Whatever is missing beside them, or beside the promise, is told with it."""
    if wrong or not request.POST.get("promise"):
        actions.save_case(case, typed, by=request.actor)
        looked = _looked(request, case, typed)
        promise = {} if request.POST.get("promise") else {"promise": _("Confirm that this is true")}
        return _form(request, case, looked, wrong={**_faults(case, looked), **wrong, **promise})
    try:
        done = actions.submit_case(case, typed, seen=request.POST.get("seen", ""), by=request.actor)
    except Incomplete as incomplete:
        actions.save_case(case, typed, by=request.actor)
        faults = {code: label(said) for code, said in incomplete.faults.items()}
        return _form(request, case, _looked(request, case, typed), wrong=faults)
    except (RegisterChanged, NoLongerOffered, AlreadyUnderWay, AlreadyHeld) as changed:
        actions.save_case(case, typed, by=request.actor)
        return _form(request, case, _looked(request, case, typed), notice=str(changed))
    actions.issue_at_once(done)
    return redirect("own_case", key=done.pk)


@dataclass(frozen=True, slots=True)
class Looked:
    """A form as it is asked of one person now."""

    kept: Pinned
    facts: Mapping[str, subjects.Fact]
    steps: list[forms.AskedStep]

    @property
    def shown(self) -> list[forms.Asked]:
        return [field for step in self.steps for field in step.shown]


def _looked(request: Request, case: Case, typed: Mapping[str, str]) -> Looked:
    kept = cases.pinned(case)
    facts = forms.prefilled(kept.form, case.subject, by=cases.asker(kept, request.actor))
    return Looked(kept, facts, forms.asked(kept.form, facts, typed, forms.words_of(kept.form)))


def _faults(case: Case, looked: Looked) -> dict[str, str]:
    """What a submission would be sent back for, of the fields and of the materials."""
    faults = {field.field.element: forms.fault_of(field) for field in looked.shown}
    faults |= cases.materials_missing(case, looked.kept.item)
    return {where: label(said) for where, said in faults.items() if said}


def _form(
    request: Request, case: Case, looked: Looked, *, wrong: Mapping[str, str] | None = None, notice: str = ""
) -> HttpResponseBase:
    kept, asked = looked.kept, [field for field in looked.shown if not field.locked]
    must = sum(field.field.required for field in asked)
    seen: dict[str, Any] = {
        "case": case,
        "piece": kept.item,
        "form": kept.form,
        "steps": looked.steps,
        "seen": forms.seen(kept.form, case.subject, looked.facts),
        "fields": len(looked.shown),
        "must": must,
        "may": len(asked) - must,
        "notices": notice_of(case, cases.history(case)),
        "correct_by": cases.correct_by(case),
        "about": about_of(kept),
        "batches": batches_by_id({fact.winner.batch for fact in looked.facts.values() if fact.winner}),
        "values": {},
        "files": cases.files_of(case),
        "errors": list((wrong or {}).items()),
        "wrong": wrong or {},
        "notice": notice,
        "office": names_of({case.organisation}).get(case.organisation),
        "is_ward": case.subject != request.actor.subject,
        "promised": bool(request.POST.get("promise")),
    }
    status = 422 if wrong else 409 if notice else 200
    return show(request, "citizens/case_form.html", seen, status=status)


def _typed_before(case: Case, by: Actor) -> dict[str, str]:
    """What was typed so far; of a correction nobody has begun, what was handed in."""
    typed = cases.typed_so_far(case)
    if typed or case.state == State.DRAFT:
        return typed
    return forms.typed_only(cases.handed_in(case, by=by, purpose=OWN))


def _whom(form: forms.FormPiece, organisation: str, by: Actor) -> list[tuple[str, str]]:
    """(subject, name): oneself, and those one may act for, as far as the form allows either."""
    oneself = [(by.subject, by.name)] if form.own else []
    if not form.wards:
        return oneself
    through = replace(by, organisation=organisation)
    wards = subjects.wards_of(form.register, by.subject, by=through)
    return [*oneself, *((ward, _name_of(form, ward, through)) for ward in wards)]


def _name_of(form: forms.FormPiece, subject: str, by: Actor) -> str:
    facts = subjects.facts_about(form.register, subject, [form.applicant], purpose=subjects.GUARDIANSHIP, by=by)
    return facts[form.applicant].value or "—"
