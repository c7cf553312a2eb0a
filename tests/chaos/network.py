"""Two hosts that are none: network namespaces joined by a switch, gone again with the storm."""

import os
import subprocess
from pathlib import Path

# Nothing of it is seen outside the namespaces that are made here.
CENTRE = "10.77.0.1"
ADDRESSES = {"a": "10.77.0.11", "b": "10.77.0.12"}
POSTGRES, REDIS, WHATSAPP = 5432, 6379, 8085
_CPU = Path("/sys/fs/cgroup/cpu")


class Network:
    """A centre with a switch, and one namespace a host; needs root."""

    def __init__(self) -> None:
        self._mark = f"hm{os.getpid()}"
        self.centre = f"{self._mark}c"
        self._groups: list[Path] = []

    def host(self, name: str) -> str:
        return f"{self._mark}{name}"

    def build(self) -> None:
        _ip("netns", "add", self.centre)
        _ip("-n", self.centre, "link", "add", "switch", "type", "bridge")
        _ip("-n", self.centre, "addr", "add", f"{CENTRE}/24", "dev", "switch")
        _ip("-n", self.centre, "link", "set", "switch", "up")
        for name, address in ADDRESSES.items():
            self._add(name, address)

    def into(self, name: str, *, share_of_a_core: float = 0.0) -> tuple[str, ...]:
        """Return what goes before a command so that it runs on this host, with so much of a CPU."""
        before: tuple[str, ...] = ("ip", "netns", "exec", self.host(name))
        if share_of_a_core and _CPU.is_dir() and os.access(_CPU, os.W_OK):
            group = _CPU / self.host(name)
            group.mkdir(exist_ok=True)
            self._groups.append(group)
            (group / "cpu.cfs_period_us").write_text("20000")
            (group / "cpu.cfs_quota_us").write_text(str(int(20000 * share_of_a_core)))
            enter = f'echo $$ > {group}/cgroup.procs; exec "$@"'
            before = ("sh", "-c", enter, "enter", *before)
        return before

    def cut(self, name: str) -> None:
        """Pull a host's plug: nobody hears a goodbye."""
        _ip("-n", self.centre, "link", "set", f"to-{name}", "down")

    def clear(self) -> None:
        for name in (*ADDRESSES, "c"):
            subprocess.run(["ip", "netns", "del", self.host(name)], check=False)
        for group in self._groups:
            if group.is_dir():
                group.rmdir()

    def _add(self, name: str, address: str) -> None:
        host = self.host(name)
        _ip("netns", "add", host)
        _ip("-n", self.centre, "link", "add", f"to-{name}", "type", "veth", "peer", "name", "up0")
        _ip("-n", self.centre, "link", "set", "up0", "netns", host)
        _ip("-n", self.centre, "link", "set", f"to-{name}", "master", "switch", "up")
        _ip("-n", host, "link", "set", "lo", "up")
        _ip("-n", host, "addr", "add", f"{address}/24", "dev", "up0")
        _ip("-n", host, "link", "set", "up0", "up")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)
