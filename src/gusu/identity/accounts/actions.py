"""What can happen to an account."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import IntegrityError, transaction

from gusu.identity import passwords
from gusu.identity.accounts import events, otp, queries, rules
from gusu.identity.accounts.models import Account, Appointment
from gusu.identity.accounts.names import folded
from gusu.identity.limits.actions import Limit, count, forget
from gusu.identity.organisations.queries import Organisation
from gusu.identity.roles.queries import Role
from gusu.kernel import clock
from gusu.kernel.action import action, locked
from gusu.kernel.actor import Actor
from gusu.kernel.audit import trail
from gusu.kernel.errors import GusuError
from gusu.kernel.text import Text

MANAGES = "identity.manage"
OWN_TRIES = Limit("own-account", most=5, window=timedelta(minutes=15), from_last=True)


class NameTaken(GusuError):
    """Another account signs in under this name."""

    status, code = 409, "sign_in_name_taken"
    says = Text("该登录名已被使用，请换一个。", "This sign-in name is taken. Choose another.")


class NamesMissing(GusuError):
    """Both names are needed."""

    status, code = 422, "account_names_missing"
    says = Text("请填写登录名和姓名。", "Enter a sign-in name and a name.")


class WrongPassword(GusuError):
    """The present password is asked before it is changed."""

    status, code = 403, "wrong_password"
    says = Text("当前密码不正确，请重新输入。", "The present password is not right. Enter it again.")


class WrongCode(GusuError):
    """The one-time code does not belong to this moment, or was used before."""

    status, code = 422, "wrong_one_time_code"
    says = Text(
        "动态验证码不正确或已使用过。请等应用显示新的验证码后再输入，并检查手机时间是否准确。",
        "This one-time code is not right or was used before. Wait for the app to show a new one, "
        "and check your phone's clock.",
    )


class AccountClosed(GusuError):
    """Nothing more happens to a closed account but erasing."""

    status, code = 409, "account_closed"
    says = Text("该账户已注销，不能再办理。", "This account is closed; nothing more can be done with it.")


class LastAdministrator(GusuError):
    """Somebody must be able to open accounts."""

    status, code = 409, "last_administrator"
    says = Text(
        "该任职是最后一个能管理账户的任职。请先任命另一位管理员，再结束此任职。",
        "This is the last post that manages accounts. Appoint another administrator first, then end this one.",
    )


class SubjectTaken(GusuError):
    """One open account for one person."""

    status, code = 409, "subject_taken"
    says = Text(
        "该人已有另一个账户完成实名核验。请使用该账户，或到窗口注销后再试。",
        "Another account is already bound to this person. Use that one, or have it closed at a counter first.",
    )


class NotAnOfficial(GusuError):
    """Posts belong to officials' accounts."""

    status, code = 409, "not_an_official"
    says = Text("只有公务人员账户可以任职。", "Only an official's account can be appointed to a post.")


class AlreadyAppointed(GusuError):
    """The same post is open for this account."""

    status, code = 409, "already_appointed"
    says = Text("该账户已在该机构担任此角色。", "This account already holds this role in this organisation.")


@dataclass(frozen=True)
class NewAccount:
    """What an account begins with. password: for the first sign-in, unless `keeps_password`."""

    sign_in_name: str
    display_name: str
    kind: str
    password: str = field(repr=False)
    keeps_password: bool = False
    demo: bool = False


@action(may=rules.may_manage)
def open_account(new: NewAccount, *, by: Actor) -> Account:
    """Open an account; raises NameTaken, NamesMissing, WeakPassword."""
    account = Account(
        sign_in_name=folded(new.sign_in_name),
        display_name=new.display_name.strip(),
        kind=new.kind,
        must_change_password=not new.keeps_password,
        demo=new.demo,
        opened_at=clock.now(),
    )
    if not (account.sign_in_name and account.display_name):
        raise NamesMissing
    _set_password(account, new.password)
    try:
        with transaction.atomic():
            account.save(force_insert=True)
    except IntegrityError as taken:
        raise NameTaken from taken
    trail.note(kind=account.kind)
    return account


def change_own_password(account: Account, *, old: str, new: str, by: Actor) -> Account:
    """`change_password` with the present password guessed at most five times; raises TooManyTries."""
    with _own_tries(account):
        return change_password(account, old=old, new=new, by=by)


def confirm_own_otp(account: Account, *, code: str, by: Actor) -> Account:
    """`confirm_otp` with the code guessed at most five times; raises TooManyTries."""
    with _own_tries(account):
        return confirm_otp(account, code=code, by=by)


def remove_own_otp(account: Account, *, code: str, by: Actor) -> Account:
    """`remove_otp` with the code guessed at most five times; raises TooManyTries."""
    with _own_tries(account):
        return remove_otp(account, code=code, by=by)


@action(may=rules.is_own)
def change_password(account: Account, *, old: str, new: str, by: Actor) -> Account:
    """Replace one's own password; every other session of the account ends."""
    if not passwords.matches(old, account.password):
        raise WrongPassword
    _set_password(account, new)
    account.must_change_password = False
    account.save(update_fields=["password", "must_change_password"])
    return account


@action(may=rules.may_manage_another)
def reset_password(account: Account, *, password: str, by: Actor) -> Account:
    """Give somebody a password for one sign-in, after which they choose their own; their sessions end.

    Invented people of a demonstration keep theirs, because several readers sign in as the same one.
    """
    _refuse_closed(account)
    _set_password(account, password)
    account.must_change_password = not account.demo
    account.save(update_fields=["password", "must_change_password"])
    return account


