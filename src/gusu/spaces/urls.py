"""The portal's and the three spaces' addresses."""

from django.urls import path

from gusu.spaces.citizens import applying, real_name
from gusu.spaces.citizens import cases as own_cases
from gusu.spaces.citizens import data as own_data
from gusu.spaces.citizens import licences as own_licences
from gusu.spaces.citizens import pages as citizens
from gusu.spaces.enterprises import pages as enterprises
from gusu.spaces.officials import cards, cases, handling, objections
from gusu.spaces.officials import pages as officials
from gusu.spaces.public import licences as verification
from gusu.spaces.public import pages as public

urlpatterns = [
    path("", public.home, name="home"),
    path("search", public.search, name="search"),
    path("language", public.language, name="language"),
    path("registers/<slug:code>", public.register, name="register"),
    path("registers/<slug:code>/<str:key>", public.subject, name="subject"),
    path("data", public.catalogue, name="catalogue"),
    path("data/<slug:resource>", public.entry, name="entry"),
    path("services", public.services, name="services"),
    path("services/<str:item>", public.service, name="service"),
    path("verify", verification.verify, name="verify"),
    path("verify/root.pem", verification.licence_root, name="licence_root"),
    path("verify/<str:token>", verification.verified, name="verified"),
    path("targets", public.targets, name="targets"),
    path("space", public.space, name="space"),
    path("citizen", citizens.home, name="citizen_home"),
    path("citizen/real-name", real_name.real_name, name="real_name"),
    path("services/<str:item>/apply", applying.apply, name="apply"),
    path("citizen/cases", own_cases.own_cases, name="own_cases"),
    path("citizen/cases/<str:key>", own_cases.own_case, name="own_case"),
    path("citizen/cases/<str:key>/form", applying.case_form, name="case_form"),
    path("citizen/cases/<str:key>/discard", applying.discard, name="discard"),
    path("citizen/cases/<str:key>/withdrawal", own_cases.withdrawal, name="withdrawal"),
    path("citizen/cases/<str:key>/files", own_cases.attach, name="attach"),
    path("citizen/cases/<str:key>/files/<str:file>", own_cases.own_file, name="own_file"),
    path("citizen/licences", own_licences.own_licences, name="own_licences"),
    path("citizen/licences/<str:key>.pdf", own_licences.licence_document, name="licence_document"),
    path("citizen/data", own_data.my_data, name="my_data"),
    path("citizen/data/looks", own_data.looks, name="looks"),
    path("citizen/data/looks.csv", own_data.looks_file, name="looks_file"),
    path("citizen/data/<slug:code>/<str:element>/<slug:source>/objection", own_data.object_to, name="object_to"),
    path("citizen/objections", own_data.my_objections, name="my_objections"),
    path("citizen/objections/<str:key>", own_data.my_objection, name="my_objection"),
    path("citizen/objections/<str:key>/withdrawal", own_data.withdraw_objection, name="withdraw_objection"),
    path("enterprise", enterprises.home, name="enterprise_home"),
    path("official", officials.home, name="official_home"),
    path("official/exchanges", officials.runs, name="runs"),
    path("official/exchanges/<slug:code>/receipt", officials.receive, name="receive"),
    path("official/exchanges/<slug:code>/<int:number>", officials.batch, name="batch"),
    path(
        "official/exchanges/<slug:code>/<int:number>/quarantine.csv", officials.quarantine_file, name="quarantine_file"
    ),
    path("official/bases/<slug:code>", officials.base_register, name="base_register"),
    path("official/bases/<slug:code>/look-up", officials.look_up, name="look_up"),
    path("official/bases/<slug:code>/doubts/<slug:doubt>", officials.doubt, name="doubt"),
    path("official/bases/<slug:code>/doubts/<slug:doubt>/<slug:source>.csv", officials.doubt_file, name="doubt_file"),
    path("official/bases/<slug:code>/<str:subject>", officials.golden_record, name="golden_record"),
    path("official/bases/<slug:code>/<str:subject>/timeline", officials.timeline, name="timeline"),
    path("official/bases/<slug:code>/<str:subject>/erase", officials.erase, name="erase"),
    path("official/objections", objections.inbox, name="objections"),
    path("official/objections/<str:key>", objections.answer, name="objection"),
    path("official/cases", cases.inbox, name="inbox"),
    path("official/cases.csv", cases.inbox_file, name="inbox_file"),
    path("official/cases/<str:key>", cases.official_case, name="official_case"),
    path("official/cases/<str:key>/files/<str:file>", cases.case_file, name="official_case_file"),
    path("official/cases/<str:key>/receipt", handling.receipt, name="case_receipt"),
    path("official/cases/<str:key>/notice", handling.notice, name="case_notice"),
    path("official/cases/<str:key>/acceptance", handling.acceptance, name="case_acceptance"),
    path("official/cases/<str:key>/refusal-to-accept", handling.refusal_to_accept, name="case_refusal_to_accept"),
    path("official/cases/<str:key>/review", handling.review, name="case_review"),
    path("official/cases/<str:key>/decision", handling.decision, name="case_decision"),
    path("official/cases/<str:key>/return-to-review", handling.return_to_review, name="case_return_to_review"),
    path("official/cases/<str:key>/stop", handling.stop, name="case_stop"),
    path("official/cases/<str:key>/resumption", handling.resumption, name="case_resumption"),
    path("official/cases/<str:key>/extension", handling.extension, name="case_extension"),
    path("official/cases/<str:key>/revocation", handling.revocation, name="case_revocation"),
    path("official/cards", cards.cards, name="cards"),
    path("official/audit", officials.audit, name="audit"),
    path("official/calendar", officials.calendar, name="calendar"),
]
