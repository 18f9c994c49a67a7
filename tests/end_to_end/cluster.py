"""The nodes of a demo alliance, each a process that can be killed, paused and cut off."""

import http.client
import json
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from alliance import Alliance  # noqa: E402
from kill_watch import Failed, check  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
UNREACHABLE = (OSError, http.client.HTTPException)
RECOVERY_S = 90  # until a healed cluster answers again, at most
SMALL_DISK_MB = 1_024
FULL_DISK_ENDS = (74, 78)  # how a node may end that cannot write


def free_base(nodes):
    """A port from which ten per node are free, below those that the kernel hands out."""
    while True:
        base = random.randrange(15_000, 31_000, 10)
        try:
            for port in range(base, base + 10 * nodes):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            return base
        except OSError:
            continue


class Reply:
    def __init__(self, reply, port):
        self.port = port
        self.status = reply.status
        self.headers = reply.headers
        self.text = reply.read().decode(errors="backslashreplace")

    def json(self):
        return json.loads(self.text)

    def index(self):
        return int(self.headers.get("Tanji-Index", 0))


class Client:
    """One connection to one node. ask() raises one of UNREACHABLE, or gives what came."""

    def __init__(self, port, timeout):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)

    def ask(self, method, target, body=None, media="application/json", **headers):
        if body:
            headers["Content-Type"] = media
        try:
            self.connection.request(method, target, body=body, headers={
                name.replace("_", "-"): value for name, value in headers.items()})
            return Reply(self.connection.getresponse(), self.connection.port)
        except UNREACHABLE:
            self.connection.close()
            raise


class Node:
    """One process. Its folder, and for a test of full disks its file system, outlive it."""

    def __init__(self, cluster, number):
        self.cluster = cluster
        self.number = number
        self.port = cluster.alliance.port + 10 * (number - 1)
        self.admin = self.port + 2
        self.folder = cluster.alliance.data / f"node-{number}"
        self.log = cluster.folder / f"node-{number}.log"
        self.clock = cluster.folder / f"node-{number}.clock"
        self.process = None
        self.paused = False
        self.may_end = False  # its disk is full
        self.exits = []       # status of each end that nobody asked for

    def peers_port(self):
        return self.port + (6 if self.cluster.links else 1)

    def launch(self):
        assert self.process is None
        environment = None
        if self.cluster.clock_library:
            environment = {"LD_PRELOAD": str(self.cluster.clock_library),
                           "TANJI_TEST_CLOCK": str(self.clock)}
        settings = {"peers.listen": f"127.0.0.1:{self.peers_port()}", "drain.delay_s": 0,
                    "storage.flush_s": 1, "limits.connections_per_address": 1024,
                    **self.cluster.settings}
        words = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.cluster.build / "tanjid", "start", "-c", self.folder / "node.toml", *words],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)

    def runs(self):
        """False, too, if it has ended by itself; that is a fault unless its disk was full."""
        if self.process is None:
            return False
        status = self.process.poll()
        if status is None:
            return True
        self.process, self.paused = None, False
        self.exits.append(status)
        last = self.log.read_text(errors="replace")[-2_000:]
        known = self.cluster.known and re.search(self.cluster.known, last)
        check(known or (self.may_end and status in FULL_DISK_ENDS),
              f"node {self.number} ended by itself with status {status}: {self.log}")
        return False

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process, self.paused = None, False

    def stop(self, wait_s=60):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            try:
                status = self.process.wait(wait_s)
            except subprocess.TimeoutExpired as late:
                raise Failed(f"node {self.number} does not stop: {self.log}") from late
            check(status == 0, f"node {self.number} stopped with status {status}: {self.log}")
            self.process = None

    def pause(self):
        if self.runs():
            self.process.send_signal(signal.SIGSTOP)
            self.paused = True

    def resume(self):
        if self.paused:
            self.process.send_signal(signal.SIGCONT)
            self.paused = False

    def ask(self, target, timeout=5, **headers):
        """Reply, or None if there is no answer."""
        try:
            return Client(self.port, timeout).ask("GET", target, **headers)
        except UNREACHABLE:
            return None

    def is_ready(self):
        reply = self.ask("/readyz", 2)
        return reply is not None and reply.status == 200

    def ledger(self):
        reply = self.ask("/v1/ledger")
        return reply.json() if reply and reply.status == 200 else None

    def led_term(self):
        """Its term if it leads, else 0."""
        if not self.runs() or self.paused:
            return 0
        try:
            text = Client(self.admin, 1).ask("GET", "/metrics").text
        except UNREACHABLE:
            return 0
        facts = dict(line.split(" ") for line in text.splitlines()
                     if line.startswith(("tanji_raft_is_leader ", "tanji_raft_term ")))
        return int(facts["tanji_raft_term"]) if facts["tanji_raft_is_leader"] == "1" else 0

    def offset_clock(self, seconds):
        if self.cluster.clock_library:
            with open(self.clock, "r+b") as file:
                file.write(int(seconds * 1_000_000_000).to_bytes(8, sys.byteorder, signed=True))


