"""What can happen to an organisation."""

from gusu.identity.organisations import queries, rules
from gusu.identity.organisations.events import OrganisationClosed
from gusu.identity.organisations.models import Organisation
from gusu.kernel import clock
from gusu.kernel.action import action
from gusu.kernel.actor import Actor
from gusu.kernel.audit import trail
from gusu.kernel.errors import GusuError
from gusu.kernel.ownership.actions import refuse_if_pack_owned
from gusu.kernel.text import Text

SECTION = "organisations"


class NamesMissing(GusuError):
    """An organisation has a name in both languages."""

    status, code = 422, "names_missing"
    says = Text("请填写机构的中文名称和英文名称。", "Enter the organisation's name in Chinese and in English.")


class HasOpenChildren(GusuError):
    """Something still stands below it."""

    status, code = 409, "has_open_children"
    says = Text(
        "“{code}”下还有 {count} 个机构，请先撤销或划转它们。",
        "'{code}' still has {count} organisations below it. Close or move them first.",
    )


class AlreadyEnded(GusuError):
    """It no longer exists."""

    status, code = 409, "organisation_ended"
    says = Text("“{code}”已于 {on} 撤销，不能再修改。", "'{code}' ended on {on} and can no longer be changed.")


@action(may=rules.may_manage)
def rename_organisation(organisation: Organisation, *, name_zh: str, name_en: str, by: Actor) -> Organisation:
    """Give it another name; not while a pack declares it."""
    _refuse_unless_ours(organisation)
    if not (name_zh.strip() and name_en.strip()):
        raise NamesMissing
    trail.note(old=organisation.name_zh, new=name_zh.strip())
    organisation.name_zh, organisation.name_en = name_zh.strip(), name_en.strip()
    organisation.save(update_fields=["name_zh", "name_en"])
    return organisation


@action(may=rules.may_manage, tells=lambda organisation: OrganisationClosed(organisation=organisation.code))
def close_organisation(organisation: Organisation, *, by: Actor) -> Organisation:
    """It ends today; appointments in it give nothing from now on."""
    _refuse_unless_ours(organisation)
    if count := len(queries.children_of(organisation)):
        raise HasOpenChildren(code=organisation.code, count=count)
    organisation.ended_on = clock.today()
    organisation.save(update_fields=["ended_on"])
    return organisation


def _refuse_unless_ours(organisation: Organisation) -> None:
    if organisation.ended_on:
        raise AlreadyEnded(code=organisation.code, on=organisation.ended_on)
    refuse_if_pack_owned(SECTION, organisation.code)
