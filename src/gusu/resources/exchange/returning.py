"""The road back: what came of a case is put down in our own transaction, and handed to its department from there.

Two databases cannot commit as one.  So an outcome waits here until the department's table holds its row; if we are
killed between their commit and ours, it is handed over once more, and the same row is found there under the same key.
"""

import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence

from gusu.kernel import clock
from gusu.kernel.action import action, step
from gusu.kernel.actor import Actor
from gusu.kernel.audit.trail import note
from gusu.kernel.crypto import envelope
from gusu.kernel.states import move
from gusu.resources.exchange import rules
from gusu.resources.exchange.connectors.contract import Load, Taken, target
from gusu.resources.exchange.errors import BadInput, OutcomeIncomplete
from gusu.resources.exchange.events import OutcomesReturned, OutcomeWaiting
from gusu.resources.exchange.models import Outcome, OutcomeState, Receipt, Return
from gusu.resources.exchange.queries import past_their_retention, return_of, waiting

TROUBLE = ["trouble_code", "trouble_zh", "trouble_en", "trouble_since"]
Row = dict[str, str | None]
"""The department's column → value."""
MOST = 5_000  # outcomes handed over in one transaction; the next ones follow in another


@action(may=rules.is_the_house, tells=lambda outcome: OutcomeWaiting(return_code=outcome.to.code))
def return_outcome(code: str, *, key: str, row: Mapping[str, str], amends: bool = False, by: Actor) -> Outcome:
    """Put down what came of a case, to go into its department's table; called inside the commit that made it so.

    code: of the return.  key: what it is the outcome of; said again under the same key, what was said first stands,
    unless the department refused it: then it waits again, with this row.
    row: every value that the return names, by name; an empty one stands for none.  amends: only what `row` has is
    written, into the row that stands there; the department's own key is among it.  OutcomeIncomplete, NotFound.
    """
    road = return_of(code)
    sealed = _closed(road, key, row, amends)
    outcome, is_new = Outcome.objects.select_for_update(of=("self",)).get_or_create(
        to=road, key=key, defaults={"sealed": sealed, "amends": amends, "made_at": clock.now()}
    )
    if outcome.state == OutcomeState.REFUSED:
        move(outcome, OutcomeState.WAITING, along=rules.WAY_BACK)
        outcome.sealed, outcome.refused_code, outcome.refused_column = sealed, "", ""
        outcome.save(update_fields=["state", "sealed", "refused_code", "refused_column"])
    note(to=code, again=not is_new)
    return outcome


@action(may=rules.is_the_house, tells=lambda outcome: OutcomeWaiting(return_code=outcome.to.code))
def hand_over_again(code: str, *, key: str, by: Actor) -> Outcome:
    """What a department's table would not take waits again, with the row it had: the table may take it now."""
    outcome = Outcome.objects.select_for_update(of=("self",)).select_related("to").get(to__code=code, key=key)
    if outcome.state == OutcomeState.REFUSED:
        move(outcome, OutcomeState.WAITING, along=rules.WAY_BACK)
        outcome.refused_code, outcome.refused_column = "", ""
        outcome.save(update_fields=["state", "refused_code", "refused_column"])
    note(to=code)
    return outcome


@step
def deliver_outcomes(road: Return, *, by: Actor) -> Callable[[Return], OutcomesReturned | None] | None:
    """Hand what waits to its department, all of it or `MOST`, in one transaction there, proven before it commits.

    Of outcomes with one key in the department's table the first goes; the next follows in the next delivery.  What the
    table would not take is refused, with the column and no value, and stops nobody else.  A department that is away
    leaves everything waiting and its name and reason on the return.
    """
    rows = [(outcome, _opened(road, outcome)) for outcome in waiting(road)[:MOST]]
    if unfit := [outcome for outcome, row in rows if _is_unfit(road, outcome, row)]:
        return lambda fresh: _unfit(fresh, unfit)
    columns, found = _alike(_first_of_each(road, rows))
    if not found:
        return _without_trouble if road.trouble_code else None
    salt = secrets.token_hex(16)
    try:
        taken = target(road.connector).hand_over(
            Load(
                road.settings,
                columns,
                [[row[column] for column in columns] for _, row in found],
                salt,
                amends=found[0][0].amends,
            )
        )
    except BadInput as refusal:
        return _in_trouble(road, refusal)
    outcomes = [outcome for outcome, _ in found]
    return lambda fresh: _delivered(fresh, outcomes, taken, salt)


def deliver_all(road: Return, *, by: Actor) -> bool:
    """Deliver until nothing waits, or something is in the way; answers whether nothing waits."""
    while deliver_outcomes(road, by=by):
        road.refresh_from_db()
        if road.trouble_code:
            return False
    return not waiting(road).exists()


@action(may=rules.is_the_house)
def drop_returned_values(road: Return, *, by: Actor) -> int:
    """The values of what was returned longer ago than the return's retention go; that it was, and its receipt, stay."""
    dropped = past_their_retention(road).update(sealed="")
    note(outcomes=dropped)
    return dropped


