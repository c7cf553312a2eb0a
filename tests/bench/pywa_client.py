"""pywa's asynchronous client, so many calls at a time."""

import asyncio
import time

import httpx
from pywa_async.client import WhatsApp
from pywa_async.types.templates import BodyText, TemplateLanguage

VERSION = "v25.0"


async def send(base_url: str, number_id: str, token: str, *, calls: int, seconds: float) -> float:
    """Send for some seconds; gives how many a second were accepted."""
    # httpx keeps twenty connections unless told: that would be its limit, not its best.
    limits = httpx.Limits(max_connections=calls, max_keepalive_connections=calls)
    async with httpx.AsyncClient(limits=limits, timeout=20) as session:
        client = WhatsApp(phone_id=number_id, token=token, session=session)
        # The client has just set Meta's.
        session.base_url = httpx.URL(f"{base_url}/{VERSION}")
        began = time.perf_counter()
        until = began + seconds
        sent = await asyncio.gather(*(_send_until(client, until, n) for n in range(calls)))
        return sum(sent) / (time.perf_counter() - began)


async def _send_until(client: WhatsApp, until: float, caller: int) -> int:
    sent = 0
    while time.perf_counter() < until:
        await client.send_template(
            to=f"549110000{caller:04d}",
            name="please_contact_us",
            language=TemplateLanguage.ENGLISH,
            params=[BodyText.params(contact_name="Ana", clinic_name="Aurora", clinic_phone="107")],
            tracker=f"bench-{caller}.{sent}",
        )
        sent += 1
    return sent
