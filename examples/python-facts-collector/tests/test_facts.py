import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from driftless_plugin.testing import Error, FakeHost, execute_facts_collector, facts_collectors  # noqa: E402

import plugin  # noqa: E402, F401

PASSWD = """root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
ada:x:1000:1000:Ada Lovelace,,,:/home/ada:/bin/zsh
backup:x:1001:1001::/var/backups:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""
GROUP = "root:x:0:\nsudo:x:27:ada,root\nada:x:1000:\n"
NET = """Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:  100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
  eth0: 5000      50    2    0    0     0          0         0     7000      70    0    0    0     0       0          0
"""


class Facts(unittest.TestCase):
    def test_accounts_of_people(self):
        with FakeHost().file("/etc/passwd", PASSWD).file("/etc/group", GROUP) as host:
            facts = execute_facts_collector("accounts")
        self.assertEqual(list(facts["users"]), ["ada", "backup"])
        self.assertEqual(facts["can_log_in"], ["ada"])
        ada = {
            "uid": 1000,
            "gid": 1000,
            "name": "Ada Lovelace",
            "home": "/home/ada",
            "shell": "/bin/zsh",
            "can_log_in": True,
            "groups": ["sudo", "ada"],
        }
        self.assertEqual(facts["users"]["ada"], ada)
        self.assertEqual(facts["groups"], {"root": 0, "sudo": 27, "ada": 1000})
        self.assertEqual(host.calls, ["read /etc/passwd", "read /etc/group"])

    def test_accounts_of_the_system(self):
        with FakeHost().file("/etc/passwd", PASSWD).file("/etc/group", GROUP):
            self.assertEqual(len(execute_facts_collector("accounts", {"system": True})["users"]), 5)
            self.assertEqual(list(execute_facts_collector("accounts", {"first_uid": 1001})["users"]), ["backup"])
            with self.assertRaisesRegex(Error, "its configuration does not fit: `first_uid`: -1 is less than 0"):
                execute_facts_collector("accounts", {"first_uid": -1})

    def test_interfaces(self):
        counters = {"receive_bytes": 5000, "receive_errors": 2, "transmit_bytes": 7000, "transmit_errors": 0}
        with FakeHost().file("/proc/self/net/dev", NET) as host:
            self.assertEqual(execute_facts_collector("interfaces"), {"interfaces": {"eth0": counters}})
            self.assertEqual(list(execute_facts_collector("interfaces", {"exclude": []})["interfaces"]), ["lo", "eth0"])
        self.assertEqual(host.logged[0], ("warn", "eth0 has had errors: 2 received, 0 sent"))

    def test_uptime(self):
        with FakeHost().file("/proc/uptime", "93784.25 180000.5\n"):
            self.assertEqual(
                execute_facts_collector("uptime"), {"seconds": 93784.25, "days": 1, "idle_seconds": 180000.5}
            )

    def test_files_that_are_not_as_expected(self):
        fake = FakeHost().file("/etc/passwd", "root:x:0\n").file("/etc/group", "").file("/proc/uptime", "").file("/proc/self/net/dev", "a\nb\nc\n")
        with fake:
            for name, words in (
                ("accounts", "/etc/passwd has a line of 3 fields instead of 7: 'root:x:0'"),
                ("uptime", "/proc/uptime has something else than two numbers: ''"),
                ("interfaces", "/proc/self/net/dev has a line that is none of an interface: 'c'"),
            ):
                with self.assertRaises(Error) as raised:
                    execute_facts_collector(name)
                self.assertEqual(str(raised.exception), words)

    def test_without_the_permission_the_collector_fails(self):
        with FakeHost().file("/proc/uptime", "1 1").fails("read /proc/uptime", "denied"):
            with self.assertRaisesRegex(Error, "read /proc/uptime"):
                execute_facts_collector("uptime")

    def test_every_collector_is_announced(self):
        self.assertEqual([known["name"] for known in facts_collectors()], ["accounts", "interfaces", "uptime"])


if __name__ == "__main__":
    unittest.main()
