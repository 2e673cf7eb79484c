"""Who listens to which event, which rooms packs speak to, where jobs are: the one page that names every room."""

from collections.abc import Mapping, Sequence

from gusu.identity.accounts import jobs as accounts
from gusu.identity.accounts.events import AccountClosed
from gusu.identity.organisations.events import OrganisationClosed
from gusu.kernel.calendar.events import CalendarChanged
from gusu.kernel.events import jobs as delivery
from gusu.kernel.events.outbox import Event, Listener
from gusu.kernel.jobs.events import HourPassed
from gusu.resources.exchange import jobs as exchange
from gusu.resources.exchange.events import (
    BatchClosed,
    BatchLanded,
    BatchLetGo,
    BatchOpened,
    OutcomesReturned,
    OutcomeWaiting,
)
from gusu.resources.objections import jobs as objections
from gusu.resources.quality import jobs as quality
from gusu.resources.quality.events import BatchChecked
from gusu.resources.registers import jobs as registers
from gusu.resources.registers.events import EditionPublished
from gusu.resources.subjects import jobs as subjects
from gusu.resources.subjects.events import BasePublished, BatchLinked, LinksGivenUp, SubjectErased
from gusu.services.cases import jobs as cases
from gusu.services.cases.events import CaseMoved
from gusu.services.licences.events import LicenceRevoked

LISTENERS: Mapping[type[Event], Sequence[Listener]] = {
    CalendarChanged: [cases.on_calendar_changed, objections.on_calendar_changed],
    AccountClosed: [cases.on_account_closed],
    OrganisationClosed: [accounts.on_organisation_closed],
    BatchOpened: [exchange.on_batch_opened],
    BatchClosed: [subjects.on_batch_closed],
    BatchLanded: [quality.on_batch_landed],
    BatchLetGo: [quality.on_batch_let_go, subjects.on_batch_let_go],
    OutcomeWaiting: [exchange.on_outcome_waiting],
    OutcomesReturned: [exchange.on_outcomes_returned, cases.on_outcomes_returned],
    BatchChecked: [registers.on_batch_checked, subjects.on_batch_checked],
    BatchLinked: [subjects.on_batch_linked],
    LinksGivenUp: [subjects.on_links_given_up],
    SubjectErased: [subjects.on_subject_erased, objections.on_subject_erased, cases.on_subject_erased],
    CaseMoved: [cases.on_case_moved],
    LicenceRevoked: [cases.on_licence_revoked],
    EditionPublished: [],
    BasePublished: [subjects.on_base_published, objections.on_base_published],
    HourPassed: [accounts.on_hour, exchange.on_hour, subjects.on_hour, objections.on_hour, cases.on_hour],
}

JOBS = [delivery]  # jobs that no listener above brings in by itself

PACK_ROOMS = [
    "gusu.kernel.vocabulary.pack",
    "gusu.kernel.calendar.pack",
    "gusu.identity.organisations.pack",
    "gusu.identity.roles.pack",
    "gusu.identity.purposes.pack",
    "gusu.resources.catalogue.pack",
    "gusu.resources.exchange.pack",
    "gusu.resources.quality.pack",
    "gusu.resources.registers.pack",
    "gusu.resources.subjects.pack",
    "gusu.services.items.pack",
    "gusu.services.forms.pack",
    "gusu.services.licences.pack",
    "gusu.services.cases.pack",
    "gusu.governance.performance.pack",
]
