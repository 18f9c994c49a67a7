#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets from the golden files of the project, from packs/, and from
the vectors beside it (bytes of our own formats). Usage: make_corpus.py SHARED_DATA

Files that are there already stay: regressions are added by hand and never removed."""

import base64
import hashlib
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
GOLDEN = ROOT / "tests/golden/proof"
SEED_BYTES_MAX = 4500


def put(target, name, data):
    if isinstance(data, str):
        data = data.encode()
    if len(data) > SEED_BYTES_MAX and target not in ("genesis", "leaf", "receipt"):
        return
    folder = HERE / "corpus" / f"{target}_fuzz"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    if not path.exists():
        path.write_bytes(data)


def slug(text):
    return "-".join("".join(c if c.isalnum() else " " for c in text.lower()).split())[:40]


def golden():
    container = bytes.fromhex((GOLDEN / "container.hex").read_text().strip())
    stored = bytes.fromhex((GOLDEN / "stored.hex").read_text().strip())
    header = bytes.fromhex((GOLDEN / "header.hex").read_text().strip())
    ndjson = (GOLDEN / "batch.ndjson").read_bytes()
    payload_bytes = int.from_bytes(container[:4], "big")
    payload, attachment = container[4:4 + payload_bytes], container[4 + payload_bytes:]
    first_record = attachment[8:8 + int.from_bytes(attachment[4:8], "big")]
    put("batch", "container", container)
    put("batch", "ndjson", ndjson)
    put("batch", "attachment", attachment)
    put("allocation", "container", container)
    put("allocation", "attachment", attachment)
    put("allocation", "stored", stored)
    put("command", "submit", payload + b"\n" + attachment)
    put("envelope", "stored", stored)
    put("envelope", "signature-header", (GOLDEN / "signature_header.txt").read_bytes())
    put("envelope", "first-line", ndjson.split(b"\n")[0])
    put("record", "wire", first_record)
    put("block", "header", header)
    for i, line in enumerate(ndjson.split(b"\n")[1:]):
        if line:
            put("record", f"text-{i}", line)
    bundle = b""
    for i, line in enumerate((GOLDEN / "leaves.ndjson").read_bytes().split(b"\n")):
        if line:
            put("leaf", f"golden-{i}", line)
            bundle += len(line).to_bytes(2, "big") + line
    put("tile", "bundle", bundle)
    put("tile", "hashes", hashlib.sha256(b"a").digest() + hashlib.sha256(b"b").digest())
    put("tile", "path-entries", "tile/entries/x001/x234/067.p/17")
    put("tile", "path-tile", "tile/0/x001/x234/067")
    for name in ("record_receipt.json", "reservation_receipt.json", "certificate.json",
                 "saved.tlog-proof"):
        data = (GOLDEN / name).read_bytes()
        put("receipt", name, data)
        put("json", name, data)
    receipt = json.loads((GOLDEN / "record_receipt.json").read_text())
    put("receipt", "bare-proof", receipt["proof"])
    put("note", "log-proof", receipt["proof"])
    put("note", "checkpoint", (GOLDEN / "checkpoint.txt").read_bytes())
    put("note", "add-checkpoint", b"old 0\n\n" + (GOLDEN / "checkpoint.txt").read_bytes())
    put("note", "evidence", (GOLDEN / "evidence.json").read_bytes())
    put("policy", "policy", (GOLDEN / "policy.txt").read_bytes())
    put("genesis", "small", (ROOT / "tests/tools/golden/genesis.json").read_bytes())
    put("policy", "small", (ROOT / "tests/tools/golden/policy.txt").read_bytes())
    for path in [*(ROOT / "packs").glob("*.json"), ROOT / "tests/tools/golden/bike.json",
                 ROOT / "tests/tools/golden/factors.json"]:
        target = "factor_set" if "factors" in path.name else "methodology"
        put(target, path.stem, path.read_bytes())
    head = (b"POST /v1/activities?wait=committed HTTP/1.1\r\nHost: a\r\n"
            b"Content-Type: application/vnd.tanji.batch+cereal\r\nTanji-Signature: ")
    put("http", "container", head + (GOLDEN / "signature_header.txt").read_bytes().strip()
        + b"\r\nContent-Length: " + str(len(container)).encode() + b"\r\n\r\n" + container)
    put("http", "ndjson", b"POST /v1/activities HTTP/1.1\r\nHost: a\r\nContent-Type: application/"
        b"x-ndjson\r\nContent-Length: " + str(len(ndjson)).encode() + b"\r\n\r\n" + ndjson)


def requests():
    grant = base64.urlsafe_b64encode(b'{"payload":"e30=","payloadType":"x","signatures":[]}')
    lines = {
        "get": "GET /v1/accounts/a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1/history?limit=5&consistency=local"
               " HTTP/1.1\r\nHost: a\r\nAccept: application/json;q=0.5, */*;q=0.1\r\n",
        "escapes": "GET /log/tile/0/x001%2F234?cursor=AAEC_w HTTP/1.1\r\nHost: [::1]:8460\r\n",
        "chunked": "POST /v1/commands?dry_run=true&wait=certified&timeout=3 HTTP/1.1\r\nHost: a\r\n"
                   "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n",
        "both": "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "token": "GET /v1/members HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n"
                 "Authorization: Bearer tm1.00000001.c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M\r\n",
        "grant": "GET /v1/accounts/x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer rg1."
                 + grant.decode().rstrip("=") + "\r\n",
        "fields": "GET /v1/ledger HTTP/1.1\r\nHost: a\r\nIf-None-Match: W/\"a\", \"tag\"\r\n"
                  "Accept-Language: en;q=0.3, zh-CN\r\n"
                  "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n",
        "fold": "GET / HTTP/1.1\r\nHost: a\r\n b\r\n",
    }
    for name, text in lines.items():
        put("http", name, text + "\r\n")


def by_hand():
    put("allocation", "nine-bytes-of-header", bytes.fromhex("ffffffff") + b"{}{}{")
    put("allocation", "nine-bytes-of-records", bytes.fromhex("00000000ffffffff00"))
    put("allocation", "nine-bytes-of-attachment", bytes.fromhex("00002710ffffffffff"))
    put("allocation", "nine-bytes-of-bundle", bytes.fromhex("ffff00ffff00ffff00"))
    put("envelope", "none-signed", '{"payloadType":"application/vnd.tanji.command+json",'
        '"payload":"e30=","signatures":[]}')
    for name, text in {
        "numbers": "[0,9007199254740991,-1,1.5e3]", "escapes": '{"a":"\\u4e2d\\n\\ud83d\\ude00"}',
        "deep": "[" * 16 + "]" * 16, "twice": '{"a":1,"a":2}', "words": "[true,false,null]",
    }.items():
        put("json", name, text)
    account = "a1" * 16
    head = '"v":1,"ledger":"' + "2c" * 32 + '","id":"' + "01" * 16 + (
        '","not_after":1795222800000,"salt":"' + "5a" * 16 + '","body":')
    klass = "sz-ph:bike-demo@1:440300:2026"
    bodies = {
        "account.open": {"account": account, "kind": "user", "keys": [], "owner": None},
        "credit.transfer": {"from": account, "to": "metro", "class": klass, "amount": "10"},
        "credit.retire": {"account": account, "class": klass, "amount": "10",
                          "purpose": "voluntary", "beneficiary": "a", "commitment": None,
                          "statement": "b", "inventory": None, "instruction": None},
        "activity.attest": {"batch": "01" * 16, "verdict": "accept", "except": [[1, 3]],
                            "level": "limited", "sampled": 20, "report": "00" * 32,
                            "reason": None},
        "methodology.publish": {"scheme": "sz-ph", "document": (ROOT / "packs/bike-demo.json")
                                .read_text()},
    }
    for kind, body in bodies.items():
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        put("command", slug(kind), '{"type":"' + kind + '",' + head + text + "}")


def vectors(shared):
    folder = shared / "vectors/tanji"
    load = lambda name: json.loads((folder / f"{name}.json").read_text())
    dsse, batch, leaf = load("dsse"), load("batch"), load("leaf")
    note, receipt, block = load("checkpoint"), load("receipt"), load("block")
    put("genesis", "demo", base64.b64decode(dsse["genesis"]))
    for case in dsse["payloads"][::2]:
        put("command", slug(case["name"]), base64.b64decode(case["payload"]))
    for case in dsse["envelopes"]:
        data = base64.b64decode(case["envelope"])
        if len(data) < 1500:
            put("envelope", slug(case["name"]), data)
    for case in batch["batches"]:
        if "container" in case:
            put("batch", slug(case["name"]), bytes.fromhex(case["container"]))
    for case in batch["record_text_rejected"]:
        put("record", slug(case["name"]), case["text"])
    for case in leaf["leaves"][1:]:
        put("leaf", slug(case["name"]), case["text"])
    for case in note["notes"][:8]:
        put("note", slug(case["name"]), base64.b64decode(case["note"]))
    for case in note["evidence"]:
        put("note", slug(case["name"]), json.dumps(case["evidence"], ensure_ascii=False,
                                                   separators=(",", ":")))
    for case in note["witness"]["exchange"][:5]:
        put("note", slug("w " + case["name"]), base64.b64decode(case["request"]))
    put("policy", "vector", note["policy"]["text"])
    for case in note["keys"][:2]:
        put("policy", slug(case["member"]), case["log_vkey"])
    for case in receipt["tlog_proofs"][:3]:
        put("note", slug("p " + case["name"]), case["text"])
    for case in block["blocks"]:
        put("block", slug(case["name"]), bytes.fromhex(case["header"] + case["body"]))
    for path in sorted((shared / "methodologies").glob("*.json"))[:6]:
        put("methodology", path.stem, path.read_bytes())


if __name__ == "__main__":
    golden()
    requests()
    by_hand()
    if len(sys.argv) > 1:
        vectors(pathlib.Path(sys.argv[1]))
