"""Somebody who trusts no node: reads the whole tree of every node, computes it again, and holds it
against everything that any client was ever told."""

import base64
import hashlib
import json
import pathlib
import subprocess
import time
import zlib

from cluster import Client, RECOVERY_S, UNREACHABLE
from kill_watch import PAGE, Failed, check, is_consistent, node_hash


class Tree:
    """RFC 9162 §2.1 over the hashes of leaves, with the root at each size so far."""

    def __init__(self):
        self.levels = [[]]

    def __len__(self):
        return len(self.levels[0])

    def add(self, leaf):
        self.levels[0].append(leaf)
        level = 0
        while len(self.levels[level]) % 2 == 0:
            if level + 1 == len(self.levels):
                self.levels.append([])
            self.levels[level + 1].append(node_hash(*self.levels[level][-2:]))
            level += 1

    def root(self, size):
        root, end = None, size
        for level, nodes in enumerate(self.levels):
            if size >> level & 1:
                full = nodes[(end >> level) - 1]
                root = full if root is None else node_hash(full, root)
                end -= 1 << level
        return root or hashlib.sha256(b"").digest()


class Checker:
    def __init__(self, cluster, book, dice):
        self.cluster, self.book, self.dice = cluster, book, dice
        self.tree = Tree()
        self.leaves = {}        # id → (leaf, block, outcome), of commands since the first look
        self.sweeps = 0
        self.certified = None   # (size, root) of the last look
        self.verified = 0       # receipts

    def adopt(self):
        """Takes what is there as the beginning."""
        for leaf in self.new_leaves(self.cluster.nodes[0], self.cluster.await_same()[0]):
            self.tree.add(leaf)
        self.base = len(self.tree)
        self.leaves.clear()
        self.sweeps = 0

    def quiet(self):
        """After all faults: everything open gets its answer, and every node shows one history in
        which each answer has its place."""
        self.settle()
        size, root = self.cluster.await_same()
        for number in self.dice.sample(list(self.book.outcomes), min(5, len(self.book.outcomes))):
            self.ask_everywhere(self.book.sent[number])
        pages = {}

        def fetch(node):
            pages[node] = self.pages(node, size)
        self.cluster.each(fetch)
        first = pages[self.cluster.nodes[0]]
        for node, found in pages.items():
            check(found == first,
                  f"node {node.number} shows other leaves: {self.difference(first, found)}")
        for leaf in self.read(first):
            self.tree.add(leaf)
        check(self.tree.root(size) == root, f"the root of {size} leaves is not {root.hex()}")
        self.check_outcomes()
        self.check_certified(size, root)
        self.check_accounts()

    @staticmethod
    def difference(first, found):
        for mine, other in zip(first, found):
            for one, two in zip(mine, other):
                if one != two:
                    return f"{one}\n{two}"
        return "another number of pages"

    # --- commands ---

    def settle(self):
        """Sends again what has no answer, anywhere, until it has one."""
        book = self.book
        deadline = time.monotonic() + RECOVERY_S
        waiting = list(book.open)
        while waiting:
            check(time.monotonic() < deadline,
                  f"{len(waiting)} commands have no answer {RECOVERY_S} s after all faults, "
                  f"e.g. {waiting[0]}, {dict(book.tally)}")
            command = book.sent[waiting[-1]]
            try:
                client = Client(self.dice.choice(self.cluster.nodes).port, 15)
                if book.keep(command, client.ask(
                        "POST", command.path, command.text, command.media)):
                    waiting.pop()
            except UNREACHABLE:
                time.sleep(0.02)

    def ask_everywhere(self, command):
        """The first receipt again at each node; keep() compares."""
        for node in self.cluster.nodes:
            reply = Client(node.port, 15).ask("POST", command.path, command.text, command.media)
            check(self.book.keep(command, reply), f"{command.id} is lost at node {node.number}")
            text = reply.json()
            outcome = text["outcome"] if text.get("recorded") else text
            check(outcome["replayed"],
                  f"{command.id} was made anew at node {node.number}: {outcome}")

    def check_outcomes(self):
        book = self.book
        check(len(self.leaves) == len(book.outcomes) and self.leaves == book.outcomes,
              f"the tree has {len(self.leaves)} commands, {len(book.outcomes)} were answered: "
              f"{self.differing()}")
        check(len(self.tree) == self.base + len(self.leaves) + self.sweeps,
              f"{len(self.tree)} leaves for {len(self.leaves)} commands")

    def differing(self):
        both = {*self.leaves, *self.book.outcomes}
        return [(number, self.leaves.get(number), self.book.outcomes.get(number)) for number in both
                if self.leaves.get(number) != self.book.outcomes.get(number)][:5]

    def check_accounts(self):
        """A rider and an offer are the same everywhere, from what each node has itself."""
        desk = self.book.desk
        for counter in desk.counters.values():
            headers = {"Authorization": desk.grant(counter)} if counter.key else {}
            shown = set()
            for node in self.cluster.nodes:
                reply = Client(node.port, 15).ask(
                    "GET", counter.target + "?consistency=local",
                    **headers, Tanji_Min_Index=str(self.book.floor))
                check(reply.status == 200, f"{counter.target} at node {node.number}: {reply.text}")
                found = reply.json()
                check(counter.value_of(found) == counter.acknowledged,
                      f"{counter.target} at node {node.number}: {counter.value_of(found)}, "
                      f"acknowledged: {counter.acknowledged}")
                found.pop("as_of", None)
                shown.add(json.dumps(found))
            check(len(shown) == 1, f"{counter.target} differs: {shown}")

    # --- the tree ---

    def pages(self, node, size):
        """The text of leaves from where the last look ended."""
        client, found, at = Client(node.port, 60), [], len(self.tree)
        while at < size:
            limit = min(PAGE, size - at)
            reply = client.ask("GET", f"/v1/leaves?from={at}&limit={limit}")
            check(reply.status == 200, f"leaves at node {node.number}: {reply.text}")
            found.append(reply.json()["data"])
            check(len(found[-1]) == limit, f"node {node.number} has {at + len(found[-1])} leaves")
            at += limit
        return found

    def read(self, pages):
        """Hashes, after each leaf was noted."""
        for page in pages:
            for each in page:
                leaf, index = each["value"], each["leaf_index"]
                text = each["text"].encode()
                hashed = hashlib.sha256(b"\0" + text).digest()
                check(hashed.hex() == each["hash"], f"leaf {index} has another hash")
                check(json.loads(text) == leaf, f"leaf {index} has another text")
                if leaf["class"] == "system":
                    self.sweeps += 1
                else:
                    place = (index, leaf["block"], leaf["outcome"])
                    known = self.leaves.setdefault(leaf["id"], place)
                    check(known == place, f"{leaf['id']} happened twice: {known} and {place}")
                yield hashed

    def new_leaves(self, node, size):
        return list(self.read(self.pages(node, size)))

    def check_certified(self, size, root):
        """Every certified tree that anybody saw is a beginning of this one, by our own sums and by
        the proof of a node."""
        for seen, (known, by) in sorted(self.book.seen.items()):
            check(seen <= size and self.tree.root(seen) == known,
                  f"node {by} showed a certified tree of {seen} that never was: {known.hex()}")
        for node in self.cluster.nodes:
            self.book.see(node, node.ask("/log/checkpoint").text)
        if self.certified and self.certified[0] < size:
            node = self.dice.choice(self.cluster.nodes)
            text = node.ask(f"/log/consistency?from={self.certified[0]}&to={size}").text
            proof = [base64.b64decode(line) for line in text.split("\n\n")[0].split("\n")[1:]]
            check(is_consistent(*self.certified, size, root, proof),
                  f"no consistency from {self.certified[0]} to {size} at node {node.number}")
        self.certified = (size, root)

    # --- with the programs ---

    def run(self, program, *words):
        done = subprocess.run([self.cluster.build / program, *map(str, words)],
                              capture_output=True, text=True, check=False)
        check(done.returncode == 0,
              f"{program} {words}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def verify_receipts(self):
        """Those that were saved, with nothing but the policy."""
        policy = self.cluster.alliance.data / "policy.txt"
        with self.book.lock:
            kept, self.book.certified = self.book.certified, []
        for number, packed in kept:
            file = pathlib.Path(self.cluster.folder) / "receipt.json"
            file.write_bytes(zlib.decompress(packed))
            try:
                self.run("tanji", "verify", file, "--policy", policy)
            except Failed:
                file.rename(file.with_name(f"receipt-{number}.json"))
                raise
            self.verified += 1

    def audit(self):
        node = self.dice.choice(self.cluster.nodes)
        return self.run("tanji", "audit", f"http://127.0.0.1:{node.port}",
                        "--policy", self.cluster.alliance.data / "policy.txt")

    def fsck(self):
        """Of every node; all must be stopped."""
        for node in self.cluster.nodes:
            self.run("tanjid", "fsck", "--data-dir", node.folder)
