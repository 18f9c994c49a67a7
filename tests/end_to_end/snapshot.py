#!/usr/bin/env python3
"""Snapshots between real nodes: tests/end_to_end/snapshot.sh says what happens."""

import argparse
import hashlib
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from alliance import Alliance  # noqa: E402
from cluster import Client, UNREACHABLE, free_base  # noqa: E402
from ed25519 import SigningKey  # noqa: E402
from kill_watch import Failed, check  # noqa: E402

MEMBERS = ("metro", "bike", "mall", "power")
EVERY = 8    # blocks between two snapshots
KEEP = 12    # blocks that stay
PATIENCE_S = 90


class Node:
    def __init__(self, folder, number, port):
        self.folder = folder / f"alliance/{MEMBERS[number - 1]}"
        self.data = self.folder / "data"
        self.number = number
        self.port = port
        self.log = folder / f"node-{number}.log"
        self.program = None
        self.process = None

    def launch(self):
        settings = {"storage.log_keep_blocks": KEEP, "storage.flush_s": 1, "drain.delay_s": 0,
                    "log.format": "json"}
        words = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "start", "-c", self.folder / "node.toml", *words],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def end(self, how):
        self.process.send_signal(how)
        status = self.process.wait(60)
        check(how == signal.SIGKILL or status == 0, f"status {status}: {self.log}")
        self.process = None

    def ask(self, target, port=None):
        try:
            return Client(port or self.port, 5).ask("GET", target)
        except UNREACHABLE:
            return None

    def metric(self, name):
        reply = self.ask("/metrics", self.port + 2)
        for line in reply.text.splitlines() if reply else ():
            if line.startswith(f"tanji_{name} "):
                return int(float(line.split(" ")[1]))
        return None

    def is_ready(self):
        reply = self.ask("/readyz")
        return reply is not None and reply.status == 200

    def ledger(self):
        reply = self.ask("/v1/ledger")
        return reply.json() if reply and reply.status == 200 else None

    def events(self, name):
        return [line for line in self.log.read_text(errors="replace").splitlines()
                if f'"{name}"' in line]


def until(holds, sentence):
    deadline = time.monotonic() + PATIENCE_S
    while not (found := holds()):
        check(time.monotonic() < deadline, sentence() if callable(sentence) else sentence)
        time.sleep(0.05)
    return found


class Story:
    def __init__(self, build, folder, seed):
        self.folder = pathlib.Path(folder)
        self.dice = random.Random(seed)
        base = free_base(len(MEMBERS))
        tanjid = pathlib.Path(build) / "tanjid"
        subprocess.run(
            [tanjid, "cluster", "new", "--members", ",".join(MEMBERS), "--origin",
             "log.example/snapshot", "--out", self.folder / "alliance", "--loopback", "--port",
             str(base), "--snapshot-every", str(EVERY)], check=True, stdout=subprocess.DEVNULL)
        self.nodes = [Node(self.folder, k, base + 10 * (k - 1))
                      for k in range(1, len(MEMBERS) + 1)]
        for node in self.nodes:
            node.program = tanjid
            node.launch()
        self.desk = Alliance(build, self.folder, seed)
        genesis = (self.folder / "alliance/genesis.json").read_bytes()
        self.desk.facts = {"ledger": hashlib.sha256(genesis).hexdigest()}
        self.key = SigningKey.read_pem(self.folder / "alliance/metro/metro.key")
        self.answers = {}  # what was answered to each command, to be asked for again
        self.await_ready(self.nodes)

    def await_ready(self, nodes):
        until(lambda: all(node.is_ready() for node in nodes),
              lambda: f"not ready: {[n.number for n in nodes if not n.is_ready()]}: {self.folder}")

    def write(self, count, nodes):
        """So many commands, each in a block of its own."""
        for _ in range(count):
            number, envelope = self.desk.sign("account.open", {
                "account": self.desk.draw(16).hex(), "kind": "user", "owner": None,
                "keys": []}, self.key)
            until(lambda: self.sent(self.dice.choice(nodes), number, envelope), "no answer")

    def sent(self, node, number, envelope):
        try:
            reply = Client(node.port, 10).ask("POST", "/v1/accounts", envelope)
        except UNREACHABLE:
            return False
        if reply.status == 503:
            return False
        check(reply.status in (200, 201), f"{reply.status}: {reply.text}")
        self.answers[number] = reply.json()["leaf_index"]
        return True

    def await_same(self, nodes):
        def heads():
            shown = [node.ledger() for node in nodes]
            heads = {(each["size"], each["root"]) for each in shown if each}
            return len(heads) == 1 and all(shown)
        until(heads, lambda: f"different trees: {[node.ledger() for node in nodes]}")

    def expect_answers(self, node):
        """It knows every command, also those whose blocks it has never seen."""
        for number, leaf in self.answers.items():
            reply = node.ask(f"/v1/commands/{number}")
            check(reply and reply.status == 200, f"command {number}: {reply and reply.text}")
            check(reply.json()["leaf_index"] == leaf, f"command {number} is elsewhere at {node.number}")

    def close(self):
        for node in self.nodes:
            if node.process:
                node.process.kill()
                node.process.wait()


