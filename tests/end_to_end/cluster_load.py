"""Clients of a cluster that is being broken: they write at all nodes, send the same bytes again at
other nodes, and read; and the book in which stands what they were told."""

import base64
import collections
import dataclasses
import json
import random
import threading
import time
import traceback
import zlib

from alliance import SigningKey
from cluster import Client, UNREACHABLE
from kill_desk import Desk
from kill_tally import receipt_of
from kill_watch import Failed, check, size_and_root

GRANT_TYPE = b"application/vnd.tanji.read-grant+json"
GRANT_S = 600
RIDERS = 3
BATCHES = 8   # of 190 km for each rider: 70 kg, a gram at a time
COUNTED = 3   # offers whose supply is a counter

# How often each kind of command is drawn; documents of 20 kB are left to the kill rounds.
WEIGHTS = {
    "retire": 6, "restock": 6, "account.open": 3, "redemption.reserve": 4, "redemption.confirm": 3,
    "redemption.refund": 2, "redemption.release": 2, "credit.transfer": 1, "credit.assign": 1,
    "activity.submit": 1, "activity.attest": 1, "offer.publish": 1, "offer.revise": 1,
}


@dataclasses.dataclass
class Counter:
    """Something that grows by one with each command about it, and how to read it."""
    target: str
    value_of: object      # the counter in a reply
    key: object = None    # who may read it; None: anybody
    sent: int = 0         # commands that anybody sent
    acknowledged: int = 0
    read: int = 0         # the most that a finished read has shown
    grant: tuple = (0, "")


class Teller(Desk):
    """Commands for the cluster, some of which count."""

    def __init__(self, alliance, dice):
        super().__init__(alliance, dice)
        self.riders, self.counters, self.counts = [], {}, {}

    def open_counters(self, api):
        """Riders who will retire grams one by one, and offers that get one more unit each time."""
        for number in range(RIDERS):
            rider, account = SigningKey(self.alliance.draw(32)), self.alliance.draw(16).hex()
            self.must(api, "account.open", {
                "account": account, "kind": "user", "owner": None,
                "keys": [base64.b64encode(rider.public).decode()]}, [self.keys["wallet"], rider])
            for _ in range(BATCHES):
                batch = self.must(api, "activity.submit", *self.ride(account, 190_000)).id
                self.must(api, "activity.attest", *self.attest(batch))
            self.riders.append((account, rider))
            self.add_rider(f"rider {number}", account, rider)
        for number in range(COUNTED):
            name = f"counter-{number}"
            self.must(api, "offer.publish", self.alliance.offer(name, 5, 1), [self.keys["shop"]])
            self.counters[name] = Counter(
                f"/v1/offers/shop.{name}", lambda reply: int(reply["stock"]["supplied"]) - 1)

    def add_rider(self, name, account, key):
        def held(reply):
            return sum(int(each["held"]) for each in reply["credits"]
                       if each["class"] == self.metro_class)
        target = f"/v1/accounts/{account}"
        counter = self.counters[name] = Counter(target, held, key)
        counter.account = account

    def must(self, api, kind, *parts):
        row = kind if kind == "activity.submit" else "any type"
        command = self.signed(row, kind, None, *parts)
        status, reply = api.ask("POST", command.path, command.text, command.media)
        check(status < 300, f"{kind} gave {status}: {reply[:300]}")
        return command

    def zero(self, client):
        """What riders have now is the zero of their counters."""
        for counter in self.counters.values():
            if counter.key:
                held = counter.value_of
                start = held(client.ask(
                    "GET", counter.target, Authorization=self.grant(counter)).json())
                check(start > 10_000, f"a rider has only {start} g")
                counter.value_of = lambda reply, held=held, start=start: start - held(reply)

    def grant(self, counter):
        """A bearer value for the counter's account, made anew before it ends."""
        until, value = counter.grant
        if time.time() > until - GRANT_S / 2:
            until = time.time() + GRANT_S
            payload = json.dumps({
                "ledger": self.alliance.facts["ledger"], "account": counter.account,
                "scope": ["account"], "not_after": int(until) * 1000,
            }, separators=(",", ":")).encode()
            signature = counter.key.sign(
                b"DSSEv1 %d %s %d %s" % (len(GRANT_TYPE), GRANT_TYPE, len(payload), payload))
            text = [base64.urlsafe_b64encode(each).decode().rstrip("=")
                    for each in (payload, signature)]
            value = f"Bearer tg1.{text[0]}.{counter.key.id}.{text[1]}"
            counter.grant = (until, value)
        return value

    def draw(self):
        """A command of a kind that can be applied now."""
        kind = self.dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        if kind == "retire":
            number = self.dice.randrange(RIDERS)
            account, key = self.riders[number]
            return self.counted(f"rider {number}", "credit.retire", {
                "account": account, "class": self.metro_class, "amount": "1",
                "purpose": "voluntary", "beneficiary": "chaos", "commitment": None,
                "statement": "SYNTHETIC", "inventory": None, "instruction": None}, key)
        if kind == "restock":
            name = f"counter-{self.dice.randrange(COUNTED)}"
            return self.counted(name, "offer.restock",
                                {"offer": f"shop.{name}", "units": "1"}, self.keys["shop"])
        return self.make(kind) or self.make("account.open")

    def counted(self, name, kind, body, key):
        command = self.signed(kind, kind, None, body, [key])
        self.counts[command.id] = self.counters[name]
        return command

    def learn(self, command):
        if command.id not in self.counts:
            super().learn(command)


