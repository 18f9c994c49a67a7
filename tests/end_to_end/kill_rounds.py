#!/usr/bin/env python3
"""A node that is killed at random moments under load loses nothing that it acknowledged.

    kill_rounds.py BUILD_DIR [--rounds N] [--seed S] [--threads T] [--fsck-every N]

Each round: the node starts; commands whose fate is open are sent again; threads send signed
commands over HTTP; after 10 to 400 ms comes SIGKILL. After each restart every acknowledged command
stands at the leaf it was acknowledged with, the tree holds exactly one leaf per command beside
those of sweeps, and the last certified checkpoint that anybody saw is the beginning of the tree. `tanjid fsck` checks the
folder from nothing now and then and at the end. Standard library only."""

import argparse
import base64
import hashlib
import http.client
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
from alliance import Alliance, Api, READY_WAIT_S  # noqa: E402

OFFER, PRICE = "shop.bag", 80  # of the demo
BATCH = 400  # commands that are ready before a round
PAGE = 500


def check(holds, sentence):
    if not holds:
        raise SystemExit(f"kill_rounds: FAILED: {sentence}")


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def is_consistent(size, root, new_size, new_root, proof):
    """RFC 9162 §2.1.4.2."""
    if size == new_size:
        return not proof and root == new_root
    if size & (size - 1) == 0:
        proof = [root] + proof
    if not proof:
        return False
    inner, last = size - 1, new_size - 1
    while inner & 1:
        inner, last = inner >> 1, last >> 1
    first = second = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            return False
        if inner & 1 or inner == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while inner and not inner & 1:
                inner, last = inner >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        inner, last = inner >> 1, last >> 1
    return last == 0 and first == root and second == new_root


