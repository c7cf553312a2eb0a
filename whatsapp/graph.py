"""Everything we ask of Meta besides sending: templates and the state of our numbers."""

from collections.abc import Iterator
from typing import Any

import requests

from whatsapp import errors
from whatsapp.errors import OutcomeUnknown, Refused, TryAgain

TIMEOUT_SECONDS = (5, 30)
_TEMPLATE_FIELDS = (
    "name,status,category,language,components,parameter_format,quality_score,rejected_reason"
)
_NUMBER_FIELDS = (
    "display_phone_number,verified_name,quality_rating,status,throughput,"
    "whatsapp_business_manager_messaging_limit"
)
# Source: WhatsApp Cloud API, error codes: a paging cursor ran out; start again without one.
_CURSOR_GONE = 131059
MOST_PAGES = 100


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
        if not isinstance(answer, dict):
            raise OutcomeUnknown("an answer of another shape")
        if "error" in answer:
            raise errors.refusal(errors.code_of(answer["error"]))
        return answer
