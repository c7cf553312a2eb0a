"""Numbers: as reception types them, as WhatsApp says them, and anything at all."""

import re
from contextlib import suppress

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from healthmsg.clinic import phone
from healthmsg.clinic.phone import Impossible

COUNTRIES = ["AR", "BR", "MX", "ES", "FR", "MA", "IN", "DE", "US", "GB"]
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
typed_numbers = st.text(alphabet="0123456789+-() ./ext#", max_size=25)


@pytest.mark.parametrize(
    ("typed", "country", "number"),
    [
        pytest.param("11 5555-0101", "AR", "+541155550101", id="national"),
        pytest.param("011 15 5555-0101", "AR", "+5491155550101", id="argentine-mobile-with-15"),
        pytest.param("+54 9 11 5555 0101", "AR", "+5491155550101", id="international"),
        pytest.param("0054 9 11 5555 0101", "AR", "+5491155550101", id="dialled-abroad"),
        pytest.param("(11) 98765-4321", "BR", "+5511987654321", id="brazilian"),
        pytest.param("(11) 8765-4321", "BR", "+5511987654321", id="brazilian-without-its-nine"),
        pytest.param("(11) 3456-7890", "BR", "+551134567890", id="brazilian-landline"),
        pytest.param("+52 1 55 1234 5678", "MX", "+525512345678", id="mexican-with-the-old-one"),
        pytest.param("+34 612 34 56 78", "AR", "+34612345678", id="foreign"),
        pytest.param("٠٦١٢٣٤٥٦٧٨", "MA", "+212612345678", id="arabic-digits"),
    ],
)
def test_a_number_is_read_in_the_clinics_country(typed: str, country: str, number: str) -> None:
    assert phone.e164(typed, country=country) == number


@pytest.mark.parametrize("typed", ["", "107", "no number", "+54 11 5", "+999 123456789", "1" * 40])
def test_an_impossible_number_is_refused_without_being_repeated(typed: str) -> None:
    with pytest.raises(Impossible) as refused:
        phone.e164(typed, country="AR")

    assert not typed or typed not in str(refused.value)


@given(typed=st.one_of(typed_numbers, st.text()), country=st.sampled_from(COUNTRIES))
def test_whatever_is_typed_is_a_number_or_impossible(typed: str, country: str) -> None:
    with suppress(Impossible):
        number = phone.e164(typed, country=country)
        assert E164.fullmatch(number)
        assert phone.e164(number, country="US") == number


@given(country=st.sampled_from(COUNTRIES))
def test_a_number_reads_back_as_people_write_it(country: str) -> None:
    example = phonenumbers.example_number_for_type(country, PhoneNumberType.MOBILE)
    assert example is not None
    typed = phonenumbers.format_number(example, PhoneNumberFormat.INTERNATIONAL)
    number = phone.e164(typed, country=country)

    assert phone.e164(phone.spoken(number), country="US") == number


@pytest.mark.parametrize(
    ("wa_id", "number"),
    [
        pytest.param("551187654321", "+5511987654321", id="brazil-without-the-nine"),
        pytest.param("5511987654321", "+551187654321", id="brazil-with-the-nine"),
        pytest.param("5215512345678", "+525512345678", id="mexico-with-the-one"),
        pytest.param("525512345678", "+5215512345678", id="mexico-without-the-one"),
        pytest.param("5491155550101", "+541155550101", id="argentina-with-the-nine"),
        pytest.param("541155550101", "+5491155550101", id="argentina-without-the-nine"),
    ],
)
def test_whatsapps_other_form_is_the_same_line(wa_id: str, number: str) -> None:
    assert phone.same_line(wa_id) == ("+" + wa_id, number)


@pytest.mark.parametrize(
    ("number", "others"),
    [
        pytest.param("+5511987654321", ["+551187654321"], id="brazil-mobile"),
        pytest.param("+551187654321", ["+5511987654321"], id="brazil-mobile-without-the-nine"),
        pytest.param("+551134567890", [], id="brazil-landline"),
        pytest.param("+5511934567890", [], id="brazil-mobile-that-a-landline-looks-like"),
        pytest.param("+525512345678", ["+5215512345678"], id="mexico"),
        pytest.param("+541155550101", ["+5491155550101"], id="argentina"),
        pytest.param("+34612345678", [], id="elsewhere"),
    ],
)
def test_another_form_is_looked_for_where_it_can_be_nobody_elses(
    number: str, others: list[str]
) -> None:
    assert phone.same_number(number) == (number, *others)


@pytest.mark.parametrize(
    ("wa_id", "number"),
    [
        pytest.param("5215512345678", "+525512345678", id="mexico"),
        pytest.param("553187654321", "+5531987654321", id="brazil"),
        pytest.param("5491155550101", "+5491155550101", id="argentina"),
        pytest.param("99912345678", "+99912345678", id="nobodys"),
    ],
)
def test_who_writes_first_is_stored_as_people_dial_it(wa_id: str, number: str) -> None:
    assert phone.dialed(wa_id) == number


@given(digits=st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True))
def test_the_same_line_is_mutual(digits: str) -> None:
    forms = phone.same_line(digits)

    assert forms[0] == "+" + digits
    assert all("+" + digits in phone.same_line(form) for form in forms)


@given(anything=st.text())
def test_any_id_has_a_line(anything: str) -> None:
    assert 1 <= len(phone.same_line(anything)) <= 2


@pytest.mark.parametrize(
    ("number", "country"),
    [
        pytest.param("+5491155550101", "AR", id="two-digits"),
        pytest.param("+4915112345678", "DE", id="germany"),
        pytest.param("+447924123456", "GB", id="a-code-of-several-goes-to-whom-it-was-given"),
        pytest.param("+351912345678", "PT", id="three-digits"),
        pytest.param("+12125550101", "US", id="new-york"),
        pytest.param("+14165550101", "CA", id="toronto"),
        pytest.param("+17875550101", "PR", id="san-juan"),
        pytest.param("+79161234567", "RU", id="moscow"),
        pytest.param("+77011234567", "KZ", id="almaty"),
        pytest.param("+80012345678", "", id="of-no-country"),
        pytest.param("+99912345678", "", id="nobodys"),
        pytest.param("+", "", id="nothing"),
    ],
)
def test_the_country_is_known_by_how_a_number_begins(number: str, country: str) -> None:
    assert phone.country_of(number[: phone.BEGINNING]) == country


@pytest.mark.parametrize("code", sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
def test_every_countrys_numbers_are_told_by_their_beginning(code: int) -> None:
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]
    # Who shares a code is told apart where it is +1 or +7.
    for region in regions if code in {1, 7} else regions[:1]:
        example = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
        if example is not None:
            number = phonenumbers.format_number(example, PhoneNumberFormat.E164)
            assert phone.country_of(number[: phone.BEGINNING]) == region
