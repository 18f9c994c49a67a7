"""Somebody who trusts no restart: watches the tree of a node from outside over all its lives."""

import base64
import hashlib
import http.client
import time

from alliance import Api, READY_WAIT_S

PAGE = 500


class Failed(Exception):
    pass


def check(holds, sentence):
    if not holds:
        raise Failed(sentence)


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


def size_and_root(note):
    lines = note.split("\n")
    return int(lines[1]), base64.b64decode(lines[2])


class Watch:
    def __init__(self, port, base):
        self.port = port
        self.base = base       # leaves before the first kill
        self.looked_at = base  # leaves below it have been counted
        self.sweeps = 0        # system leaves after `base`
        self.seen = None       # (size, root) of a certified checkpoint

    def look(self):
        """What a stranger sees while the node runs: the newest certified checkpoint."""
        try:
            api = Api(self.port)
            while True:
                size, root = size_and_root(api.ask("GET", "/log/checkpoint")[1])
                if size >= self.seen[0]:
                    self.seen = (size, root)
                time.sleep(0.02)
        except (OSError, http.client.HTTPException, ValueError, IndexError):
            return

    def check(self, api, commands):
        """That the tree has a leaf per command, and begins with the one that was seen."""
        size = api.json("/v1/ledger")["size"]
        while self.looked_at < size:
            limit = min(PAGE, size - self.looked_at)
            page = api.json(f"/v1/leaves?from={self.looked_at}&limit={limit}")["data"]
            self.sweeps += sum(each["value"]["class"] == "system" for each in page)
            self.looked_at += len(page)
        expected = self.base + commands + self.sweeps
        check(size == expected, f"the tree has {size} leaves, {expected} were acknowledged")
        self.check_checkpoint(api)

    def check_checkpoint(self, api):
        status, text = api.ask("GET", "/log/checkpoint")
        check(status == 200, f"no checkpoint: {text}")
        size, root = size_and_root(text)
        if self.seen and self.seen[0] > size:
            # Certified again within an interval; what was seen must not be gone.
            deadline = time.monotonic() + READY_WAIT_S
            while size < self.seen[0]:
                check(time.monotonic() < deadline, f"certified {self.seen[0]}, now only {size}")
                time.sleep(0.02)
                size, root = size_and_root(api.ask("GET", "/log/checkpoint")[1])
        if self.seen:
            status, text = api.ask("GET", f"/log/consistency?from={self.seen[0]}&to={size}")
            check(status == 200, f"consistency: {text}")
            proof = [base64.b64decode(line) for line in text.split("\n\n")[0].split("\n")[1:]]
            check(is_consistent(*self.seen, size, root, proof),
                  f"the tree of {size} does not begin with the certified one of {self.seen[0]}")
        self.seen = (size, root)
