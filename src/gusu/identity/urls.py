"""The wing's addresses."""

from django.urls import path

from gusu.identity.accounts import own_pages as own
from gusu.identity.accounts import pages as accounts
from gusu.identity.organisations import pages as organisations
from gusu.identity.signin import pages as signin

urlpatterns = [
    path("sign-in", signin.sign_in, name="sign_in"),
    path("sign-out", signin.sign_out, name="sign_out"),
    path("account", own.my_account, name="my_account"),
    path("account/password", own.change_password, name="change_password"),
    path("account/one-time-code", own.one_time_code, name="one_time_code"),
    path("account/one-time-code/confirmation", own.confirm_one_time_code, name="confirm_one_time_code"),
    path("account/one-time-code/removal", own.remove_one_time_code, name="remove_one_time_code"),
    path("organisations", organisations.organisations, name="organisations"),
    path("organisations/<slug:code>", organisations.organisation, name="organisation"),
    path("organisations/<slug:code>/edit", organisations.edit_organisation, name="edit_organisation"),
    path("organisations/<slug:code>/adoption", organisations.adopt_organisation, name="adopt_organisation"),
    path("organisations/<slug:code>/end", organisations.close_organisation, name="close_organisation"),
    path("accounts", accounts.accounts, name="accounts"),
    path("accounts/new", accounts.new_account, name="new_account"),
    path("accounts/<slug:key>", accounts.account, name="account"),
    path("accounts/<slug:key>/appointments", accounts.appoint, name="appoint"),
    path("accounts/<slug:key>/appointments/<int:number>/end", accounts.end_appointment, name="end_appointment"),
    path("accounts/<slug:key>/password", accounts.reset_password, name="reset_password"),
    path("accounts/<slug:key>/one-time-code/removal", accounts.switch_off_codes, name="switch_off_codes"),
    path("accounts/<slug:key>/closing", accounts.close_account, name="close_account"),
    path("accounts/<slug:key>/erasure", accounts.erase_account, name="erase_account"),
]
