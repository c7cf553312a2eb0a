"""What a stranger, or somebody inside, tries at the pages; see the table in README."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib import admin
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import resolve, reverse

from campaigns.models import Campaign
from healthmsg.clinic.models import Clinic, Patient, StaffUser
from healthmsg.cockpit.policy import ADMIN_POLICY
from tests import factories
from tests.house import addresses
from whatsapp.models import Account, HeaderFile, Sender

PLANTED = "'; DROP TABLE clinic_patient; --"
LISTS = sorted(
    f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    for model in admin.site._registry
)


@pytest.fixture
def inside(client: Client, sunrise_clinic: Clinic) -> Callable[..., Client]:
    def sign_in(role: str = "Clinic admin") -> Client:
        user = StaffUser.objects.create(username=role, is_staff=True)
        user.clinics.add(sunrise_clinic)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def root(db: None) -> StaffUser:
    return StaffUser.objects.create(username="root", is_staff=True, is_superuser=True)


def form_of(client: Client, address: str) -> dict[str, Any]:
    """What the page's own form would send if somebody pressed its button."""
    form = client.get(address).context["adminform"].form
    shown = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in shown.items() if value not in (None, "", False)}


def test_attack_nothing_but_the_patients_page_takes_a_form_of_another_site(
    sunrise_clinic: Clinic,
) -> None:
    # A page without sign-in has no cookie that a foreign page could use.
    rows = {"clinic.Clinic": sunrise_clinic}
    rows |= dict.fromkeys(addresses._ROWS.values(), sunrise_clinic)

    open_to_all = {
        pattern
        for pattern in addresses.patterns()
        if getattr(resolve(addresses.filled(pattern, rows)).func, "csrf_exempt", False)
    }

    assert "django.middleware.csrf.CsrfViewMiddleware" in django_settings.MIDDLEWARE
    assert open_to_all == {"another-time/<token>/"}


def test_attack_a_form_of_another_site_is_refused(root: StaffUser) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(root)

    for page in (reverse("change_user"), reverse("admin:logout"), "/admin/login/"):
        assert client.post(page, {"next": "/"}).status_code == 403


@pytest.mark.parametrize(
    "page", ["/alarm/none/", "/another-time/none/", "/sign-in/again/", "/no-such-page/"]
)
def test_attack_no_script_of_a_stranger_runs(client: Client, root: StaffUser, page: str) -> None:
    client.force_login(root)

    policy = client.get(page)["Content-Security-Policy"]

    assert "unsafe" not in policy
    for part in ("default-src 'self'", "object-src 'none'", "frame-ancestors 'none'"):
        assert part in policy
    assert "form-action 'self'" in policy


def test_attack_the_admin_runs_no_inline_script_either(client: Client, root: StaffUser) -> None:
    client.force_login(root)

    policy = client.get("/admin/")["Content-Security-Policy"]

    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe-inline" not in scripts
    assert "http" not in scripts
    assert set(ADMIN_POLICY) >= {"default-src", "script-src", "form-action", "frame-ancestors"}


def test_attack_cookies_are_not_read_by_scripts_or_sent_from_elsewhere(
    client: Client, root: StaffUser
) -> None:
    root.set_password("correct horse 9")
    root.save()
    client.post("/admin/login/", {"username": "root", "password": "correct horse 9"})

    session = client.cookies[django_settings.SESSION_COOKIE_NAME]
    assert session["httponly"]
    assert session["samesite"] == "Lax"
    assert client.get("/admin/")["X-Frame-Options"] == "DENY"
    assert client.get("/admin/")["X-Content-Type-Options"] == "nosniff"
    assert client.get("/admin/")["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "localhost:80@evil"])
def test_attack_another_host_is_not_answered(client: Client, db: None, host: str) -> None:
    assert client.get("/admin/login/", HTTP_HOST=host).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        pytest.param(f"q={PLANTED}", id="search"),
        pytest.param("o=1;DROP.2'--&p=1;2", id="order-and-page"),
        pytest.param("id__exact=1)+OR+(1=1", id="filter"),
        pytest.param("clinic__id__exact=' OR 1=1&status__exact=x'--", id="filter-of-clinic"),
        pytest.param("q=%00&day=0000-99-99'", id="no-day"),
    ],
)
def test_attack_no_list_runs_what_is_typed(
    root: StaffUser, sunrise_clinic: Clinic, query: str
) -> None:
    kept = factories.make_patient(sunrise_clinic)

    answered = {
        name: addresses.asked(f"{reverse(name)}?{query}", root, renders=True) for name in LISTS
    }

    assert set(answered.values()) <= {200, 302, 400}, answered
    assert Patient.objects.filter(pk=kept.pk).exists()


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("clinic_staffuser", "password__startswith=argon2"),
        ("clinic_patient", "clinic__staff__password__startswith=a"),
        ("whatsapp_message", "sender__clinic__patients__given_name__startswith=A"),
    ],
)
def test_attack_a_filter_reads_no_column_that_is_not_shown(
    inside: Callable[..., Client], page: str, query: str
) -> None:
    answer = inside().get(reverse(f"admin:{page}_changelist") + f"?{query}")

    assert answer.status_code in {302, 400}