def spoil(node):
    """Its newest snapshots as somebody who lies would send them: it believes them itself."""
    for folder in (node.data / "snapshots").iterdir():
        chunk = folder / "chunk-00000000"
        if chunk.exists():
            content = bytearray(chunk.read_bytes())
            content[len(content) // 2] ^= 1
            chunk.write_bytes(content)
            (folder / "hashes").write_bytes(hashlib.sha256(b"\0" + content).digest())


def come_back_by_snapshot(story):
    away, others = story.nodes[3], story.nodes[:3]
    story.write(5, story.nodes)
    away.end(signal.SIGTERM)
    story.write(5 * EVERY, others)
    until(lambda: all((node.metric("log_first_block") or 0) > 8 for node in others),
          lambda: f"not pruned: {[node.metric('log_first_block') for node in others]}")
    print("pruned: the others begin with blocks",
          [node.metric("log_first_block") for node in others])
    spoil(others[0])
    for _ in range(12):  # in the middle of asking, taking, installing
        away.launch()
        time.sleep(story.dice.uniform(0.05, 1.2))
        away.end(signal.SIGKILL)
    away.launch()
    story.await_ready(story.nodes)
    story.await_same(story.nodes)
    check(away.events("snapshot.whole"), f"no snapshot came: {away.log}")
    check(away.events("snapshot.bad_chunk"), f"nobody noticed the wrong chunk: {away.log}")
    check(away.metric("log_first_block") > 8, "it has blocks that nobody could give it")
    story.expect_answers(away)
    print("back: its log begins with block", away.metric("log_first_block"))
    story.write(5, story.nodes)
    story.await_same(story.nodes)


def lose_the_ledger(story, snapshots_too):
    node = story.nodes[3]
    node.end(signal.SIGKILL)
    shutil.rmtree(node.data / "ledger")
    if snapshots_too:
        shutil.rmtree(node.data / "snapshots")
    story.write(3 * EVERY, story.nodes[:3])
    node.launch()
    story.await_ready(story.nodes)
    story.await_same(story.nodes)
    story.expect_answers(node)
    print("ledger lost" + (" with its snapshots" if snapshots_too else "") + ": is back")


def check_folders(story):
    for node in story.nodes:
        node.end(signal.SIGTERM)
        done = subprocess.run([node.program, "fsck", "--data-dir", node.data],
                              capture_output=True, text=True, check=False)
        check(done.returncode == 0, f"fsck of {node.number}: {done.stdout}{done.stderr}")


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("build")
    words.add_argument("--seed", type=int, default=46)
    options = words.parse_args()
    folder = tempfile.mkdtemp(prefix="tanji-snapshot-")
    story = None
    try:
        story = Story(options.build, folder, options.seed)
        come_back_by_snapshot(story)
        lose_the_ledger(story, snapshots_too=False)
        lose_the_ledger(story, snapshots_too=True)
        check_folders(story)
    except (Failed, AssertionError) as fault:
        print(f"FAILED: {fault}\nkept: {folder}")
        return 1
    finally:
        if story:
            story.close()
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
