#!/usr/bin/env python3
"""A node that is killed at random moments under load loses nothing that it acknowledged, and every
write endpoint gives the first receipt again, whenever the node was killed.

    kill_rounds.py BUILD_DIR [--rounds N] [--seed S] [--threads T] [--fsck-every N]

Each round: the node starts, is killed while it starts, and starts again; commands whose fate is
open are sent again, twice, and those that were answered once; threads send signed commands over
HTTP; after 10 to 400 ms one of every kind is sent at once, and as soon as one of these is known to
be committed comes SIGKILL; then one of every kind is sent to nobody. A retry must give the receipt
that was given, or found, first: the whole reply is compared. After each restart the tree holds
exactly one leaf per command beside those of sweeps, and the last certified checkpoint that anybody
saw is the beginning of the tree. `tanjid fsck` checks the folder from nothing now and then and at
the end. Fails if an endpoint was not retried at each point that kill_tally.py requires. Standard
library only."""

import argparse
import collections
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
import zlib

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from alliance import Alliance, Api, READY_WAIT_S  # noqa: E402
from kill_desk import ROUTES, Desk  # noqa: E402
import kill_tally  # noqa: E402
from kill_watch import Failed, Watch, check  # noqa: E402

BATCH = 150  # commands that are ready before a round
ROUNDS_MORE = 10  # at most, where an endpoint missed a point: whether a kill hits it is chance


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
        self.ready = collections.deque()  # commands not sent yet
        self.open = {}          # id → command: sent, fate unknown
        self.unsent = set()     # ids of those that reached nobody
        self.glimpsed = {}      # id → what the node said of it before the kill
        self.receipts = {}      # id → the first, compressed
        self.commands = {}      # id → command, of those with a receipt
        self.answered = []      # commands answered since the last look
        self.chased = []        # the same, by a node that was starting
        self.faults = []        # of threads
        self.cut_starting = 0   # commands done by a node that was killed while it started
        self.start_s = 0.1      # from launch to ready, the last time
        self.tally = kill_tally.Tally(ROUTES)

    # --- the alliance ---

    def make_alliance(self):
        self.alliance.start_demo()
        self.desk = Desk(self.alliance, self.dice)
        self.desk.prologue(Api(self.port))
        self.alliance.stop_demo()
        data = self.alliance.data
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
        begun = time.monotonic()
        deadline = begun + READY_WAIT_S
        while True:
            check(self.node.poll() is None, f"the node ends by itself: {self.folder}/node.err")
            check(time.monotonic() < deadline, "the node is not ready in time")
            try:
                api = Api(self.port)
                if api.ask("GET", "/readyz")[0] == 200:
                    self.start_s = time.monotonic() - begun
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

    def one_of_each(self, point):
        """As far as there is something that they can be about."""
        with self.lock:
            made = [self.desk.make(row) for row in ROUTES if self.tally.wants(row, point)]
        return [command for command in made if command]

    def keep(self, command, status, text):
        """Keeps the receipt in a reply, or compares it with the first. What the reply says."""
        reply = json.loads(text)
        outcome = reply.get("outcome") if reply.get("recorded") else reply
        check(isinstance(outcome, dict) and "leaf_index" in outcome,
              f"{command.type} {command.id} gave {status}: {text[:300]}")
        with self.lock:
            packed = zlib.compress(json.dumps([status, text]).encode())
            first = json.loads(zlib.decompress(self.receipts.setdefault(command.id, packed)))
            check(kill_tally.receipt_of(*first) == kill_tally.receipt_of(status, text),
                  f"{command.type} {command.id}: two receipts:\n{first}\n{[status, text]}")
            self.open.pop(command.id, None)
            if command.id not in self.commands:
                self.commands[command.id] = command
                self.tally.rows[command.row][outcome["outcome"]] += 1
                if outcome["outcome"] == "applied":
                    self.desk.learn(command)
        return outcome

    def load(self, thread):
        """Sends until the node is gone; a reply that was cut is no acknowledgement."""
        query = "?until=certified" if thread % 2 else ""
        try:
            api = Api(self.port)
            while True:
                with self.lock:
                    if not self.ready:
                        return
                    command = self.ready.popleft()
                    self.open[command.id] = command
                reply = api.ask("POST", command.path + query, command.text, command.media)
                self.keep(command, *reply)
                self.answered.append(command)
        except (OSError, http.client.HTTPException):
            return

    def chase(self, commands):
        """Sends to a node that starts, until each has its answer."""
        failures = collections.Counter()
        api = Api(self.port)
        while commands:
            command = commands.pop(0)
            try:
                api.begin("POST", command.path, command.text, command.media)
                status, text = api.end()
            except (OSError, http.client.HTTPException):
                status, api = None, Api(self.port)
                time.sleep(0.002)
            if status in (None, 503):
                failures[command.id] += 1
                commands.append(command)
                continue
            outcome = self.keep(command, status, text)
            self.cut_starting += outcome["replayed"]
            (self.chased if failures[command.id] else self.answered).append(command)

    def send_and_kill(self, commands):
        """Sends all at once, and kills the node when one of them is committed."""
        calls = [(command, Api(self.port)) for command in commands]
        for command, api in calls:
            self.open[command.id] = command
            api.begin("POST", command.path + "?until=certified", command.text, command.media)
        probe = Api(self.port)
        watched = self.dice.choice(commands).id
        deadline = time.monotonic() + READY_WAIT_S
        while True:
            check(time.monotonic() < deadline, f"{watched} is not committed in time")
            found = probe.json(f"/v1/commands/{watched}?consistency=local")
            if found["status"] in ("applied", "refused"):
                break
        self.kill()
        self.glimpsed[watched] = found
        for command, api in calls:
            try:
                status, text = api.end()
            except (OSError, http.client.HTTPException):
                continue
            if status != 503:
                self.keep(command, status, text)
                self.answered.append(command)

    def send_to_nobody(self, commands):
        for command in commands:
            self.open[command.id] = command
            self.unsent.add(command.id)
            try:
                Api(self.port).ask("POST", command.path, command.text, command.media)
            except ConnectionRefusedError:
                continue
            check(False, "a dead node answers")

    # --- what must hold after a restart ---

    def ask_again(self, api, command):
        reply = api.ask("POST", command.path, command.text, command.media)
        outcome = self.keep(command, *reply)
        counts = self.tally.rows[command.row]
        counts["retries"] += 1
        counts["first receipt" if outcome["replayed"] else "made it"] += 1  # or keep() had failed
        return outcome

    def ask_for_replay(self, api, commands, point):
        for command in commands:
            outcome = self.ask_again(api, command)
            check(outcome["replayed"], f"{command.type} {command.id} was lost: {outcome}")
            self.tally.rows[command.row][point] += 1

    def settle(self, api):
        """Sends again what was open."""
        for command in list(self.open.values()):
            found = api.json(f"/v1/commands/{command.id}")
            happened = found["status"] != "unknown"
            outcome = self.ask_again(api, command)
            check(outcome["replayed"] == happened, f"{command.id}: {outcome}, before: {found}")
            before = [found] if happened else []
            if command.id in self.glimpsed:
                before.append(self.glimpsed.pop(command.id))
            for each in before:
                for name in ("leaf_index", "index", "time"):
                    check(each.get(name) == outcome[name], f"{command.id}: {outcome}, was {each}")
            point = kill_tally.COMMITTED if happened else kill_tally.CUT
            if command.id in self.unsent:
                check(not happened, f"{command.id} reached nobody, and happened: {found}")
                point = kill_tally.UNSENT
            self.ask_for_replay(api, [command], point)
        self.unsent.clear()

    def check_restarted(self, api):
        answered, self.answered = self.answered, []
        chased, self.chased = self.chased, []
        self.ask_for_replay(api, answered, kill_tally.ANSWERED)
        self.ask_for_replay(api, chased, kill_tally.RESTART)
        self.settle(api)
        self.watch.check(api, len(self.receipts))

    # --- the rounds ---

    def start_threads(self, targets):
        def guarded(target, *words):
            try:
                target(*words)
            except Exception as fault:  # told by join()
                self.faults.append(fault)
        threads = [threading.Thread(target=guarded, args=each, daemon=True) for each in targets]
        for thread in threads:
            thread.start()
        return threads

    def join(self, threads):
        for thread in threads:
            thread.join(READY_WAIT_S)
            check(not thread.is_alive(), "a client waits for ever")
        if self.faults:
            raise self.faults[0]

    def restart(self):
        """Kills the node once while it starts. The node, when it is ready."""
        commands = self.one_of_each(kill_tally.RESTART)
        self.launch()
        threads = self.start_threads([(self.chase, commands)])
        time.sleep(self.dice.uniform(0, 1.5 * self.start_s))
        self.kill()
        self.launch()
        api = self.await_ready()
        self.join(threads)
        return api

    def round(self):
        self.check_restarted(self.restart())
        while len(self.ready) < BATCH:
            self.ready.append(self.desk.draw())
        threads = self.start_threads(
            [(self.load, i) for i in range(self.options.threads)] + [(self.watch.look,)])
        commands = self.one_of_each(kill_tally.COMMITTED)
        time.sleep(self.dice.uniform(0.010, 0.400))
        self.send_and_kill(commands)
        self.join(threads)
        self.send_to_nobody(self.one_of_each(kill_tally.UNSENT))

    def run(self):
        begun = time.monotonic()
        self.make_alliance()
        self.launch()
        self.watch = Watch(self.port, self.await_ready().json("/v1/ledger")["size"])
        self.kill()
        number = 0
        while number < self.options.rounds or (
                self.tally.missing() and number < self.options.rounds + ROUNDS_MORE):
            self.round()
            number += 1
            if number % self.options.fsck_every == 0:
                self.fsck()
                print(f"round {number}: {len(self.receipts)} commands acknowledged, "
                      f"{len(self.open)} open, fsck ok", flush=True)
        self.launch()
        api = self.await_ready()
        self.check_restarted(api)
        self.ask_for_replay(api, list(self.commands.values()), kill_tally.AT_END)
        self.check_restarted(api)
        self.node.send_signal(signal.SIGTERM)
        self.node.wait(READY_WAIT_S)
        self.node = None
        self.fsck()
        self.tally.print(ROUTES)
        missing = self.tally.missing()
        check(not missing, "; ".join(missing))
        print(f"kill_rounds: seed {self.options.seed}, {number} rounds, "
              f"{len(self.receipts)} commands acknowledged, "
              f"{2 * number + 2} restarts, "
              f"{self.cut_starting} commands done by a node that was killed while it started, "
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
    except Failed as failed:
        raise SystemExit(f"kill_rounds: FAILED: {failed}") from failed
    finally:
        if story.node:
            story.kill()
        if kept:
            print(f"kill_rounds: the folder is kept: {story.folder}", file=sys.stderr)
        else:
            shutil.rmtree(story.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
