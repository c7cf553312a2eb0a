"""Everything we ask of Meta besides sending: templates, files and the state of our numbers."""

import time
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, NewConnectionError

from whatsapp import errors
from whatsapp.errors import OutcomeUnknown, Refused, TryAgain

TIMEOUT_SECONDS = (5, 30)
_TEMPLATE_FIELDS = (
    "name,status,category,language,components,parameter_format,quality_score,rejected_reason,"
    "correct_category"
)
_NUMBER_FIELDS = (
    "display_phone_number,verified_name,quality_rating,status,throughput,"
    "whatsapp_business_manager_messaging_limit"
)
# Source: WhatsApp Cloud API, error codes: a paging cursor ran out; start again without one.
_CURSOR_GONE = 131059
MOST_PAGES = 100
_PIECE = 64 * 1024
# Longer would hold up all other files; it is tried again.
_DOWNLOAD_SECONDS = 120.0


class TooLarge(Exception):
    """A file is larger than we take; asking again changes nothing."""


class Graph:
    """Meta's Graph API with one token."""

    def __init__(self, *, base_url: str, version: str, token: str) -> None:
        self._root = f"{base_url}/{version}"
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def templates(self, waba_id: str) -> Iterator[dict[str, Any]]:
        """
        Yield every template of an account, all pages.

        :raises TryAgain: Meta did not answer; nothing may be concluded from what was not yielded
        :raises Refused: Meta said no
        """
        parameters = {"fields": _TEMPLATE_FIELDS, "limit": "100"}
        for _page in range(MOST_PAGES):
            try:
                answer = self._get(f"{waba_id}/message_templates", parameters)
            except Refused as error:
                if error.code != _CURSOR_GONE or "after" not in parameters:
                    raise
                del parameters["after"]
                continue
            yield from answer.get("data", ())
            paging = answer.get("paging") or {}
            if not paging.get("next"):
                return
            parameters["after"] = paging["cursors"]["after"]
        raise TryAgain("the list of templates does not end")

    def number(self, phone_number_id: str) -> dict[str, Any]:
        """Return what Meta says of one of our numbers; every field may be missing."""
        return self._get(phone_number_id, {"fields": _NUMBER_FIELDS})

    def numbers(self, waba_id: str) -> Sequence[dict[str, Any]]:
        """Return an account's numbers, each with its id and how it is dialed."""
        parameters = {"fields": "id,display_phone_number", "limit": "100"}
        return tuple(self._get(f"{waba_id}/phone_numbers", parameters).get("data", ()))

    def health(self, phone_number_id: str) -> dict[str, Any]:
        """
        Return whether a number may send now, and what is in its way; {} where Meta says nothing.

        Source: WhatsApp Cloud API, health status, 22 Oct 2025.
        """
        answer = self._get(phone_number_id, {"fields": "health_status"})
        return dict(answer.get("health_status") or {})

    def subscribers(self, waba_id: str) -> list[tuple[str, str]]:
        """
        Return the apps that are told of what happens on an account: name, and own address or "".

        Source: Graph API reference, WhatsApp Business Account, subscribed apps, read 2026-11.
        """
        rows = self._get(f"{waba_id}/subscribed_apps", {}).get("data") or ()
        return [
            (
                str((row.get("whatsapp_business_api_data") or {}).get("name") or "?"),
                str(row.get("override_callback_uri") or ""),
            )
            for row in rows
        ]

    def template(self, meta_id: str) -> dict[str, Any]:
        """Return one template, as the listing has it."""
        return self._get(meta_id, {"fields": _TEMPLATE_FIELDS})

    def create_template(self, waba_id: str, asked: dict[str, Any]) -> dict[str, Any]:
        """
        Hand in a new template.

        :returns: its id, status, and the category Meta gave it
        :raises Refused: Meta said no, and mostly why
        :raises OutcomeUnknown: it may have been taken; a listing will tell
        """
        return self._write("POST", f"{waba_id}/message_templates", json=asked)

    def edit_template(self, meta_id: str, asked: dict[str, Any]) -> None:
        """Replace the words of a template; Meta reviews it anew. Raises as `create_template`."""
        self._write("POST", meta_id, json=asked)

    def delete_template(self, waba_id: str, *, name: str, meta_id: str) -> None:
        """Delete a template in one language. Raises as `create_template`."""
        query = {"name": name, "hsm_id": meta_id}
        self._write("DELETE", f"{waba_id}/message_templates", params=query)

    def upload(self, phone_number_id: str, *, name: str, mime_type: str, content: bytes) -> str:
        """Give Meta a file to keep for 30 days for one number, and return its id."""
        answer = self._write(
            "POST",
            f"{phone_number_id}/media",
            data={"messaging_product": "whatsapp", "type": mime_type},
            files={"file": (name, content, mime_type)},
        )
        return str(answer.get("id", ""))

    def upload_sample(self, app_id: str, *, name: str, mime_type: str, content: bytes) -> str:
        """Give Meta's reviewers the sample of a heading, and return its handle."""
        query = {"file_name": name, "file_length": str(len(content)), "file_type": mime_type}
        begun = self._write("POST", f"{app_id}/uploads", params=query)
        # Meta wants another word before the token here.
        token = str(self._session.headers["Authorization"]).removeprefix("Bearer ")
        answer = self._write(
            "POST",
            str(begun.get("id", "")),
            headers={"Authorization": f"OAuth {token}", "file_offset": "0"},
            data=content,
        )
        return str(answer.get("h", ""))

    def media(self, media_id: str, *, phone_number_id: str) -> dict[str, Any]:
        """
        Return where a file can be fetched for the next five minutes.

        :raises Refused: it is not there, or not ours
        """
        return self._get(media_id, {"phone_number_id": phone_number_id})

    def download(self, address: str, *, largest: int) -> Iterator[bytes]:
        """
        Yield a file piece by piece.

        :param largest: bytes; an answer that says less than it sends is cut off there
        :raises TooLarge: it is, or says it is, larger
        :raises TryAgain: it did not come whole; look its address up again
        """
        if not self._is_trusted(address):
            raise TryAgain("an address that our token must not be sent to")
        try:
            with self._get_whole(address) as response:
                yield from _pieces(response, largest)
        except (requests.RequestException, HTTPError) as error:
            raise TryAgain(type(error).__name__) from None

    def _get_whole(self, address: str) -> requests.Response:
        wish = {"Accept-Encoding": "identity"}
        return self._session.get(address, headers=wish, stream=True, timeout=TIMEOUT_SECONDS)

    def _is_trusted(self, address: str) -> bool:
        """Our token goes over HTTPS, or to where all our calls go."""
        there, here = urlsplit(address), urlsplit(self._root)
        is_ours = (there.scheme, there.netloc) == (here.scheme, here.netloc)
        return is_ours or (there.scheme == "https" and bool(there.hostname))

    def _write(self, method: str, path: str, **wish: Any) -> dict[str, Any]:
        try:
            response = self._session.request(
                method, f"{self._root}/{path}", timeout=TIMEOUT_SECONDS, **wish
            )
            answer = response.json()
        except requests.JSONDecodeError:
            raise OutcomeUnknown("an answer without Meta's JSON") from None
        except requests.RequestException as error:
            kind = TryAgain if _never_left(error) else OutcomeUnknown
            raise kind(type(error).__name__) from None
        return _checked(answer)

    def _get(self, path: str, parameters: dict[str, str]) -> dict[str, Any]:
        try:
            response = self._session.get(
                f"{self._root}/{path}", params=parameters, timeout=TIMEOUT_SECONDS
            )
            answer = response.json()
        except requests.JSONDecodeError as error:
            raise TryAgain("an answer without Meta's JSON") from error
        except requests.RequestException as error:
            # The type alone: addresses carry account ids.
            raise TryAgain(type(error).__name__) from None
        return _checked(answer)