class Story:
    def __init__(self, options):
        self.build = pathlib.Path(options.build)
        self.options = options
        self.dice = random.Random(options.seed)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tanji-kills-"))
        self.alliance = Alliance(self.build, self.folder, options.seed)
        self.port = self.alliance.port
        self.node = None
        self.lock = threading.Lock()
        self.ready = []         # (id, envelope), not sent yet
        self.open = {}          # id → envelope: sent, fate unknown
        self.acknowledged = {}  # id → leaf index
        self.fresh = []         # ids acknowledged in the last round
        self.reserved = set()   # ids of reservations
        self.next_steps = []    # (type, body) for the shop to sign, the last one first
        self.sweeps = 0         # system leaves after `base`
        self.looked_at = None   # leaves below it have been counted
        self.seen = None        # (size, root) of a certified checkpoint
        self.sent_again = 0
        self.had_happened = 0

    # --- the alliance ---

    def make_alliance(self):
        self.alliance.start_demo()
        self.alliance.stop_demo()
        data = self.alliance.data
        self.wallet = self.alliance.key("wallet")
        self.shop = self.alliance.key("shop")
        self.data_dir = data / "node-1"
        self.config = self.folder / "node.toml"
        self.config.write_text(f"""[node]
member = "metro"
data_dir = "{self.data_dir}"
genesis = "{data}/genesis.json"
[api]
listen = "127.0.0.1:{self.port}"
[admin]
listen = "127.0.0.1:{self.port + 2}"
[storage]
cache_mb = 64
flush_s = 1
min_free_mb = 64
[rate]
ip = [0, 0]
member = [0, 0]
signer = [0, 0]
[log]
file = "{self.folder}/node.log"
""")

    # --- the node ---

    def launch(self):
        self.node = subprocess.Popen(
            [self.build / "tanjid", "start", "-c", self.config], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=open(self.folder / "node.err", "ab"))

    def await_ready(self):
        deadline = time.monotonic() + READY_WAIT_S
        while True:
            check(self.node.poll() is None, f"the node ends by itself: {self.folder}/node.err")
            check(time.monotonic() < deadline, "the node is not ready in time")
            try:
                api = Api(self.port)
                if api.ask("GET", "/readyz")[0] == 200:
                    return api
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.01)

    def kill(self):
        self.node.kill()
        self.node.wait()
        self.node = None

    def fsck(self):
        done = subprocess.run([self.build / "tanjid", "fsck", "--data-dir", self.data_dir],
                              capture_output=True, text=True, check=False)
        check(done.returncode == 0, f"fsck: {done.stdout}{done.stderr}")

    # --- commands ---

    def make_command(self):
        """Two accounts for each retirement of a gram and each reservation; some of those come to be
        refused. What was reserved is released, or confirmed and half of it refunded."""
        if self.next_steps:
            return self.alliance.sign(*self.next_steps.pop(), self.shop)
        kind = self.dice.randrange(4)
        holder, key = self.dice.choice(self.alliance.holders)
        if kind == 0:
            number, envelope = self.alliance.sign(
                "redemption.reserve", self.alliance.reserve(holder, OFFER, PRICE), key)
            self.reserved.add(number)
            return number, envelope
        if kind == 1:
            return self.alliance.sign("credit.retire", {
                "account": holder["account"], "class": holder["class"], "amount": "1",
                "purpose": "voluntary", "beneficiary": "kill rounds", "commitment": None,
                "statement": "SYNTHETIC", "inventory": None, "instruction": None}, key)
        return self.alliance.sign("account.open", {
            "account": self.alliance.draw(16).hex(), "kind": "user", "keys": [], "owner": None},
            self.wallet)

    def plan_next_step(self, number, outcome):
        """REQUIRES: the lock."""
        if number in self.reserved and outcome["outcome"] == "applied" and not outcome["replayed"]:
            if self.dice.randrange(3) == 0:
                self.next_steps += [
                    ("redemption.release", {"redemption": number, "reason": "SYNTHETIC",
                                            "instruction": None}),
                    ("offer.restock", {"offer": OFFER, "units": "1"})]
            else:
                self.next_steps.append(("redemption.confirm", self.alliance.confirm(number, PRICE)))
                self.next_steps.insert(0, ("redemption.refund", {
                    "redemption": number, "points": str(PRICE // 2), "stock": "return",
                    "reason": "SYNTHETIC"}))

    def send(self, api, number, envelope, query=""):
        """Sends one and keeps what was acknowledged: its leaf, applied or refused."""
        status, text = api.ask("POST", "/v1/commands" + query, envelope)
        reply = json.loads(text)
        outcome = reply.get("outcome") if reply.get("recorded") else reply
        check(isinstance(outcome, dict) and "leaf_index" in outcome,
              f"{number} gave {status}: {text[:300]}")
        with self.lock:
            leaf = outcome["leaf_index"]
            check(self.acknowledged.setdefault(number, leaf) == leaf,
                  f"{number} stands at leaf {leaf} and at {self.acknowledged[number]}")
            self.open.pop(number, None)
            self.fresh.append(number)
            self.plan_next_step(number, outcome)
        return outcome

    def load(self, thread):
        try:
            api = Api(self.port)
            while True:
                with self.lock:
                    if not self.ready:
                        return
                    number, envelope = self.ready.pop()
                    self.open[number] = envelope
                self.send(api, number, envelope, "?until=certified" if thread % 2 else "")
        except (OSError, http.client.HTTPException, ValueError):
            return  # the node is gone; a reply that was cut is no acknowledgement

    # --- what must hold after a restart ---

    def check_restarted(self, api):
        for number in self.fresh:
            found = api.json(f"/v1/commands/{number}")
            check(found["status"] in ("applied", "refused")
                  and found.get("leaf_index") == self.acknowledged[number],
                  f"{number} was acknowledged at {self.acknowledged[number]}: {found}")
        self.fresh = []
        for number, envelope in list(self.open.items()):
            happened = api.json(f"/v1/commands/{number}")["status"] != "unknown"
            outcome = self.send(api, number, envelope)
            check(outcome["replayed"] == happened, f"{number}: {outcome}, before: {happened}")
            self.sent_again += 1
            self.had_happened += happened
        size = api.json("/v1/ledger")["size"]
        self.count_sweeps(api, size)
        expected = self.base + len(self.acknowledged) + self.sweeps
        check(size == expected, f"the tree has {size} leaves, {expected} were acknowledged")
        check(len(set(self.acknowledged.values())) == len(self.acknowledged), "a leaf for two")
        self.check_checkpoint(api)

    def count_sweeps(self, api, size):
        while self.looked_at < size:
            limit = min(PAGE, size - self.looked_at)
            page = api.json(f"/v1/leaves?from={self.looked_at}&limit={limit}")["data"]
            self.sweeps += sum(each["value"]["class"] == "system" for each in page)
            self.looked_at += len(page)

    def check_checkpoint(self, api):
        status, text = api.ask("GET", "/log/checkpoint")
        check(status == 200, f"no checkpoint: {text}")
        size, root = self.size_and_root(text)
        if self.seen and self.seen[0] > size:
            # Certified again within an interval; what was seen must not be gone.
            deadline = time.monotonic() + READY_WAIT_S
            while size < self.seen[0]:
                check(time.monotonic() < deadline, f"certified {self.seen[0]}, now only {size}")
                time.sleep(0.02)
                size, root = self.size_and_root(api.ask("GET", "/log/checkpoint")[1])
        if self.seen:
            status, text = api.ask("GET", f"/log/consistency?from={self.seen[0]}&to={size}")
            check(status == 200, f"consistency: {text}")
            proof = [base64.b64decode(line) for line in text.split("\n\n")[0].split("\n")[1:]]
            check(is_consistent(*self.seen, size, root, proof),
                  f"the tree of {size} does not begin with the certified one of {self.seen[0]}")
        self.seen = (size, root)

    @staticmethod
    def size_and_root(note):
        lines = note.split("\n")
        return int(lines[1]), base64.b64decode(lines[2])

    # --- the rounds ---

    def watch(self):
        """What a stranger sees while it runs: the newest certified checkpoint."""
        try:
            api = Api(self.port)
            while True:
                size, root = self.size_and_root(api.ask("GET", "/log/checkpoint")[1])
                if size >= self.seen[0]:
                    self.seen = (size, root)
                time.sleep(0.02)
        except (OSError, http.client.HTTPException, ValueError, IndexError):
            return

    def round(self):
        self.launch()
        while len(self.ready) < BATCH:
            self.ready.append(self.make_command())
        self.check_restarted(self.await_ready())
        threads = [threading.Thread(target=self.load, args=(i,))
                   for i in range(self.options.threads)]
        threads.append(threading.Thread(target=self.watch))
        for thread in threads:
            thread.start()
        time.sleep(self.dice.uniform(0.010, 0.400))
        self.kill()
        for thread in threads:
            thread.join()

    def run(self):
        begun = time.monotonic()
        self.make_alliance()
        self.launch()
        self.base = self.looked_at = self.await_ready().json("/v1/ledger")["size"]
        self.kill()
        for number in range(1, self.options.rounds + 1):
            self.round()
            if number % self.options.fsck_every == 0:
                self.fsck()
                print(f"round {number}: {len(self.acknowledged)} commands acknowledged, "
                      f"{self.sent_again} sent again, fsck ok", flush=True)
        self.launch()
        api = self.await_ready()
        self.check_restarted(api)
        self.fresh = list(self.acknowledged)
        self.check_restarted(api)
        self.node.send_signal(signal.SIGTERM)
        self.node.wait(READY_WAIT_S)
        self.node = None
        self.fsck()
        print(f"kill_rounds: seed {self.options.seed}, {self.options.rounds} rounds, "
              f"{len(self.acknowledged)} commands acknowledged, {self.sent_again} sent again "
              f"({self.had_happened} of them had happened), {self.options.rounds + 2} restarts, "
              f"0 lost, 0 doubled, fsck ok, {time.monotonic() - begun:.0f} s")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--fsck-every", type=int, default=20)
    options = parser.parse_args()
    print(f"kill_rounds: seed {options.seed}", flush=True)
    story = Story(options)
    kept = True
    try:
        story.run()
        kept = False
    finally:
        if story.node:
            story.kill()
        if kept:
            print(f"kill_rounds: the folder is kept: {story.folder}", file=sys.stderr)
        else:
            shutil.rmtree(story.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
