"""A demo alliance driven over HTTP with nothing but the standard library: what the stories share."""

import base64
import http.client
import json
import pathlib
import random
import signal
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from ed25519 import SigningKey  # noqa: E402

COMMAND_TYPE = "application/vnd.tanji.command+json"
READY_WAIT_S = 120


def free_ports():
    """A base port with two free ones after it."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        try:
            for offset in (1, 2):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port + offset))
            return port
        except OSError:
            continue


class Api:
    """One connection; ask() gives (status, text), or raises OSError or HTTPException. What a busy
    node answers with 503 is asked again, as the contract says: ids make that safe."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(self, method, target, body=None, media="application/json"):
        deadline = time.monotonic() + READY_WAIT_S
        while True:
            self.begin(method, target, body, media)
            status, text = self.end()
            busy = status == 503 and '"retryable":true' in text
            if not busy or time.monotonic() > deadline:
                return status, text
            time.sleep(0.1)

    def begin(self, method, target, body=None, media="application/json"):
        """The first half of ask(): sends, and waits for nothing."""
        headers = {"Content-Type": media} if body else {}
        self.connection.request(method, target, body=body, headers=headers)

    def end(self):
        """The second half, once: what the node answered, busy or not."""
        reply = self.connection.getresponse()
        return reply.status, reply.read().decode()

    def json(self, target):
        status, text = self.ask("GET", target)
        if status != 200:
            raise AssertionError(f"GET {target} gave {status}: {text}")
        return json.loads(text)


class Alliance:
    """The folder of a demo, its keys, and signed commands of its members and holders."""

    def __init__(self, build, folder, seed, nodes=1, port=None):
        self.build = pathlib.Path(build)
        self.data = pathlib.Path(folder) / "demo"
        self.dice = random.Random(seed)
        self.nodes = nodes
        self.port = port or free_ports()
        self.demo = None

    def start_demo(self):
        """Starts the demo and waits until it has seeded its ledger."""
        log = open(self.data.parent / "demo.log", "wb")
        self.demo = subprocess.Popen(
            [self.build / "tanjid", "demo", "--keep", self.data, "--no-input", "--port",
             str(self.port), "--nodes", str(self.nodes)],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + READY_WAIT_S
        while not (self.data / "demo.json").exists():
            if self.demo.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("the demo does not start")
            time.sleep(0.05)
        time.sleep(0.2)
        self.facts = json.loads((self.data / "demo.json").read_text())
        self.holders = [(each, SigningKey.read_pem(each["key"])) for each in self.facts["accounts"]]

    def stop_demo(self):
        if self.demo:
            self.demo.send_signal(signal.SIGTERM)
            self.demo.wait(READY_WAIT_S)
            self.demo = None

    def key(self, member):
        return SigningKey.read_pem(self.data / f"keys/{member}.key")

    def draw(self, size):
        return self.dice.getrandbits(8 * size).to_bytes(size, "big")

    def sign(self, kind, body, *keys):
        """(id, DSSE envelope) of a command."""
        number = self.draw(16)
        payload = json.dumps({
            "type": kind, "v": 1, "ledger": self.facts["ledger"], "id": number.hex(),
            "not_after": int(time.time() * 1000) + 3_600_000, "salt": self.draw(16).hex(),
            "body": body,
        }, separators=(",", ":")).encode()
        message = b"DSSEv1 %d %s %d %s" % (
            len(COMMAND_TYPE), COMMAND_TYPE.encode(), len(payload), payload)
        return number.hex(), json.dumps({
            "payloadType": COMMAND_TYPE, "payload": base64.b64encode(payload).decode(),
            "signatures": [{"keyid": key.id, "sig": base64.b64encode(key.sign(message)).decode()}
                           for key in keys],
        })

    def offer(self, name, price, stock):
        """Body of an offer of the shop, open for a day."""
        now = int(time.time() * 1000)
        return {
            "offer": f"shop.{name}", "title": {"zh": "合成", "en": "SYNTHETIC"},
            "programme": "green-points", "price": str(price),
            "stock": None if stock is None else str(stock), "opens_at": now - 60_000,
            "closes_at": now + 86_400_000, "limit": None, "cooldown_s": 0, "quantity_max": 100,
            "hold_s_max": 86_400, "refund_days": 14, "terms": self.draw(32).hex(),
        }

    def reserve(self, holder, offer, points, quantity=1, hold_s=3_600):
        return {"account": holder["account"], "offer": offer, "quantity": quantity,
                "points": str(points), "hold_s": hold_s, "instruction": None}

    def confirm(self, redemption, points):
        return {"redemption": redemption, "points": str(points), "voucher": self.draw(32).hex()}
