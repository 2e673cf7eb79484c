"""Making a running city keep what the packs say: all of it in one transaction, or none of it."""

from gusu.kernel.action import action
from gusu.kernel.actor import Actor
from gusu.kernel.audit import trail
from gusu.kernel.errors import GusuError
from gusu.kernel.ownership import actions as ownership
from gusu.kernel.ownership.queries import owned_in
from gusu.kernel.ownership.rules import may_apply
from gusu.kernel.text import Text
from gusu.packkit.load import Packs, check
from gusu.packkit.plan import Kind, Plan, built, plan_section
from gusu.packkit.source import Finding


class PacksHaveProblems(GusuError):
    """Nothing is applied while `check` has something to say. `.findings` holds all of it."""

    status, code = 422, "packs_have_problems"
    says = Text(
        "内容包有 {count} 处问题，未应用任何内容。请先运行 gusu packs check。\n{findings}",
        "The packs have {count} problems; nothing was applied. Run gusu packs check.\n{findings}",
    )

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        super().__init__(count=len(findings), findings="\n".join(map(str, findings)))


class PackNotKept(GusuError):
    """A room did not keep what it was given: its `pack.py` does not round-trip."""

    status, code = 500, "pack_not_kept"
    says = Text(
        "应用后核对不符，已全部撤销：{pieces}。这是平台程序的缺陷，请报告。",
        "The city does not keep what was declared, so all was undone: {pieces}. This is a defect; please report it.",
    )


def plan(packs: Packs) -> Plan:
    """What `apply` would do now. Refuses packs with problems."""
    if findings := check(packs):
        raise PacksHaveProblems(findings)
    loaded = set(packs.packs)
    return Plan(
        tuple(
            line
            for name, section in packs.rooms.sections.items()
            for line in plan_section(section, packs.declared(name), section.kept(), owned_in(name), loaded)
        )
    )


@action(may=may_apply)
def apply(packs: Packs, *, by: Actor) -> Plan:
    """Do what `plan` says and give that plan back; where there is nothing to do, no piece is written."""
    done = plan(packs)
    for name, section in packs.rooms.sections.items():
        lines = done.of(name, Kind.NEW, Kind.CHANGED, Kind.DRIFT)
        if lines:
            section.apply([line.piece for line in lines], by=by)
            ownership.record_applied(
                ownership.Applied(name, line.key, line.pack, built(line.piece) or {}) for line in lines
            )
    for name, section in reversed(packs.rooms.sections.items()):
        if keys := [line.key for line in done.of(name, Kind.RETIRED)]:
            section.retire(keys, by=by)
            ownership.forget(name, keys)
    if done.to_do and (left := plan(packs).to_do):
        raise PackNotKept(pieces=", ".join(f"{line.section}/{line.key}" for line in left[:10]))
    trail.note(packs=sorted(packs.packs), **done.counts)
    return done
