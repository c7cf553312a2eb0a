"""The limit: posts that were written beforehand, and nothing but aiohttp to send them."""

import asyncio
import time
from collections.abc import Iterator

import aiohttp


async def post(url: str, token: str, bodies: list[bytes], *, in_flight: int) -> float:
    """Post them all, so many at a time; gives how many a second were accepted."""
    left = iter(bodies)
    connector = aiohttp.TCPConnector(limit=in_flight)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        began = time.perf_counter()
        await asyncio.gather(*(_one_after_another(session, url, left) for _ in range(in_flight)))
        return len(bodies) / (time.perf_counter() - began)


async def _one_after_another(
    session: aiohttp.ClientSession, url: str, left: Iterator[bytes]
) -> None:
    for body in left:
        async with session.post(url, data=body) as answer:
            assert answer.status == 200, await answer.text()
            await answer.read()