@action(may=rules.is_own)
def enrol_otp(account: Account, *, by: Actor) -> Account:
    """Begin with one-time codes: a secret that counts once `confirm_otp` has seen a code made with it."""
    if account.otp_confirmed_at is None:
        account.otp_secret = otp.new_secret(account)
        account.save(update_fields=["otp_secret"])
    return account


@action(may=rules.is_own)
def confirm_otp(account: Account, *, code: str, by: Actor) -> Account:
    """From now on a code is asked at every sign-in; raises WrongCode."""
    if not otp.accept(account, code):
        raise WrongCode
    account.otp_confirmed_at = account.otp_confirmed_at or clock.now()
    account.save(update_fields=["otp_counter", "otp_confirmed_at"])
    return account


@action(may=rules.is_own_or_manages)
def remove_otp(account: Account, *, code: str = "", by: Actor) -> Account:
    """Stop asking for codes. One's own needs a present code; an administrator's word is for a lost phone."""
    if rules.is_own(by, account) and not otp.accept(account, code):
        raise WrongCode
    account.otp_secret, account.otp_confirmed_at = "", None
    account.save(update_fields=["otp_secret", "otp_confirmed_at", "otp_counter"])
    return account


@action(may=rules.may_manage_another)
def appoint(account: Account, *, role: Role, organisation: Organisation, by: Actor) -> Appointment:
    """Give an official a role in an organisation, from today until `end_appointment`."""
    _refuse_closed(account)
    if account.kind != "official":
        raise NotAnOfficial
    try:
        with transaction.atomic():
            appointment = Appointment.objects.create(
                account=account, role=role, organisation=organisation, since=clock.today()
            )
    except IntegrityError as open_already:
        raise AlreadyAppointed from open_already
    trail.note(role=role.code, organisation=organisation.code)
    return appointment


@action(may=rules.may_end_appointment)
def end_appointment(appointment: Appointment, *, by: Actor) -> Appointment:
    """Leaving the post: its permissions end at once, and with the last one the account. Twice is as once.

    LastAdministrator.
    """
    if appointment.until is None or appointment.until > clock.today():
        appointment.until = max(clock.today(), appointment.since)
        appointment.save(update_fields=["until"])
        if MANAGES in appointment.role.permissions and not queries.somebody_may(MANAGES):
            raise LastAdministrator
        account = locked(appointment.account)
        if queries.leavers().filter(pk=account.pk).exists():
            close_account(account, by=by)
    trail.note(account=appointment.account_id)
    return appointment


@action(may=rules.is_the_house)
def bind_subject(account: Account, *, subject_id: str, name: str = "", by: Actor) -> Account:
    """Whoever made the real-name check says which subject this is, and says it again when subjects were merged.

    SubjectTaken.  name: as it was checked; the account shows it from now on.
    """
    _refuse_closed(account)
    account.subject_id, account.assurance = subject_id, 3
    account.display_name = name.strip() or account.display_name
    try:
        with transaction.atomic():
            account.save(update_fields=["subject_id", "assurance", "display_name"])
    except IntegrityError as bound:
        raise SubjectTaken from bound
    return account


@action(may=rules.is_the_house)
def close_leaver(account: Account, *, by: Actor) -> Account:
    """The last post of an official ended by itself: their account closes.

    Not the last administrator's: while nobody manages accounts, somebody has to be left who can be appointed again.
    """
    held = Appointment.objects.filter(account=account, role__permissions__contains=[MANAGES]).exists()
    stays = held and not queries.somebody_may(MANAGES)
    if queries.leavers().filter(pk=account.pk).exists() and not stays:
        close_account(account, by=by)
    return account


@action(may=rules.is_own_or_manages, tells=lambda account: events.AccountClosed(account=account.pk))
def close_account(account: Account, *, by: Actor) -> Account:
    """No more signing in; sessions and appointments end at once. Twice is as once."""
    if account.closed_at is None:
        account.closed_at = clock.now()
        account.set_unusable_password()
        account.save(update_fields=["closed_at", "password"])
        Appointment.objects.filter(account=account, until=None).update(until=clock.today())
    return account


@action(may=rules.is_own_or_manages)
def erase_account(account: Account, *, by: Actor) -> Account:
    """Close it and keep nothing but its id and dates (个人信息保护法 art. 47). Twice is as once."""
    close_account(account, by=by)
    account.refresh_from_db()
    account.sign_in_name, account.display_name, account.subject_id, account.otp_secret = account.pk, "", "", ""
    account.otp_confirmed_at, account.assurance, account.otp_counter = None, 0, 0
    account.erased_at = account.erased_at or clock.now()
    account.save()
    return account


def accept_code(account: Account, code: str) -> bool:
    """For the door, inside its action: whether this is a one-time code of this moment, which is used up from now on."""
    accepted = otp.accept(account, code)
    if accepted:
        account.save(update_fields=["otp_counter"])
    return accepted


@contextmanager
def _own_tries(account: Account) -> Iterator[None]:
    """A guess at one's own secret is counted before it is looked at; the right one clears the count."""
    count(OWN_TRIES, account.pk)
    yield
    forget(OWN_TRIES, account.pk)


def _set_password(account: Account, password: str) -> None:
    passwords.refuse_weak(password, account)
    account.set_password(password)


def _refuse_closed(account: Account) -> None:
    if account.closed_at:
        raise AccountClosed
