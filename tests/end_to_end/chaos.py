#!/usr/bin/env python3
"""Real nodes under load, broken in every way at hand, and what was acknowledged is still there.

    chaos.py BUILD_DIR [--rounds N] [--nodes K] [--seed S] [--kinds kill,pause,cut,disk,clock]

Each round: clients write and read at all nodes, one fault or two happen, all is healed, and when
every node is ready and everything open has its answer, cluster_check.py compares. Now and then and
at the end all nodes are killed, `tanjid fsck` reads every folder from nothing, `tanji verify` every
receipt that was saved, `tanji audit` the whole history. Disks of their own need the right to mount
(run it as root under `unshare --mount`), clocks a C compiler; what is missing is said at the start
and left out. Standard library only."""

import argparse
import collections
import json
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import chaos_faults  # noqa: E402
from alliance import Api  # noqa: E402
from cluster import Client, Cluster  # noqa: E402
from cluster_check import Checker  # noqa: E402
from cluster_load import Book, Clients, Gap, Teller  # noqa: E402
from kill_watch import Failed, check  # noqa: E402

KINDS = ("kill", "pause", "cut", "disk", "clock")
GAP_S = 30  # with a majority left, somebody is served again after that at most


class Story:
    def __init__(self, options):
        self.options = options
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tanji-chaos-", dir=options.folder))
        self.cluster = Cluster(options.build, self.folder, options.seed, options.nodes)
        self.cluster.known = options.known
        self.gaps = collections.defaultdict(list)
        self.open_gaps = []
        self.faults = collections.Counter()
        self.healed_s = []

    def prepare(self):
        """The demo seeds its ledger; then its nodes start as processes of their own."""
        cluster, kinds = self.cluster, self.options.kinds
        cluster.alliance.start_demo()
        self.desk = Teller(cluster.alliance, random.Random(f"{self.options.seed}/desk"))
        api = Api(cluster.alliance.port)
        self.desk.prologue(api)
        self.desk.open_counters(api)
        cluster.alliance.stop_demo()
        if "cut" in kinds:
            cluster.use_links()
        if "disk" in kinds:
            cluster.use_disks()
        if "clock" in kinds:
            cluster.use_clocks()
        self.book = Book(self.desk)
        self.checker = Checker(cluster, self.book, random.Random(f"{self.options.seed}/checker"))
        for node in cluster.nodes:
            node.launch()
        cluster.await_ready()
        self.desk.zero(Client(cluster.nodes[-1].port, 15))
        self.checker.adopt()
        self.choices, self.weights = chaos_faults.of(self, kinds)
        print(f"chaos: {len(cluster.nodes)} nodes, {len(self.checker.tree)} leaves, links "
              f"{'through proxies' if cluster.links else 'direct'}, disks "
              f"{'of their own' if cluster.mounted else 'shared'}, clocks "
              f"{'of their own' if cluster.clock_library else 'shared'}: {self.folder}", flush=True)

    # --- for faults ---

    def measure_gap(self, name, broken, act):
        """Does act() and waits until a node that is not broken serves again; what came out."""
        left = [node for node in self.cluster.running() if node not in broken and not node.paused]
        possible = len(left) > len(self.cluster.nodes) // 2 and self.alone
        gap = Gap(self.cluster, self.book, left)
        act()
        gap.begin()
        self.open_gaps.append(gap)
        seconds = gap.await_first(GAP_S if possible else 3)
        if seconds is None:
            check(not possible, f"{name}: nobody is served after {GAP_S} s")
            return "nobody served"
        if possible:
            self.gaps[name].append(seconds)
        return f"gap {seconds:.2f} s"

    def heal(self, dice):
        """Ends all faults. The dead start again in any order."""
        cluster = self.cluster
        if cluster.links:
            cluster.links.open_all()
        for node in cluster.mounted:
            (node.folder / "filler").unlink(missing_ok=True)
        for node in dice.sample(cluster.nodes, len(cluster.nodes)):
            node.resume()
            node.offset_clock(0)
            if not node.runs():
                node.launch()
                time.sleep(dice.choice((0, 0, 0.1, 0.5)))
        begun = time.monotonic()
        cluster.await_ready()
        self.healed_s.append(time.monotonic() - begun)
        for gap in self.open_gaps:
            gap.end()
        self.open_gaps.clear()

    # --- rounds ---

    def round(self, number):
        dice = random.Random(f"{self.options.seed}/{number}")  # one round can be drawn again alone
        begun = time.monotonic()
        answered = len(self.book.outcomes)
        clients = Clients(self.cluster, self.book, f"{self.options.seed}/{number}",
                          pace_s=self.options.pace)
        try:
            time.sleep(dice.uniform(0.1, 0.6))
            drawn = dice.choices(self.choices, self.weights, k=1 if dice.random() < 0.7 else 2)
            self.alone = len(drawn) == 1
            told = []
            for fault in drawn:
                told.append(fault(self, dice))
                self.faults[fault.__name__] += 1
            self.heal(dice)
            time.sleep(dice.uniform(0.1, 0.4))
        finally:
            clients.over.set()
        clients.stop()
        waiting = len(self.book.open)
        self.checker.quiet()
        for node in self.cluster.nodes:
            node.may_end = False
        print(f"{number}: {'; '.join(told)}: ready after {self.healed_s[-1]:.1f} s, "
              f"{len(self.book.outcomes) - answered} answered, {waiting} were open, "
              f"{time.monotonic() - begun:.1f} s", flush=True)

    def look_inside(self):
        """Kills all nodes and lets the programs check what they left."""
        self.checker.verify_receipts()
        for node in self.cluster.nodes:
            node.kill()
        self.checker.fsck()
        for node in self.cluster.nodes:
            node.launch()
        self.cluster.await_ready()
        self.checker.quiet()

    def run(self):
        begun = time.monotonic()
        self.prepare()
        number = 0
        while number < self.options.rounds and not (
                self.options.minutes and time.monotonic() - begun > 60 * self.options.minutes):
            number += 1
            self.round(number)
            if number % self.options.fsck_every == 0:
                self.look_inside()
                print(f"fsck and receipts ok: {self.summary(number, begun)}", flush=True)
        for node in self.cluster.nodes:
            node.stop()
        self.checker.fsck()
        for node in self.cluster.nodes:
            node.launch()
        self.cluster.await_ready()
        self.checker.quiet()
        self.checker.verify_receipts()
        self.checker.audit()
        for name, found in sorted(self.gaps.items()):
            found.sort()
            half, most = found[len(found) // 2], found[len(found) * 99 // 100]
            print(f"gap after {name} of the leader, {len(found)} times: p50 {half:.2f} s, "
                  f"p99 {most:.2f} s, max {found[-1]:.2f} s")
        ends = collections.Counter(end for node in self.cluster.nodes for end in node.exits)
        print(f"nodes that ended, by status: {dict(ends)}")
        for title, tally in (("faults", self.faults), ("answers", self.book.tally)):
            counts = ", ".join(f"{name} {count}" for name, count in tally.most_common())
            print(f"{title}: {counts}")
        print(f"chaos: ok, seed {self.options.seed}, {self.summary(number, begun)}, 0 lost, "
              "0 doubled, 0 stale reads, fsck, verify and audit ok")

    def summary(self, rounds, begun):
        return (f"{rounds} rounds on {len(self.cluster.nodes)} nodes, "
                f"{len(self.book.outcomes)} commands acknowledged, "
                f"{self.book.tally['reads']} reads, {len(self.book.seen)} certified trees, "
                f"{self.checker.verified} receipts, "
                f"{time.monotonic() - begun:.0f} s")

    def save(self, failed):
        (self.folder / "failed.json").write_text(json.dumps(
            {"seed": self.options.seed, "failed": str(failed), "sent": list(self.book.sent),
             "open": list(self.book.open), "outcomes": self.book.outcomes}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--minutes", type=float, default=0, help="no new round after that")
    parser.add_argument("--fsck-every", type=int, default=50)
    parser.add_argument("--pace", type=float, default=0.06, help="seconds between acts of a client")
    parser.add_argument("--known", help="what a node says that ends for a reason known already")
    parser.add_argument("--folder", help="where the nodes' folders go")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("asked to end"))  # and clean up
    options.kinds = options.kinds.split(",")
    print(f"chaos: seed {options.seed}", flush=True)
    story = Story(options)
    kept = True
    try:
        story.run()
        kept = False
    except Failed as failed:
        story.save(failed)
        raise SystemExit(f"chaos: FAILED: {failed}") from failed
    finally:
        story.cluster.close()
        if kept:
            print(f"chaos: the folder is kept: {story.folder}", file=sys.stderr)
        else:
            shutil.rmtree(story.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
