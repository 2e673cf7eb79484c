"""The portal's and the three spaces' addresses."""

from django.urls import path

from gusu.spaces.citizens import data as own_data
from gusu.spaces.citizens import pages as citizens
from gusu.spaces.enterprises import pages as enterprises
from gusu.spaces.officials import objections
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
    path("verify/<str:token>", verification.verified, name="verified"),
    path("targets", public.targets, name="targets"),
    path("space", public.space, name="space"),
    path("citizen", citizens.home, name="citizen_home"),
    path("citizen/data", own_data.my_data, name="my_data"),
    path("citizen/data/looks", own_data.looks, name="looks"),
    path("citizen/data/looks.csv", own_data.looks_file, name="looks_file"),
    path(
        "citizen/data/<slug:code>/<str:element>/<slug:source>/objection", own_data.object_to, name="object_to"
    ),
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
    path("official/audit", officials.audit, name="audit"),
    path("official/calendar", officials.calendar, name="calendar"),
]
