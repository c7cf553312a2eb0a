"""Meta's refusals: codes, titles, HTTP statuses and the body they come in."""

import secrets
from typing import Any

# Source: WhatsApp Cloud API, error codes, read 2026-09; HTTP statuses from the table of 2025-12.
TITLES = {
    0: "AuthException",
    1: "API Unknown",
    2: "API Service",
    3: "API Method",
    4: "API Too Many Calls",
    10: "Permission Denied",
    33: "Parameter value is not valid",
    100: "Invalid parameter",
    190: "Invalid OAuth access token - Cannot parse access token",
    368: "Temporarily blocked for policies violations",
    80007: "Rate limit issues",
    80008: "WhatsApp account call limit reached",
    130403: "The business has blocked this user",
    130429: "Rate limit hit",
    130472: "User's number is part of an experiment",
    130497: "Business account is restricted from messaging users in this country",
    131000: "Something went wrong",
    131005: "Access denied",
    131008: "Required parameter is missing",
    131009: "Parameter value is not valid",
    131016: "Service unavailable",
    131021: "Recipient cannot be sender",
    131026: "Message undeliverable",
    131030: "Recipient phone number not in allowed list",
    131031: "Account has been locked",
    131042: "Business eligibility payment issue",
    131045: "Incorrect certificate",
    131047: "Re-engagement message",
    131048: "Spam rate limit hit",
    131049: "This message was not delivered to maintain healthy ecosystem engagement",
    131050: "User has stopped marketing messages from this business",
    131051: "Unsupported message type",
    131052: "Media download error",
    131053: "Media upload error",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    131057: "Account in maintenance mode",
    131059: "Invalid cursor",
    131055: "Method not allowed",
    131062: "Recipients by user id are not supported for this message",
    131063: "Marketing templates are not allowed on Cloud API",
    131064: "Template misclassification limit",
    132000: "Number of parameters does not match the expected number of params",
    132001: "Template name does not exist in the translation",
    132005: "Translated text too long",
    132007: "Template format character policy violated",
    132012: "Parameter format does not match format in the created template",
    132015: "Template is paused",
    132016: "Template is disabled",
    132018: "There was an issue with the parameters of the template",
    133004: "Server temporarily unavailable",
    133010: "Phone number not registered",
    133016: "Too many attempts to register the phone number",
    139100: "Blocking some users failed",
    139101: "Block list limit reached",
    135000: "Generic user error",
    137000: "Identity key hash mismatch",
    2388019: "Too many message templates",
    2388039: "Message template cannot be edited",
    2388040: "Character limit exceeded",
    2388047: "Message header format is incorrect",
    2388072: "Message body format is incorrect",
    2388073: "Message footer format is incorrect",
    2388293: "Too many variables for the length of the text",
    2388299: "Variables cannot be at the start or end of the template",
}
_HTTP = {
    **dict.fromkeys((0, 104, 190), 401),
    **dict.fromkeys((10, 200, 368, 130497, 131005, 131031), 403),
    132001: 404,
    **dict.fromkeys((3, 131000, 131016, 131045, 131057), 500),
    **dict.fromkeys((2, 133004), 503),
}


class GraphError(Exception):
    """Meta says no: an answer with an `error` object."""

    def __init__(
        self,
        code: int,
        details: str = "",
        *,
        title: str = "",
        status: int = 0,
        subcode: int = 0,
    ) -> None:
        super().__init__(f"Graph error {code}")
        self.code = code
        self.details = details
        self.title = title or TITLES.get(code, "Unknown error")
        self.status = status or _HTTP.get(code, 400)
        self.subcode = subcode

    def body(self) -> dict[str, Any]:
        """Return the JSON of the answer, with a fresh trace id."""
        title = self.title if self.code in (0, 190) else f"(#{self.code}) {self.title}"
        error: dict[str, Any] = {"message": title, "type": "OAuthException", "code": self.code}
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.subcode:
            error["error_subcode"] = self.subcode
        error["fbtrace_id"] = fbtrace_id()
        return {"error": error}


def unknown_object(node: str, method: str = "post") -> GraphError:
    """Return what Graph says of an id that it does not know or that may not do this."""
    return GraphError(
        100,
        title=f"Unsupported {method.lower()} request. Object with ID '{node[:40]}' does not exist, "
        "cannot be loaded due to missing permissions, or does not support this operation",
        subcode=33,
    )


def webhook_error(code: int, details: str = "") -> dict[str, Any]:
    """Return one object of a failed status' `errors`."""
    title = TITLES.get(code, "Unknown error")
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": details or f"{title}."},
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    }


def fbtrace_id() -> str:
    """Return eleven URL-safe letters beginning with A, as Meta prints them."""
    return "A" + secrets.token_urlsafe(9)[:10]