class Links:
    """Every connection between nodes passes through a process that can hold or cut it. Each node
    sends only on connections that it opened, so what K opened to J is the directed link K to J."""

    def __init__(self, cluster):
        base, count = cluster.alliance.port, len(cluster.nodes)
        self.process = subprocess.Popen(
            [sys.executable, HERE / "cluster_links.py", str(cluster.alliance.data),
             *(f"{k}:{base + 10 * (k - 1) + 1}:{base + 10 * (k - 1) + 6}"
               for k in range(1, count + 1))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        check(self.process.stdout.readline() == "ready\n", "the links do not start")

    def tell(self, words):
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()
        check(self.process.stdout.readline() == "ok\n", f"the links do not {words}")

    def cut(self, sender, receiver, how):
        """`hold`: what is sent waits, as with lost packets. `reset`: connections break."""
        self.tell(f"{how} {sender} {receiver}")

    def open_all(self):
        self.tell("open")

    def close(self):
        self.process.kill()
        self.process.wait()


class Cluster:
    def __init__(self, build, folder, seed, nodes, settings=None):
        self.build = pathlib.Path(build)
        self.folder = pathlib.Path(folder)
        self.settings = settings or {}
        self.alliance = Alliance(build, folder, seed, nodes, free_base(nodes))
        self.nodes = [Node(self, number) for number in range(1, nodes + 1)]
        self.links = None
        self.clock_library = None
        self.mounted = []
        self.known = None  # in the last lines of a node that ends: counted, no failure

    # --- what faults need ---

    def use_links(self):
        self.links = Links(self)

    def use_clocks(self):
        """A library in front of the C library, which shifts the clock of a node. Without a compiler
        clocks stay as they are."""
        compiler = shutil.which("cc") or shutil.which("clang-19")
        if compiler:
            library = self.folder / "chaos_clock.so"
            subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library,
                            HERE / "chaos_clock.c", "-ldl"], check=True)
            for node in self.nodes:
                node.clock.write_bytes(bytes(8))
            self.clock_library = library

    def use_disks(self):
        """A file system of its own for each node, if this process may mount one."""
        for node in self.nodes:
            image, aside = self.folder / f"disk-{node.number}", self.folder / "aside"
            with open(image, "wb") as file:
                file.truncate(SMALL_DISK_MB << 20)
            node.folder.rename(aside)
            node.folder.mkdir()
            done = subprocess.run(
                f'mkfs.ext4 -q -m 0 "{image}" && mount -o loop "{image}" "{node.folder}"',
                shell=True, capture_output=True, check=False)
            if done.returncode != 0:
                node.folder.rmdir()
                aside.rename(node.folder)
                return
            self.mounted.append(node)
            shutil.copytree(aside, node.folder, dirs_exist_ok=True)
            shutil.rmtree(aside)

    # --- all nodes ---

    def running(self):
        return [node for node in self.nodes if node.runs()]

    def leader(self):
        """Who leads in the newest term, or None."""
        terms = {node: node.led_term() for node in self.nodes}
        newest = max(self.nodes, key=lambda node: terms[node])
        return newest if terms[newest] else None

    def leader_or_any(self):
        """Who leads, if within a few seconds somebody does; other faults may prevent that."""
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            leader = self.leader()
            if leader:
                return leader
            time.sleep(0.05)
        return self.nodes[0]

    def await_ready(self):
        """Every node runs and is ready; one that had a reason to end starts once more."""
        deadline = time.monotonic() + RECOVERY_S
        waiting = list(self.nodes)
        while waiting:
            for node in waiting:
                if not node.runs():
                    node.launch()
            waiting = [node for node in waiting if not node.is_ready()]
            check(not waiting or time.monotonic() < deadline,
                  f"not ready {RECOVERY_S} s after all faults: "
                  f"{[node.number for node in waiting]}: {self.folder}")
            time.sleep(0.05)

    def await_same(self):
        """All nodes show one tree, all of it certified. (size, root). A node whose disk was full may
        learn of it late, from a write in the background: it ends then, and starts once more."""
        deadline = time.monotonic() + RECOVERY_S
        while True:
            for node in self.nodes:
                if not node.runs():
                    node.launch()
            shown = [node.ledger() for node in self.nodes]
            trees = [(each["size"], each["root"], each["certified_size"]) if each else None
                     for each in shown]
            if len(set(trees)) == 1 and trees[0]:
                size, root, certified = trees[0]
                if size == certified:
                    return size, bytes.fromhex(root)
            check(time.monotonic() < deadline,
                  f"the nodes show different trees {RECOVERY_S} s after all faults: {trees}")
            time.sleep(0.02)

    def each(self, act, nodes=None):
        """act(node) for all at once."""
        faults = []

        def guarded(node):
            try:
                act(node)
            except Exception as fault:  # told below
                faults.append(fault)
        threads = [threading.Thread(target=guarded, args=(node,)) for node in nodes or self.nodes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if faults:
            raise faults[0]

    def close(self):
        self.alliance.stop_demo()
        for node in self.nodes:
            node.resume()
            node.kill()
        if self.links:
            self.links.close()
        for node in self.mounted:
            subprocess.run(["umount", node.folder], check=False)
