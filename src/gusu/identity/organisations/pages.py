"""The organisations browser, and editing for administrators."""

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gusu.identity.access import Request, anyone, page, permission
from gusu.identity.organisations import actions, queries
from gusu.identity.organisations.forms import KINDS, Rename
from gusu.identity.organisations.queries import Node, Organisation
from gusu.kernel.errors import GusuError
from gusu.kernel.looks.parts import Branch
from gusu.kernel.ownership.actions import adopt
from gusu.kernel.ownership.queries import pack_owned

MANAGES = permission("identity.manage")


@page(may=anyone)
@require_safe
def organisations(request: Request) -> HttpResponseBase:
    """The tree, or what a search finds."""
    asked = request.GET.get("q", "").strip()
    found = queries.organisations_matching(asked) if asked else []
    branches = () if asked else [_branch(node, open_=True) for node in queries.tree()]
    seen = {"asked": asked, "found": found, "branches": branches, "kinds": KINDS}
    return render(request, "identity/organisations/organisations.html", seen)


@page(may=anyone)
@require_safe
def organisation(request: Request, code: str) -> HttpResponseBase:
    organisation = queries.organisation(code)
    seen = {
        "organisation": organisation,
        "kind": KINDS[organisation.kind],
        "ancestors": queries.ancestors_of(organisation),
        "children": queries.children_of(organisation),
        "manages": MANAGES(request.actor),
    }
    return render(request, "identity/organisations/organisation.html", seen)


@page(may=MANAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_organisation(request: Request, code: str) -> HttpResponseBase:
    """Renames what the city keeps itself; what a pack declares is shown with the way to adopt it."""
    organisation = queries.organisation(code)
    names = {"name_zh": organisation.name_zh, "name_en": organisation.name_en}
    form = Rename(request.POST or None, initial=names)
    if not form.is_valid():
        return _edit(request, organisation, form, status=422 if form.is_bound else 200)
    try:
        actions.rename_organisation(organisation, **form.cleaned_data, by=request.actor)
    except GusuError as refusal:
        form.add_error(None, str(refusal))
        return _edit(request, organisation, form, status=refusal.status)
    messages.success(request, _("The name is changed."))
    return redirect("organisation", code)


@page(may=MANAGES)
@require_POST
def close_organisation(request: Request, code: str) -> HttpResponseBase:
    actions.close_organisation(queries.organisation(code), by=request.actor)
    messages.success(request, _("The organisation has ended."))
    return redirect("organisation", code)


@page(may=permission("packs.adopt"))
@require_POST
def adopt_organisation(request: Request, code: str) -> HttpResponseBase:
    adopt(actions.SECTION, code, by=request.actor)
    messages.success(request, _("The city now keeps this organisation itself."))
    return redirect("edit_organisation", code)


def _edit(request: Request, organisation: Organisation, form: Rename, status: int) -> HttpResponseBase:
    owned = bool(pack_owned(actions.SECTION, [organisation.code]))
    seen = {
        "organisation": organisation,
        "form": form,
        "pack_owned": owned,
        "may_adopt": request.actor.can("packs.adopt"),
    }
    return render(request, "identity/organisations/edit.html", seen, status=status)


def _branch(node: Node, *, open_: bool = False) -> Branch:
    each = node.organisation
    children = tuple(_branch(child) for child in node.children)
    return Branch(str(each.name), reverse("organisation", args=[each.code]), children=children, open=open_)
