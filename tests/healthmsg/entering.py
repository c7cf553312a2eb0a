"""Somebody who signs in, somebody who looks after staff, and what they type."""

from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client
from django_otp.oath import totp
from redis import Redis

from healthmsg.clinic import second_factor
from healthmsg.clinic.models import Clinic, StaffUser, Telephone

PASSWORD = "correct horse 9"
LOGIN = "/admin/login/"
HOME = "/admin/"
ARGON = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]


@pytest.fixture(autouse=True)
def nobody_has_tried_yet() -> None:
    with Redis.from_url(settings.REDIS_URL) as redis:
        for key in redis.scan_iter("haste:*"):
            redis.delete(key)


@pytest.fixture
def person(sunrise_clinic: Clinic) -> StaffUser:
    user = StaffUser.objects.create_user("robin", password=PASSWORD, is_staff=True)
    user.clinics.add(sunrise_clinic)
    user.groups.add(Group.objects.get(name="Reception"))
    return user


@pytest.fixture
def signed_in(client: Client, person: StaffUser) -> Client:
    sign_in(client)
    return client


@pytest.fixture
def head(sunrise_clinic: Clinic) -> Client:
    user = StaffUser.objects.create(username="head", is_staff=True)
    user.clinics.add(sunrise_clinic)
    user.groups.add(Group.objects.get(name="Clinic admin"))
    client = Client()
    client.force_login(user)
    return client


def sign_in(client: Client, password: str = PASSWORD, **request: Any) -> Any:
    form = {"username": "robin", "password": password, "next": HOME}
    return client.post(LOGIN, form, **request)


def digits(user: StaffUser, *, confirmed: bool = True) -> str:
    device = Telephone.objects.get(user=user, confirmed=confirmed)
    return f"{totp(device.bin_key):06d}"


def enrolled(user: StaffUser) -> list[str]:
    second_factor.begin(user)
    words = second_factor.confirm(user, digits(user, confirmed=False))
    # The digits of now were used up by setting up; those of the next half minute will do.
    Telephone.objects.filter(user=user).update(last_t=-1)
    return words


def is_in(client: Client) -> bool:
    return bool(client.get(HOME).status_code == 200)
