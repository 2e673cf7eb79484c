"""The two words that carry all writing.

`@action` is for short verbs: one transaction, the subject locked and re-read, one rule asked, one audit line (also
when refused), at most one event.  `@step` is for long work: idempotent by its subject, working outside transactions,
committing once and shortly at the end.  Neither holds a lock that others queue for.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.db import connection, models, transaction

from gusu.kernel import scratch
from gusu.kernel.actor import Actor
from gusu.kernel.audit import trail
from gusu.kernel.errors import Busy, GusuError, NotAllowed, NotFound, noun
from gusu.kernel.events import outbox

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound=models.Model)
Rule = Callable[[Actor, Any], bool]
Tells = Callable[[Any], outbox.Event | None]
Commit = Callable[[S], outbox.Event | None]

_inside: ContextVar[bool] = ContextVar("inside_an_action", default=False)


def action(*, may: Rule, tells: Tells | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function a verb of the house: `verb(subject, …, by=actor)`, or `verb(…, by=actor)` where nothing exists
    yet.

    may:   asked once as `may(by, subject)` with the subject locked and freshly read (None when there is none).
    tells: `tells(result)` becomes the one event in the outbox.

    The audit line names the subject, or the result where the verb made something.  A GusuError on the way is a
    refusal: everything is rolled back and the refusal gets one line in a transaction of its own.  An action inside an
    action joins its transaction: a refusal inside refuses the outer verb, whose line names the inner (`refused_by`) -
    unless the outer catches it and goes on: then nothing was refused.
    """

    def decorate(work: Callable[P, R]) -> Callable[P, R]:
        verb = verb_of(work)

        @functools.wraps(work)
        def act(*args: P.args, **kwargs: P.kwargs) -> R:
            by = cast(Actor, kwargs["by"])
            given = args[0] if args else None
            with _refusals_audited(verb, by, given), transaction.atomic(), trail.notes() as detail:
                subject = locked(given) if isinstance(given, models.Model) else given
                if not may(by, subject):
                    raise NotAllowed(verb=verb)
                result = work(subject, *args[1:], **kwargs) if args else work(*args, **kwargs)  # type: ignore[arg-type]
                about = subject if isinstance(subject, models.Model) else result
                trail.append(verb, by=by, about=about, detail=detail)
                if tells and (event := tells(result)):
                    outbox.publish(event)
            return result

        return act

    return decorate


def step(work: Callable[Concatenate[S, P], Commit[S] | None]) -> Callable[Concatenate[S, P], bool]:
    """Make a function a step of a long road: `step(batch, by=actor)` answers whether this call did the work.

    The function works outside any transaction and returns its commit: a function that, given the subject locked and
    re-read, writes everything in one short transaction and returns the event to tell (or None).  It returns None when
    there is nothing left to do, so a repeated call is harmless.  Two workers never run one step on one subject
    together: the second is told Busy, and its job comes back a second later.  The claim is a session lock on that
    subject alone, gone with the process that held it.
    """
    verb = verb_of(work)

    def run(subject: S, /, *args: P.args, **kwargs: P.kwargs) -> bool:
        by = cast(Actor, kwargs["by"])
        with _claimed(f"{verb}:{subject.pk}"), _refusals_audited(verb, by, subject), scratch.until_the_step_ends():
            subject.refresh_from_db()
            commit = work(subject, *args, **kwargs)
            if commit is None:
                return False
            with transaction.atomic(durable=True), trail.notes() as detail:
                event = commit(locked(subject))
                trail.append(verb, by=by, about=subject, detail=detail)
                if event:
                    outbox.publish(event)
        return True

    functools.update_wrapper(run, work)
    return run


def verb_of(work: Callable[..., Any]) -> str:
    """`gusu.resources.exchange.actions.open_batch` → `exchange.open_batch`: how the audit trail names a verb."""
    return f"{work.__module__.split('.')[-2]}.{work.__name__}"


def locked(thing: S) -> S:
    """The same row, locked until the transaction ends and read again; NotFound when it is gone."""
    manager = type(thing)._base_manager
    found = manager.select_for_update(of=("self",)).filter(pk=thing.pk).first()
    if found is None:
        raise NotFound(kind=noun(thing), key=thing.pk)
    return found


@contextmanager
def _refusals_audited(verb: str, by: Actor, about: object) -> Iterator[None]:
    """A refusal rolls everything back; the outermost verb then leaves the line that says so."""
    if _inside.get():
        try:
            yield
        except GusuError as refusal:
            refusal.refused_by = refusal.refused_by or verb
            raise
        return
    token = _inside.set(True)
    try:
        yield
    except GusuError as refusal:
        detail: dict[str, object] = {"refused_by": refusal.refused_by} if refusal.refused_by else {}
        with transaction.atomic():
            who = refusal.about or about
            trail.append(verb, by=by, about=who, refused=refusal.code, detail=detail, purpose=refusal.purpose)
        raise
    finally:
        _inside.reset(token)


@contextmanager
def _claimed(name: str) -> Iterator[None]:
    """A session lock on one step and subject. A connection lost meanwhile has let go of it by itself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        if cursor.fetchone() != (True,):
            raise Busy(what=name)
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])
