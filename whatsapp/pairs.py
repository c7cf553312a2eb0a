"""Meta's limit for one number of ours and one phone: who had many messages waits, others flow."""

from collections.abc import Sequence

from redis.asyncio import Redis

# Source: WhatsApp Cloud API, pair rate limits, read 2026-11: one message each 6 seconds; up to 45
# at once, borrowed from the time that follows. A few are left for what other programs send.
INTERVAL_SECONDS = 6.0
BURST = 40
# Source: the same: after 131056 try again after 4^n seconds, n = 0, 1, 2, ...
LONGEST_WAIT_EXPONENT = 6

# GCRA for many pairs in one call, on Redis' own clock. A key lives only while it matters.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, room = tonumber(ARGV[1]), tonumber(ARGV[2])
local waits = {}
for place, key in ipairs(KEYS) do
  local free_at = tonumber(redis.call('GET', key) or '0')
  if free_at < now then free_at = now end
  local wait = free_at + interval - now - room
  if wait > 0 then
    waits[place] = wait
  else
    waits[place] = 0
    free_at = free_at + interval
    redis.call('SET', key, string.format('%.0f', free_at), 'PX', math.ceil((free_at - now) / 1000))
  end
end
return waits
"""
# The count of refusals is forgotten some time after the last wait is over.
_REFUSED = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local n = redis.call('INCR', KEYS[2]) - 1
if n > tonumber(ARGV[3]) then n = tonumber(ARGV[3]) end
local wait = 4 ^ n * 1000000
redis.call('PEXPIRE', KEYS[2], math.ceil(wait / 1000) * 2 + 60000)
local free_at = now + tonumber(ARGV[2]) - tonumber(ARGV[1]) + wait
redis.call('SET', KEYS[1], string.format('%.0f', free_at), 'PX', math.ceil((free_at - now) / 1000))
return wait
"""
_MICRO = 1_000_000


class Pairs:
    """The pairs of one of our numbers; without Redis nobody waits, and WhatsApp itself says no."""

    def __init__(self, redis: Redis, *, key: str) -> None:
        self._take = redis.register_script(_TAKE)
        self._refused = redis.register_script(_REFUSED)
        self._key = key

    async def take(self, phones: Sequence[int]) -> list[float]:
        """Return for each phone, in order, how many seconds it must wait; 0.0 goes now."""
        if not phones:
            return []
        keys = [f"pair:{self._key}:{phone_id}" for phone_id in phones]
        waits = await self._take(keys=keys, args=_ARGUMENTS)
        return [wait / _MICRO for wait in waits]

    async def refused(self, phone_id: int) -> float:
        """Let a phone wait that WhatsApp says gets too much; return how many seconds."""
        keys = [f"pair:{self._key}:{phone_id}", f"pair-refused:{self._key}:{phone_id}"]
        return float(
            await self._refused(keys=keys, args=[*_ARGUMENTS, LONGEST_WAIT_EXPONENT]) / _MICRO
        )


_ARGUMENTS = [round(INTERVAL_SECONDS * _MICRO), round(BURST * INTERVAL_SECONDS * _MICRO)]