def _pieces(response: requests.Response, largest: int) -> Iterator[bytes]:
    ends = time.monotonic() + _DOWNLOAD_SECONDS
    said = _announced(response)
    length = 0
    # As it comes: nothing that was packed is unpacked here.
    for piece in iter(lambda: response.raw.read(_PIECE), b""):
        length += len(piece)
        if max(length, said) > largest:
            raise TooLarge("larger than its kind may be")
        if time.monotonic() > ends:
            raise TryAgain("it came too slowly")
        yield piece
    if said and length != said:
        raise TryAgain("it ended early")


def _announced(response: requests.Response) -> int:
    """Return how long an answer says it is, 0 where it does not."""
    if response.status_code != HTTPStatus.OK:
        raise TryAgain("the file was not given")
    said = response.headers.get("Content-Length", "")
    return int(said) if said.isdigit() else 0


def _checked(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise OutcomeUnknown("an answer of another shape")
    if "error" in answer:
        error = answer["error"]
        raise errors.refusal(errors.code_of(error), details=_details(error))
    return answer


def _details(error: Any) -> str:
    """Return Meta's own words about a refusal, as far as there are any."""
    if not isinstance(error, dict):
        return ""
    more = error.get("error_data")
    told = more.get("details") if isinstance(more, dict) else None
    words = error.get("error_user_msg") or told or error.get("message") or ""
    return str(words)[:300]


def _never_left(error: requests.RequestException) -> bool:
    """True where no connection was made: nothing can have been taken."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError)
