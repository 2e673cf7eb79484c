"""The kinds of rule about what is said of people: numbers, names, dates, and whether they agree with one another.

Values are compared in their normal form (`kernel/engine/forms.py`): whether one is right, and whether it is written as
it should be, are two questions.
"""

from typing import ClassVar, Literal

from gusu.kernel.engine.duck import literal, name
from gusu.kernel.engine.forms import BLANK, HAN, WIDENED, normal
from gusu.resources.quality.kind import Asking, RowKind, is_filled

DATE_FORMS = {"basic": "[0-9]{8}", "extended": "[0-9]{4}-[0-9]{2}-[0-9]{2}"}  # GB/T 7408.1-2023 §5.2.2
MONTH_DAY = "(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31"
MOMENT = f"[1-9][0-9]{{3}}-({MONTH_DAY})[T ][0-2][0-9](:[0-5][0-9]){{1,2}}(Z|[+-][01][0-9](:?[0-5][0-9])?)?"
UNLIKE = {"name": "[0-9０-９]", "phone": f"[{HAN}]"}


FIRST_HAN, LAST_HAN = "一", "鿿"  # of the block in which nearly all stand


class ItemKind(RowKind, frozen=True):
    """About one item."""

    item: str

    def columns(self) -> list[str]:
        return [self.item]

    def normal(self, asking: Asking, form: str) -> str:
        return asking.shared(normal(form, name(self.item)))


class ResidentNumber(ItemKind, frozen=True, tag="resident_number"):
    """A value, if there is one, is an identity number, or one can be recovered from it (GB 11643-1999): shape, date and
    check digit. The division that issued it is never asked.
    """

    def fails(self, asking: Asking) -> str:
        return f"{self.normal(asking, 'resident_number')} IS NULL AND {is_filled(name(self.item))}"


class FifteenDigits(ItemKind, frozen=True, tag="fifteen_digits"):
    """An identity number is not one of fifteen digits, as they were before 1999."""

    def fails(self, asking: Asking) -> str:
        number = self.normal(asking, "resident_number")
        return f"{name(self.item)} <> {number} AND length(gusu_tight({name(self.item)})) = 15"


class WrittenPlainly(ItemKind, frozen=True, tag="written_plainly"):
    """A number of any sort has no blanks and no full-width characters."""

    def fails(self, asking: Asking) -> str:
        item = name(self.item)
        graphic = f"regexp_full_match({item}, '[!-~]*')"  # most values, and seen at less cost
        return f"NOT {graphic} AND regexp_matches({item}, {literal(f'[{BLANK}{WIDENED}]')})"


class NameForm(ItemKind, frozen=True, tag="name_form"):
    """A name is in its normal form: no blanks around or inside a Chinese name, `·` (U+00B7) between its parts."""

    def fails(self, asking: Asking) -> str:
        return f"{name(self.item)} <> {self.normal(asking, 'person_name')}"


class Date(ItemKind, frozen=True, tag="date"):
    """A value, if there is one, is a date that exists, however it is written."""

    concern: ClassVar[str] = "date"

    def fails(self, asking: Asking) -> str:
        return f"{self.normal(asking, 'date')} IS NULL AND {is_filled(name(self.item))}"


class Moment(ItemKind, frozen=True, tag="moment"):
    """A value, if there is one, is a date, perhaps with a time of day"""

    concern: ClassVar[str] = "date"

    def fails(self, asking: Asking) -> str:
        item = name(self.item)
        odd = f"NOT regexp_full_match({item}, {literal(MOMENT)})"  # few are left for the dearer question
        return f"{odd} AND {is_filled(item)} AND {normal('date', item)} IS NULL"


class DateForm(ItemKind, frozen=True, tag="date_form"):
    """A date is written as the resource usually does: `basic` 20261124 or `extended` 2026-11-24."""

    form: Literal["basic", "extended"]

    def fails(self, asking: Asking) -> str:
        item = name(self.item)
        odd = f"NOT regexp_full_match({item}, {literal(DATE_FORMS[self.form])})"
        return f"{odd} AND {self.normal(asking, 'date')} IS NOT NULL"


class LooksLike(ItemKind, frozen=True, tag="looks_like"):
    """A value looks like what it should be, not like its neighbour's: a name has no digit, a telephone number no
    Chinese character, an address some.
    """

    like: Literal["name", "phone", "address"]

    def fails(self, asking: Asking) -> str:
        item = name(self.item)
        if self.like == "address":
            begins = f"ord({item}) BETWEEN {ord(FIRST_HAN)} AND {ord(LAST_HAN)}"
            return f"NOT {begins} AND NOT regexp_matches({item}, {literal(f'[{HAN}]')}) AND {is_filled(item)}"
        return f"regexp_matches({item}, {literal(UNLIKE[self.like])})"


class Agrees(ItemKind, frozen=True, tag="agrees"):
    """The item says what the identity number says: sex (its seventeenth digit, odd for men) or date of birth.

    values: for sex, which parity each written value stands for; others prove nothing.
    """

    number: str
    on: Literal["sex", "birth_date"]
    values: dict[str, Literal["odd", "even"]] = {}

    def __post_init__(self) -> None:
        if (self.on == "sex") != bool(self.values):
            raise ValueError("`values` says which values are odd and which even, for sex and only there")

    def columns(self) -> list[str]:
        return [self.item, self.number]

    def fails(self, asking: Asking) -> str:
        number = asking.shared(normal("resident_number", name(self.number)))
        if self.on == "sex":
            cases = " ".join(
                f"WHEN {literal(value)} THEN {int(parity == 'odd')}" for value, parity in self.values.items()
            )
            return f"(ascii(substr({number}, 17, 1)) & 1) <> CASE {name(self.item)} {cases} END"
        born = self.normal(asking, "date")
        return f"year({born}) * 10000 + month({born}) * 100 + day({born}) <> substr({number}, 7, 8)::INTEGER"