def test_attack_a_form_gives_nobody_more_than_it_shows(
    inside: Callable[..., Client], sunrise_clinic: Clinic
) -> None:
    client = inside()
    user = StaffUser.objects.create(username="robin", is_staff=True)
    user.clinics.add(sunrise_clinic)
    other = factories.make_clinic()
    above = Permission.objects.get(codename="delete_clinic")
    form = {"username": "robin", "clinics": [sunrise_clinic.pk, other.pk], "is_active": "on"}
    more = {"is_superuser": "on", "user_permissions": [above.pk], "powers_version": "7"}

    client.post(reverse("admin:clinic_staffuser_change", args=[user.pk]), form | more)
    del form["clinics"]
    client.post(
        reverse("admin:clinic_staffuser_change", args=[user.pk]),
        form | more | {"clinics": [sunrise_clinic.pk], "has_second_factor": "on"},
    )

    user.refresh_from_db()
    assert not user.is_superuser
    assert not user.user_permissions.exists()
    assert not user.has_second_factor
    assert list(user.clinics.all()) == [sunrise_clinic]


def test_attack_a_form_moves_no_patient_and_approves_no_campaign(
    inside: Callable[..., Client], sunrise_clinic: Clinic, sender: Sender
) -> None:
    client = inside()
    other = factories.make_clinic()
    template = factories.make_template(sender.account)
    campaign = Campaign.objects.create(
        clinic=sunrise_clinic,
        name="Flu",
        purpose="PREVENTION",
        template_name=template.name,
        audience=factories.make_audience(sunrise_clinic),
    )
    patient = factories.make_patient(sunrise_clinic)
    boss = StaffUser.objects.get(username="Clinic admin")

    for row in (campaign, patient):
        page = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
        more = {"clinic": other.pk, "state": "DIED", "merged_into": "1", "approved_by": boss.pk}
        more |= {"approved_at_0": "2026-01-01", "approved_at_1": "10:00", "created_by": boss.pk}
        client.post(page, form_of(client, page) | more)
        row.refresh_from_db()

    assert campaign.approved_at is None
    assert campaign.approved_by is None
    assert campaign.clinic == patient.clinic == sunrise_clinic
    assert patient.state == "ACTIVE"


@pytest.mark.parametrize("name", ["root", "nobody"])
def test_attack_a_name_that_nobody_has_takes_as_long_as_one(
    client: Client, root: StaffUser, settings: Any, name: str
) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.Counting"]
    root.set_password("correct horse 9")
    root.save()
    Counting.worked = 0

    client.post("/admin/login/", {"username": name, "password": "wrong horse 99"})

    assert Counting.worked == 1


class Counting(MD5PasswordHasher):
    """Counts how often a password is worked on, which is what takes the time."""

    worked = 0

    def encode(self, password: str, salt: str) -> str:
        Counting.worked += 1
        return super().encode(password, salt)


def test_attack_a_link_is_not_guessed(client: Client, db: None) -> None:
    statuses = [
        client.get(f"/another-time/{n}/", REMOTE_ADDR="203.0.113.77").status_code for n in range(40)
    ]

    assert statuses[0] in {404, 429}
    assert statuses[-1] == 429


def test_attack_a_page_that_fails_tells_a_stranger_nothing(client: Client, db: None) -> None:
    page = client.get("/no-such-page/<script>alert(1)</script>").content.decode()

    assert "<script>alert" not in page
    assert "healthmsg.urls" not in page
    assert json.dumps(django_settings.SECRET_KEY) not in page


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("a.pdf", b"<html><script>alert(1)</script>", id="page-as-pdf"),
        pytest.param("a.png", b"MZ\x90\x00" + b"\x00" * 100, id="program-as-picture"),
        pytest.param("a.svg", b"<svg onload='alert(1)'/>", id="drawing-with-script"),
        pytest.param("a.jpg", b"\xff\xd8\xff\xe0" + b"\x00" * (6 << 20), id="too-large"),
    ],
)
def test_attack_no_file_is_another_than_it_says(
    inside: Callable[..., Client], sunrise_clinic: Clinic, sender: Sender, name: str, content: bytes
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415

    client = inside()
    sent = SimpleUploadedFile(name, content, content_type="application/pdf")

    client.post(
        reverse("admin:whatsapp_headerfile_add"),
        {"clinic": sunrise_clinic.pk, "name": "a", "file": sent, "content": sent, "chosen": sent},
    )

    assert Account.objects.exists()
    assert not HeaderFile.objects.exists()
