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
        with FakeHost().file("/proc/uptime", "").file("/proc/self/net/dev", "a\nb\nc\n"):
            for name, words in (
                ("uptime", "/proc/uptime has something else than two numbers: ''"),
                ("interfaces", "/proc/self/net/dev has no line that says what its columns are"),
            ):
                with self.assertRaises(Error) as raised:
                    execute_facts_collector(name)
                self.assertEqual(str(raised.exception), words)

    def test_a_bad_line_is_a_warning_and_the_rest_is_there(self):
        passwd = "x:0\nx:y:1_0:0::/:/bin/sh\nx:y:4294967296:0::/:\n\nada:x:1000:1000\n\u0663:x:\u0663:3::/:\nada:x:7:7::/:\n"
        fake = FakeHost().file("/etc/passwd", passwd).file("/etc/group", "a:x\nada:x:1000\nsudo:x:27:root, ada\n")
        fake.file("/proc/self/net/dev", NET + "  eth1: 1 2\n broken\n  eth2: many\neth0:1: 9 1 0\n")
        with fake as host:
            facts = execute_facts_collector("accounts")
            known = execute_facts_collector("interfaces")["interfaces"]
        self.assertEqual(list(facts["users"]), ["ada"])
        self.assertEqual(facts["users"]["ada"]["groups"], ["ada", "sudo"])
        self.assertEqual((facts["users"]["ada"]["uid"], facts["users"]["ada"]["shell"]), (1000, ""))
        self.assertEqual(list(known), ["eth0", "eth1", "eth0:1"])
        counters = {"receive_bytes": 1, "receive_errors": None, "transmit_bytes": None, "transmit_errors": None}
        self.assertEqual(known["eth1"], counters)
        self.assertEqual(
            [message.split(" is ")[0] for _, message in host.logged if "ignored" in message],
            [f"/etc/passwd: line {line}" for line in (1, 2, 3, 6)]
            + ["/etc/group: line 1", "/proc/self/net/dev: line 6", "/proc/self/net/dev: line 7"],
        )

    def test_ids_have_32_bits(self):
        passwd = "ada:x:1879048192:1879048193::/home/ada:/bin/zsh\nnobody:x:65534:65534::/:\nnone:x:4294967294:1::/:\n"
        with FakeHost().file("/etc/passwd", passwd).file("/etc/group", "people:x:1879048193:\n"):
            users = execute_facts_collector("accounts")["users"]
        self.assertEqual(list(users), ["ada"])
        self.assertEqual((users["ada"]["uid"], users["ada"]["groups"]), (1879048192, ["people"]))

    def test_bytes_that_are_no_text_are_replaced(self):
        passwd = b"ada:x:1000:1000:Ad\xe9 L.\x85\xc2\x85:/home/ada:/bin/zsh\n"
        with FakeHost().file("/etc/passwd", passwd).file("/etc/group", "") as host:
            ada = execute_facts_collector("accounts")["users"]["ada"]
        # U+0085 is the end of a line for `str.splitlines`, and no file of Unix ends a line so.
        self.assertEqual(ada["name"], "Ad\ufffd L.\ufffd\x85")
        self.assertEqual(host.logged[0], ("warn", "/etc/passwd: some bytes are no UTF-8, and stand in the facts as U+FFFD"))

    def test_an_uptime_without_idle_seconds(self):
        with FakeHost().file("/proc/uptime", "5.5\n") as host:
            self.assertEqual(execute_facts_collector("uptime"), {"seconds": 5.5, "days": 0, "idle_seconds": None})
        self.assertEqual(len(host.logged), 1)

    def test_without_the_permission_the_collector_fails(self):
        with FakeHost().file("/proc/uptime", "1 1").fails("read /proc/uptime", "denied"):
            with self.assertRaisesRegex(Error, "read /proc/uptime"):
                execute_facts_collector("uptime")

    def test_every_collector_is_announced(self):
        self.assertEqual([known["name"] for known in facts_collectors()], ["accounts", "interfaces", "uptime"])


if __name__ == "__main__":
    unittest.main()