class Book:
    """What was sent, what was answered, and what any answer has shown."""

    def __init__(self, desk):
        self.desk = desk
        self.lock = threading.RLock()
        self.sent = {}       # id → command
        self.open = set()    # ids without an answer
        self.first = {}      # id → the first receipt, compressed
        self.outcomes = {}   # id → (leaf, block, outcome)
        self.certified = []  # ids whose reply said so, with the reply
        self.floor = 0       # newest block that any finished reply reflects
        self.seen = {}       # size → (root, who showed it first)
        self.tally = collections.Counter()
        self.faults = []     # of clients

    def draw(self):
        with self.lock:
            command = self.desk.draw()
            self.note_sent(command)
        return command

    def note_sent(self, command):
        with self.lock:
            if command.id not in self.sent:
                self.sent[command.id] = command
                self.open.add(command.id)
                if command.id in self.desk.counts:
                    self.desk.counts[command.id].sent += 1

    def keep(self, command, reply):
        """Notes an answer and compares it with the first one. False: it was none."""
        text = reply.json() if reply.text else {}
        outcome = text.get("outcome") if text.get("recorded") else text
        if not isinstance(outcome, dict) or "leaf_index" not in outcome:
            self.turned_away(command, reply, text)
            return False
        check("receipt" in outcome,
              f"{command.type} {command.id}: no receipt from port {reply.port}: {reply.text[:600]}")
        receipt = json.dumps(receipt_of(reply.status, reply.text), sort_keys=True).encode()
        place = (outcome["leaf_index"], outcome["index"], outcome["outcome"])
        with self.lock:
            self.tally["answers"] += 1
            first = zlib.decompress(self.first.setdefault(command.id, zlib.compress(receipt)))
            check(first == receipt,
                  f"{command.type} {command.id}: two receipts:\n{first}\n{receipt}")
            self.floor = max(self.floor, reply.index(), outcome["index"])
            if command.id not in self.outcomes:
                self.outcomes[command.id] = place
                self.open.discard(command.id)
                self.tally[outcome["outcome"]] += 1
                if outcome["outcome"] == "applied":
                    self.desk.learn(command)
                    if command.id in self.desk.counts:
                        self.desk.counts[command.id].acknowledged += 1
            if outcome["certified"] and self.desk.dice.random() < 0.1:
                self.certified.append((command.id, zlib.compress(json.dumps(
                    outcome["receipt"], ensure_ascii=False, separators=(",", ":")).encode())))
        return True

    def turned_away(self, command, reply, text):
        code = text.get("code", "?")
        with self.lock:
            self.tally[f"{reply.status} {code}"] += 1
        check(reply.status in (429, 503),
              f"{command.type} {command.id} gave {reply.status}: {reply.text[:400]}")

    def see(self, node, note):
        size, root = size_and_root(note)
        with self.lock:
            known, by = self.seen.setdefault(size, (root, node.number))
            check(known == root,
                  f"two certified trees of {size} leaves: {known.hex()} at node {by}, "
                  f"{root.hex()} at node {node.number}: {note}")