@action(may=rules.is_the_house)
def forget_outcomes(keys: Sequence[str], *, by: Actor) -> int:
    """The values of what was returned under these keys go; what still waits goes its way first."""
    forgotten = Outcome.objects.filter(key__in=keys, state=OutcomeState.RETURNED).exclude(sealed="").update(sealed="")
    note(outcomes=forgotten)
    return forgotten


def _closed(road: Return, key: str, row: Mapping[str, str], amends: bool) -> str:
    names = set(road.columns.values())
    if amends:
        names &= {road.columns[road.settings["key"]], *row}
    if missing := sorted(names - row.keys()):
        raise OutcomeIncomplete(road=road.code, missing=", ".join(missing))
    values = {name: row[name] for name in sorted(names)}
    return envelope.close(json.dumps(values, ensure_ascii=False), context=_context(road, key))


def _opened(road: Return, outcome: Outcome) -> Row:
    """Its values; one put down for other columns gives None for new ones, one that amends has only what it changes."""
    values: dict[str, str] = json.loads(envelope.open_(outcome.sealed, context=_context(road, outcome.key)))
    columns = sorted(road.columns)
    if outcome.amends:
        columns = [column for column in columns if road.columns[column] in values]
    return {column: values.get(road.columns[column]) or None for column in columns}


def _context(road: Return, key: str) -> str:
    return f"outcome/{road.code}/{key}"


def _is_unfit(road: Return, outcome: Outcome, row: Row) -> bool:
    """Whether it amends columns that the return no longer has, or a row nobody can find any more."""
    return outcome.amends and (road.settings["key"] not in row or len(row) == 1)


def _unfit(road: Return, outcomes: list[Outcome]) -> OutcomesReturned:
    for outcome in outcomes:
        move(outcome, OutcomeState.REFUSED, along=rules.WAY_BACK)
        outcome.refused_code = "ColumnGone"
    Outcome.objects.bulk_update(outcomes, ["state", "refused_code"], batch_size=500)
    note(refused=len(outcomes))
    return OutcomesReturned(return_code=road.code, keys=[], refused=[outcome.key for outcome in outcomes])


def _first_of_each(road: Return, rows: Iterable[tuple[Outcome, Row]]) -> list[tuple[Outcome, Row]]:
    """The first of each key in the department's table."""
    found: dict[str | None, tuple[Outcome, Row]] = {}
    for outcome, row in rows:
        found.setdefault(row[road.settings["key"]], (outcome, row))
    return list(found.values())


def _alike(found: list[tuple[Outcome, Row]]) -> tuple[list[str], list[tuple[Outcome, Row]]]:
    """(columns, those of the outcomes that are written like the first: into these columns, in one statement)."""
    if not found:
        return [], []
    first, row = found[0]
    return list(row), [(one, its) for one, its in found if one.amends == first.amends and its.keys() == row.keys()]


def _delivered(road: Return, outcomes: list[Outcome], taken: Taken, salt: str) -> OutcomesReturned:
    """The whole effect of a delivery: its receipt, and of every outcome whether it stands there."""
    declined = {outcomes[one.position]: one for one in taken.declined}
    returned = [outcome for outcome in outcomes if outcome not in declined]
    receipt = _receipt(road, taken, salt) if returned else None
    for outcome in returned:
        move(outcome, OutcomeState.RETURNED, along=rules.WAY_BACK)
        outcome.returned_at, outcome.receipt = clock.now(), receipt
    for outcome, why in declined.items():
        move(outcome, OutcomeState.REFUSED, along=rules.WAY_BACK)
        outcome.refused_code, outcome.refused_column = why.why, why.column
    words = ["state", "returned_at", "receipt", "refused_code", "refused_column"]
    Outcome.objects.bulk_update(outcomes, words, batch_size=500)
    _without_trouble(road)
    note(returned=len(returned), refused=len(declined), **({"digest": receipt.digest_kept} if receipt else {}))
    return OutcomesReturned(
        return_code=road.code, keys=[it.key for it in returned], refused=[it.key for it in declined]
    )


def _receipt(road: Return, taken: Taken, salt: str) -> Receipt:
    receipt = Receipt(to=road, rows=taken.kept.rows, digest_sent=str(taken.sent), digest_kept=str(taken.kept))
    receipt.at = clock.now()
    receipt.salt = envelope.close(salt, context=f"receipt/{road.code}/{taken.kept}")
    receipt.save()
    return receipt


def _in_trouble(road: Return, refusal: BadInput) -> Callable[[Return], None] | None:
    """Write down what is in the way, once: it is tried again and again, and every time is no news."""
    if (road.trouble_code, road.trouble_zh) == (refusal.code, refusal.said.zh):
        return None

    def commit(fresh: Return) -> None:
        fresh.trouble_code, fresh.trouble_zh, fresh.trouble_en = refusal.code, refusal.said.zh, refusal.said.en
        fresh.trouble_since = fresh.trouble_since or clock.now()
        fresh.save(update_fields=TROUBLE)
        note(trouble=refusal.code)

    return commit


def _without_trouble(road: Return) -> None:
    road.trouble_code, road.trouble_zh, road.trouble_en, road.trouble_since = "", "", "", None
    road.save(update_fields=TROUBLE)
