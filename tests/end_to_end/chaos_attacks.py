#!/usr/bin/env python3
"""Single attacks on one node of a running cluster, each with what must come of it.

    chaos_attacks.py BUILD_DIR [--only pause,deleted,restored,copied,flips] [--flips N] [--seed S]

pause: the leader is stopped for a minute; reads that it took meanwhile show nothing old. deleted: a
node's directory is gone; nothing starts in its place, not even with its keys. restored: an older
copy of a directory is put back; the node is found out. copied: the same with a copy that was taken
while the node ran. flips: one bit changes in a file of a
stopped node, N times; the node repairs, refuses to start, or takes no part, and never shows a wrong
byte. Standard library only."""

import argparse
import collections
import json
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from alliance import Api  # noqa: E402
from cluster import Client, Cluster, UNREACHABLE  # noqa: E402
from cluster_check import Checker  # noqa: E402
from cluster_load import Book, Clients, Teller  # noqa: E402
from kill_watch import Failed, check  # noqa: E402

ATTACKS = ("pause", "deleted", "restored", "copied", "flips")
REASONS = ("quarantined", "recover", "rolled_back", "peer.refused")  # the last: its own key
JUDGED_S = 25  # a node that is not ready by then takes no part


class Attacks:
    def __init__(self, options):
        self.options = options
        self.dice = random.Random(options.seed)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tanji-attacks-", dir=options.folder))
        self.cluster = None
        self.number = 0
        self.flips = collections.Counter()

    # --- a cluster for each attack ---

    def found(self):
        """A new alliance with a little history."""
        self.abandon()
        self.number += 1
        folder = self.folder / str(self.number)
        folder.mkdir()
        cluster = self.cluster = Cluster(
            self.options.build, folder, f"{self.options.seed}/{self.number}", 3)
        cluster.alliance.start_demo()
        self.desk = Teller(cluster.alliance, self.dice)
        api = Api(cluster.alliance.port)
        self.desk.prologue(api)
        self.desk.open_counters(api)
        cluster.alliance.stop_demo()
        self.book = Book(self.desk)
        self.checker = Checker(cluster, self.book, self.dice)
        for node in cluster.nodes:
            node.launch()
        cluster.await_ready()
        self.desk.zero(Client(cluster.nodes[-1].port, 15))
        self.checker.adopt()

    def abandon(self):
        if self.cluster:
            self.cluster.close()
            self.cluster = None

    def load(self, seconds, nodes=None, pace_s=0.02):
        """Clients at some nodes, for a time."""
        clients = Clients(self.cluster, self.book, self.dice.random(), pace_s=pace_s, nodes=nodes)
        time.sleep(seconds)
        clients.stop()

    def others(self, node):
        return [each for each in self.cluster.nodes if each is not node]

    # --- the leader is paused ---

    def pause(self):
        """Reads wait at a leader that does not know it was replaced."""
        leader = self.cluster.leader_or_any()
        leader.pause()
        answers, threads = [], []
        begun = time.monotonic()

        def read(counter, least, floor, headers):
            try:
                reply = Client(leader.port, 60).ask("GET", counter.target, **headers)
                answers.append((counter, least, floor, reply))
            except UNREACHABLE:
                pass
        while time.monotonic() - begun < self.options.pause_s:
            self.load(1, self.others(leader))
            for counter in self.desk.counters.values():
                with self.book.lock:
                    headers = {"Authorization": self.desk.grant(counter)} if counter.key else {}
                    facts = (counter, counter.acknowledged, self.book.floor, headers)
                threads.append(threading.Thread(target=read, args=facts, daemon=True))
                threads[-1].start()
        leader.resume()
        for thread in threads:
            thread.join(90)
        shown = collections.Counter()
        for counter, least, floor, reply in answers:
            shown[reply.status] += 1
            if reply.status == 200:
                value = counter.value_of(reply.json())
                check(value >= least and reply.index() >= floor,
                      f"stale: {counter.target} {value}, at least {least}; block {reply.index()}, "
                      f"at least {floor}")
        check(shown, "no read was answered")
        self.checker.quiet()
        return f"{len(answers)} reads waited at a leader stopped for {self.options.pause_s} s: " \
               f"{dict(shown)}, 0 stale"

    # --- the directory is gone ---

    def deleted(self):
        """Nothing is formatted where a node was; and its keys in an empty directory are no node."""
        node = self.dice.choice(self.cluster.nodes)
        self.load(1)
        node.kill()
        keys = self.cluster.folder / "keys"
        shutil.copytree(node.folder / "keys", keys)
        config = (node.folder / "node.toml").read_text()
        shutil.rmtree(node.folder)
        node.folder.mkdir()
        (node.folder / "node.toml").write_text(config)
        empty = self.refusal(node)
        shutil.copytree(keys, node.folder / "keys")
        with_keys = self.refusal(node)
        done = subprocess.run(
            [self.cluster.build / "tanjid", "init", "--member", "metro", "--data-dir", node.folder,
             "--out", self.cluster.folder / "again", "--genesis",
             self.cluster.alliance.data / "genesis.json"],
            capture_output=True, text=True, check=False)
        made = f"init: {done.returncode} {(done.stdout + done.stderr).strip()[:200]}"
        if done.returncode == 0:
            made += "; " + self.takes_no_part(node)
        self.load(2, self.others(node))
        self.agree_without(node)
        return f"empty directory: {empty}; with its keys: {with_keys}; {made}"

    def refusal(self, node):
        """Status and last words of a node that must not start."""
        node.may_end = True
        node.launch()
        try:
            status = node.process.wait(30)
        except subprocess.TimeoutExpired as late:
            raise Failed(f"node {node.number} starts with nothing: {node.log}") from late
        node.process = None
        words = self.last_words(node)
        check(status in (74, 78), f"status {status}: {words}")
        return f"{status} {words}"

    @staticmethod
    def last_words(node):
        return node.log.read_text(errors="replace").strip().splitlines()[-1][:300]

    # --- an older copy of the directory ---

    def restored(self):
        node = self.dice.choice(self.cluster.nodes)
        self.load(1)
        node.stop()
        copy = self.cluster.folder / "copy"
        shutil.copytree(node.folder, copy)
        node.launch()
        self.cluster.await_ready()
        self.load(2)
        self.checker.quiet()
        node.kill()
        shutil.rmtree(node.folder)
        copy.rename(node.folder)
        return self.takes_no_part(node)

    def copied(self):
        """As a backup takes it, while the node runs: its next incarnation is new to everybody."""
        leader = self.cluster.leader()
        node = self.dice.choice([n for n in self.cluster.nodes if n is not leader])
        self.load(1)
        node.pause()
        copy = self.cluster.folder / "copy"
        shutil.copytree(node.folder, copy)
        node.resume()
        self.cluster.await_ready()
        self.load(2)
        self.checker.quiet()
        node.kill()
        shutil.rmtree(node.folder)
        copy.rename(node.folder)
        return self.takes_no_part(node)

    def takes_no_part(self, node):
        """Ends, or runs and is not ready, while the others go on; what it says about it."""
        node.may_end = True
        node.launch()
        begun = time.monotonic()
        while time.monotonic() - begun < JUDGED_S / 2:
            self.load(0.5, self.others(node))
            check(not (node.runs() and node.is_ready()),
                  f"node {node.number} is ready with promises that are not its own: {node.log}")
        reply = node.ask("/v1/summary", 10) if node.runs() else None
        check(reply is None or reply.status == 503, f"it serves: {reply and reply.text[:300]}")
        found = node.log.read_text(errors="replace")
        check("rolled_back" in found, f"nothing says rolled_back: {node.log}")
        ran = node.runs()
        self.agree_without(node)
        return ("runs, not ready" if ran else f"ends with {node.exits[-1:]}") + ": rolled_back"

    def agree_without(self, node):
        node.kill()
        nodes, self.cluster.nodes = self.cluster.nodes, self.others(node)
        self.checker.quiet()
        self.cluster.nodes = nodes

    # --- one bit ---

    def flip(self, node, file, bit):
        path = node.folder / file
        with open(path, "r+b") as handle:
            handle.seek(bit // 8)
            byte = handle.read(1)[0]
            handle.seek(bit // 8)
            handle.write(bytes([byte ^ 1 << bit % 8]))

    def flip_once(self):
        """What came of one bit in one file of one node."""
        node = self.dice.choice(self.cluster.nodes)
        self.load(0.2)
        if self.dice.random() < 0.5:
            node.kill()
        else:
            node.stop()
        files = [file for file in sorted(node.folder.rglob("*"))
                 if file.is_file() and file.stat().st_size and ".damaged" not in str(file)]
        kinds = sorted({self.kind(node, file) for file in files})
        kind = self.dice.choice(kinds)  # each kind of file as often as any other
        file = self.dice.choice([each for each in files if self.kind(node, each) == kind])
        bit = self.dice.randrange(8 * file.stat().st_size)
        self.flip(node, file.relative_to(node.folder), bit)
        if self.dice.random() < 0.3:
            self.load(0.2, self.others(node))  # it has something to fetch
        size = node.log.stat().st_size
        came = self.judge(node)
        if came == "goes on":
            self.checker.quiet()
            self.check_all_bytes(node)
        else:
            self.agree_without(node)
        words = node.log.read_text(errors="replace")[size:]
        return kind, file.relative_to(node.folder), bit, came, words, node

    @staticmethod
    def kind(node, file):
        parts = file.relative_to(node.folder).parts
        name = parts[-1].split("-")[0] if "-" in parts[-1] else parts[-1]
        name = name.split(".")[-1] if name[0].isdigit() else name.split(".old")[0]
        return "/".join([*parts[:1], name]) if len(parts) > 1 else name

    def judge(self, node):
        node.may_end = True
        node.launch()
        deadline = time.monotonic() + JUDGED_S
        while time.monotonic() < deadline:
            if not self.runs(node):
                return f"refuses {node.exits[-1]}"
            if node.is_ready():
                return "goes on"
            time.sleep(0.05)
        return "takes no part"

    @staticmethod
    def runs(node):
        try:
            return node.runs()
        except Failed:  # with a status that no operator can read
            return False

    def check_all_bytes(self, node):
        """Every leaf, block and tile that the node serves is that of the others, or an error."""
        client, tree = Client(node.port, 30), self.checker.tree
        other = Client(self.dice.choice(self.others(node)).port, 30)
        for at in range(0, len(tree), 500):
            data = client.ask("GET", f"/v1/leaves?from={at}&limit=500")
            check(data.status == 200, f"leaves at node {node.number}: {data.text[:300]}")
            for each in data.json()["data"]:
                if each["leaf_index"] >= len(tree):
                    break  # the ledger's own, of holds that ended since
                check(bytes.fromhex(each["hash"]) == tree.levels[0][each["leaf_index"]],
                      f"node {node.number} serves another leaf {each['leaf_index']}")
        newest = int(client.ask("GET", "/v1/ledger").headers["Tanji-Index"])
        targets = [f"/v1/blocks/{self.dice.randrange(1, newest)}" for _ in range(20)]
        targets += [f"/v1/leaves/{self.dice.randrange(len(tree))}/receipt" for _ in range(5)]
        targets += ["/log/tile/0/000", "/v1/schemes", "/v1/offers?limit=100", "/v1/obligations",
                    "/v1/methodologies", "/v1/members", "/v1/genesis"]
        for target in targets:
            one, two = client.ask("GET", target), other.ask("GET", target)
            check(one.status == 200 or one.status >= 500,
                  f"{target}: {one.status} {one.text[:200]}")
            check(one.status != 200 or target.endswith("receipt") or one.text == two.text,
                  f"{target} differs:\n{one.text[:500]}\n{two.text[:500]}")

    def all_flips(self):
        for number in range(1, self.options.flips + 1):
            if self.cluster is None:
                self.found()
            kind, file, bit, came, words, node = self.flip_once()
            self.flips[kind, came] += 1
            if self.options.verbose:
                print(f"flip {number}: node {node.number} {file} bit {bit}: {came}: "
                      f"{words.strip().splitlines()[-1:]}", flush=True)
            check(came != "takes no part" or any(word in words for word in REASONS),
                  f"{file} bit {bit}: takes no part and does not say why:\n{words[:3000]}")
            if came == "goes on":
                continue
            if came.startswith("refuses") and self.mend(node, file, bit):
                continue
            self.abandon()
            shutil.rmtree(self.folder / str(self.number))
        self.abandon()
        for (kind, came), count in sorted(self.flips.items()):
            print(f"{kind:<20} {came:<16} {count}")
        return f"{sum(self.flips.values())} bits, 0 wrong bytes served"

    def mend(self, node, file, bit):
        """The bit turned back, the node starts again, if it left its files alone."""
        try:
            self.flip(node, file, bit)
        except (OSError, IndexError):
            return False
        if self.judge(node) != "goes on":
            return False
        self.checker.quiet()
        return True

    def run(self):
        for name in self.options.only.split(","):
            begun = time.monotonic()
            if name != "flips":
                self.found()
            found = self.all_flips() if name == "flips" else getattr(self, name)()
            print(f"{name}: ok: {found} ({time.monotonic() - begun:.0f} s)", flush=True)
        self.abandon()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--only", default=",".join(ATTACKS))
    parser.add_argument("--flips", type=int, default=20)
    parser.add_argument("--pause-s", type=float, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--folder", help="where the nodes' folders go")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("asked to end"))  # and clean up
    print(f"chaos_attacks: seed {options.seed}", flush=True)
    attacks = Attacks(options)
    kept = True
    try:
        attacks.run()
        kept = False
    except Failed as failed:
        if attacks.cluster:
            (attacks.folder / "failed.json").write_text(json.dumps(str(failed)))
        raise SystemExit(f"chaos_attacks: FAILED: {failed}") from failed
    finally:
        attacks.abandon()
        if kept:
            print(f"chaos_attacks: the folder is kept: {attacks.folder}", file=sys.stderr)
        else:
            shutil.rmtree(attacks.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