class Clients:
    """The clients of one round: run() in threads until stop() was called."""

    def __init__(self, cluster, book, seed, writers=4, readers=4, pace_s=0.06, nodes=None):
        self.nodes = nodes or cluster.nodes
        self.book = book
        self.over = threading.Event()
        self.pace_s = pace_s
        acts = ((self.write, writers), (self.read, readers), (self.watch, 1))
        self.threads = [threading.Thread(target=self.guarded, daemon=True,
                                         args=(act, f"{seed}/{act.__name__}/{i}"))
                        for act, count in acts for i in range(count)]
        for thread in self.threads:
            thread.start()

    def guarded(self, act, seed):
        dice, clients = random.Random(seed), {}
        try:
            while not self.over.is_set():
                act(dice, clients)
        except Failed as fault:  # told by stop()
            self.book.faults.append(fault)
        except Exception:
            self.book.faults.append(Failed(traceback.format_exc()))

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join(60)
            check(not thread.is_alive(), "a client waits for ever")
        if self.book.faults:
            raise self.book.faults[0]

    def client(self, dice, clients, timeout):
        node = dice.choice(self.nodes)
        if node not in clients:
            clients[node] = Client(node.port, timeout)
        return node, clients[node]

    # --- what they do, once ---

    def write(self, dice, clients):
        command = self.book.draw()
        query = "?until=certified&wait=2" if dice.random() < 0.25 else ""
        again = 1 + (dice.random() < 0.15)  # answered, and sent once more elsewhere all the same
        while again and not self.over.is_set():
            _, client = self.client(dice, clients, 4)
            try:
                again -= self.book.keep(
                    command, client.ask("POST", command.path + query, command.text, command.media))
            except UNREACHABLE:
                self.over.wait(0.02)
        self.over.wait(dice.uniform(0, 2 * self.pace_s))

    def read(self, dice, clients):
        book = self.book
        node, client = self.client(dice, clients, 15)
        with book.lock:
            known = list(book.outcomes)[-200:]
        if known and dice.random() < 0.3:
            self.read_command(dice.choice(known), node, client)
        else:
            self.read_counter(dice.choice(list(book.desk.counters.values())), node, client)
        self.over.wait(dice.uniform(0, self.pace_s))

    def read_counter(self, counter, node, client):
        book = self.book
        with book.lock:
            least, floor = max(counter.acknowledged, counter.read), book.floor
            headers = {"Authorization": book.desk.grant(counter)} if counter.key else {}
        begun = time.time()
        try:
            reply = client.ask("GET", counter.target, **headers)
        except UNREACHABLE:
            return
        if not self.is_read(node, reply):
            return
        value = counter.value_of(reply.json())
        with book.lock:
            check(reply.index() >= floor and least <= value <= counter.sent,
                  f"stale read at node {node.number}, from {begun:.3f} to {time.time():.3f}: "
                  f"block {reply.index()} (at least {floor}), {counter.target} {value} "
                  f"(at least {least}, at most {counter.sent}): {dict(reply.headers)}")
            counter.read = max(counter.read, value)
            book.floor = max(book.floor, reply.index())

    def read_command(self, number, node, client):
        try:
            reply = client.ask("GET", f"/v1/commands/{number}")
        except UNREACHABLE:
            return
        if self.is_read(node, reply):
            found, known = reply.json(), self.book.outcomes[number]
            check((found.get("leaf_index"), found.get("index"), found["status"]) == known,
                  f"node {node.number} says of the acknowledged {number}: {found}, it was {known}")

    def is_read(self, node, reply):
        with self.book.lock:
            if reply.status == 200:
                self.book.tally["reads"] += 1
                return True
            code = reply.json().get("code", "?")
            self.book.tally[f"{reply.status} {code}"] += 1
        known = reply.status in (429, 503) or code in ("grant_expired", "grant_invalid")
        check(known, f"a read at node {node.number} gave {reply.status}: {reply.text[:400]}")
        self.over.wait(0.02)
        return False

    def watch(self, dice, clients):
        """The newest certified tree at any node, now."""
        node, client = self.client(dice, clients, 3)
        try:
            reply = client.ask("GET", "/log/checkpoint")
        except UNREACHABLE:
            self.over.wait(0.02)
            return
        if reply.status == 200:
            self.book.see(node, reply.text)
        self.over.wait(0.05)


class Gap:
    """How long nobody is served: from a fault until a node that is left acknowledges a command that
    was sent after it."""

    def __init__(self, cluster, book, nodes):
        self.cluster, self.book = cluster, book
        self.over = False
        with book.lock:
            self.commands = [(node, book.desk.make("account.open")) for node in nodes]
        for _, command in self.commands:
            book.note_sent(command)
        self.found = {}

    def begin(self):
        self.begun = time.monotonic()
        self.threads = [threading.Thread(target=self.probe, args=each, daemon=True)
                        for each in self.commands]
        for thread in self.threads:
            thread.start()

    def probe(self, node, command):
        client = Client(node.port, 30)
        while not self.over:
            try:
                reply = client.ask("POST", command.path, command.text, command.media)
                if self.book.keep(command, reply):
                    self.found[node] = time.monotonic() - self.begun
                    return
            except UNREACHABLE:
                pass
            except Exception as fault:  # told by the round
                self.book.faults.append(fault)
                return
            time.sleep(0.01)

    def await_first(self, wait_s):
        """Seconds, or None if nobody was served in that time."""
        deadline = time.monotonic() + wait_s
        while not self.found and time.monotonic() < deadline:
            time.sleep(0.005)
        return min(self.found.values()) if self.found else None

    def end(self):
        self.over = True
        for thread in self.threads:
            thread.join(60)
