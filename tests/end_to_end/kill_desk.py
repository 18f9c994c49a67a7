"""What the members and holders of a demo send while its node is killed: all types of commands, each
at a time when it can be applied. Most are; who spends asks for too much now and then."""

import base64
import dataclasses
import hashlib
import hmac
import json
import pathlib
import time

from alliance import SigningKey

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOVERNORS = ("ev", "metro", "registry", "shop", "wallet")  # five of seven, and every owner
OFFERS = {"shop.bag": 80, "shop.pin": 2}  # of the demo; of the prologue
KEPT = 4  # of what the next step of a story needs: for the failure points, not for the load

ANY = "any type"  # the row of POST /v1/commands; without records, which have their own path
ROUTES = {
    "account.open": "/v1/accounts",
    "activity.submit": "/v1/activities",
    "activity.attest": "/v1/activities/{batch}/attest",
    "activity.revoke": "/v1/activities/{batch}/revoke",
    "credit.assign": "/v1/assignments",
    "credit.cancel": "/v1/cancellations",
    "credit.retire": "/v1/retirements",
    "credit.transfer": "/v1/transfers",
    "factors.publish": "/v1/factors",
    "membership.decide": "/v1/memberships",
    "methodology.publish": "/v1/methodologies",
    "offer.publish": "/v1/offers",
    "offer.revise": "/v1/offers/{offer}/revise",
    "offer.restock": "/v1/offers/{offer}/restock",
    "offer.close": "/v1/offers/{offer}/close",
    "programme.publish": "/v1/programmes",
    "redemption.reserve": "/v1/redemptions",
    "redemption.confirm": "/v1/redemptions/{id}/confirm",
    "redemption.release": "/v1/redemptions/{id}/release",
    "redemption.refund": "/v1/redemptions/{id}/refund",
    ANY: "/v1/commands",
}
NOT_DRIVEN = {
    "/v1/estimate": "records nothing",
    "/v1/recompute": "records nothing",
    "/witness/add-checkpoint": "no command, no receipt: the answer is a cosignature",
}


def digest_of(pack):
    return hashlib.sha256((ROOT / f"packs/{pack}.json").read_bytes()).hexdigest()


@dataclasses.dataclass
class Command:
    row: str  # a key of ROUTES: where it is sent
    type: str
    id: str
    path: str
    text: str  # what is sent, the same bytes each time
    media: str
    subject: object  # what it is about, for the step after it


class Desk:
    """Commands are made by one thread; `learn` and `make` want the lock of the story."""

    def __init__(self, alliance, dice):
        self.alliance = alliance
        self.dice = dice
        self.keys = {name: alliance.key(name) for name in (*GOVERNORS, "verico")}
        self.governors = [self.keys[name] for name in GOVERNORS]
        self.waiting = {kind: [] for kind in ROUTES}  # what the next command of a type is about
        for slug in ("green-points", "ride-points"):
            programme = json.loads((ROOT / f"packs/{slug}.json").read_text())
            self.waiting["programme.publish"].append({**programme, "version": 2})
        self.published = 0
        self.running = False  # the prologue is over
        self.makers = {
            "account.open": self.open_account, "activity.submit": self.submit,
            "activity.attest": self.attest, "activity.revoke": self.revoke,
            "credit.assign": self.assign, "credit.cancel": self.cancel,
            "credit.retire": self.retire, "credit.transfer": self.transfer,
            "factors.publish": self.publish_factors,
            "membership.decide": self.decide_membership,
            "methodology.publish": self.publish_methodology,
            "offer.publish": self.publish_offer, "offer.revise": self.revise_offer,
            "offer.restock": self.restock_offer, "offer.close": self.close_offer,
            "programme.publish": self.publish_programme, "redemption.reserve": self.reserve,
            "redemption.confirm": self.confirm, "redemption.release": self.release,
            "redemption.refund": self.refund,
        }
        self.needs_subject = (
            "activity.attest", "activity.revoke", "offer.revise", "offer.restock", "offer.close",
            "programme.publish", "redemption.confirm", "redemption.release", "redemption.refund")

    def check_routes(self):
        """That nothing which writes is missing above."""
        contract = json.loads((ROOT / "api/openapi.json").read_text())
        posts = {path for path, item in contract["paths"].items() if "post" in item}
        types = contract["components"]["schemas"]["Command"]["properties"]["type"]["enum"]
        assert posts == {*ROUTES.values(), *NOT_DRIVEN}, posts ^ {*ROUTES.values(), *NOT_DRIVEN}
        assert {*types, ANY} == {*ROUTES}, {*types, ANY} ^ {*ROUTES}

    # --- commands ---

    def draw(self):
        """One of any row, leaving some to `make`."""
        return self.make(self.dice.choice([*self.plenty(), ANY]))

    def plenty(self):
        return [kind for kind in self.makers
                if kind not in self.needs_subject or len(self.waiting[kind]) > KEPT]

    def make(self, row):
        """A command for that row, or None as long as there is nothing that it could be about."""
        kind = row
        if row == ANY:
            kind = self.dice.choice([each for each in self.plenty() if each != "activity.submit"])
        subject = None
        if kind in self.needs_subject:
            if not self.waiting[kind]:
                return None
            subject = self.waiting[kind].pop(0)
        return self.signed(row, kind, subject, *self.makers[kind](subject))

    def signed(self, row, kind, subject, body, keys, record=None):
        number, text = self.alliance.sign(kind, body, *keys)
        path = ROUTES[row].format(batch=body.get("batch"), offer=body.get("offer"),
                                  id=body.get("redemption"))
        media = "application/json"
        if kind == "activity.submit":
            media = "application/x-ndjson"
            text = f"{text}\n{record}\n"
        return Command(row, kind, number, path, text, media, subject or body)

    def learn(self, command):
        """It was applied: what it was about goes on to its next step."""
        kind, about = command.type, command.subject
        following = {
            "activity.submit": ("activity.attest", command.id),
            "activity.attest": ("activity.revoke", about),
            "offer.publish": ("offer.revise", about),
            "offer.revise": ("offer.restock", about),
            "offer.restock": ("offer.close", about),
            "redemption.confirm": ("redemption.refund", about),
        }
        if kind == "redemption.reserve":
            confirms = self.waiting["redemption.confirm"]
            releases = self.waiting["redemption.release"]
            (releases if len(releases) < len(confirms) else confirms).append(
                (command.id, int(about["points"])))
        elif kind == "programme.publish":
            self.waiting[kind].append({**about, "version": about["version"] + 1})
        elif kind in following:
            step, subject = following[kind]
            self.waiting[step].append(subject)

    # --- bodies, and who signs them ---

    def open_account(self, _):
        return {"account": self.alliance.draw(16).hex(), "kind": "user", "keys": [],
                "owner": None}, [self.keys["wallet"]]

    def submit(self, _):
        holder, _ = self.dice.choice(self.alliance.holders)
        return self.ride(holder["account"], self.dice.randrange(200, 2_000))

    def attest(self, batch):
        return {"batch": batch, "verdict": "accept", "except": [], "level": "limited",
                "sampled": 1, "report": self.alliance.draw(32).hex(), "reason": None}, \
            [self.keys["verico"]]

    def revoke(self, batch):
        return {"batch": batch, "records": None, "reason": "false_data", "free": True,
                "evidence": self.alliance.draw(32).hex()}, [self.keys["metro"]]

    def assign(self, _):
        holder, key = self.dice.choice(self.alliance.holders)
        body = self.given(holder["account"], holder["class"], self.grams(), "ev")
        return body, [key, self.keys["ev"]]

    def cancel(self, _):
        return {"account": "metro", "class": self.metro_class, "amount": self.grams(),
                "reason": "obligation", "instruction": None}, [self.keys["metro"]]

    def retire(self, _):
        holder, key = self.dice.choice(self.alliance.holders)
        return {"account": holder["account"], "class": holder["class"], "amount": self.grams(),
                "purpose": "voluntary", "beneficiary": "kill rounds", "commitment": None,
                "statement": "SYNTHETIC", "inventory": None, "instruction": None}, [key]

    def transfer(self, _):
        return {"account": "ev", "to": "wallet", "class": self.metro_class,
                "amount": self.grams(), "memo": None, "instruction": None}, [self.keys["ev"]]

    def publish_factors(self, _):
        return {"document": self.renamed("factors", "public-factors-core@1")}, self.governors

    def publish_methodology(self, _):
        document = self.renamed("household-electricity", "household-electricity@1")
        return {"scheme": "sz-ph", "document": document}, self.governors

    def decide_membership(self, _):
        """Always refused: a demo keeps its one node."""
        return {"base": 1, "nodes": [], "promote": [], "remove": [2]}, self.governors

    def publish_programme(self, programme):
        return programme, self.governors

    def publish_offer(self, _):
        self.published += 1
        return self.alliance.offer(f"kills-{self.published}", 5, 10), [self.keys["shop"]]

    def revise_offer(self, offer):
        revision = {**offer, "price": "6", "terms": self.alliance.draw(32).hex()}
        del revision["programme"], revision["stock"]
        return revision, [self.keys["shop"]]

    def restock_offer(self, offer):
        return {"offer": offer["offer"], "units": "1"}, [self.keys["shop"]]

    def close_offer(self, offer):
        return {"offer": offer["offer"]}, [self.keys["shop"]]

    def reserve(self, _):
        holder, key = self.dice.choice(self.alliance.holders)
        offer, price = self.dice.choice(list(OFFERS.items()))
        return self.alliance.reserve(holder, offer, price - self.is_wrong()), [key]

    def confirm(self, reserved):
        return self.alliance.confirm(*reserved), [self.keys["shop"]]

    def release(self, reserved):
        return {"redemption": reserved[0], "reason": "SYNTHETIC", "instruction": None}, \
            [self.keys["shop"]]

    def refund(self, confirmed):
        number, points = confirmed
        return {"redemption": number, "points": str(points // 2), "stock": "return",
                "reason": "SYNTHETIC"}, [self.keys["shop"]]

    def is_wrong(self):
        return self.running and self.dice.randrange(6) == 0

    def grams(self):
        return "1000000000" if self.is_wrong() else "1"

    def renamed(self, pack, ref):
        """The document of a pack under a name of its own."""
        self.published += 1
        return (ROOT / f"packs/{pack}.json").read_text().replace(
            f'"{ref}"', f'"kills-{self.published}@1"')

    def given(self, account, credit_class, grams, to):
        return {"account": account, "to": to, "class": credit_class, "amount": str(grams),
                "purpose": "assign", "consent": None, "consideration": None, "instruction": None}

    def ride(self, account, metres):
        """(body of a batch of one metro ride, who signs, its record)."""
        end = int(time.time()) - 60
        year = time.gmtime(end + 8 * 3600).tm_year
        secret = bytes.fromhex((self.alliance.data / f"keys/event-{year}.hex").read_text().strip())
        text = f"tanji/nullifier@v1\nmetro.exit\nSYNTHETIC/{self.alliance.draw(8).hex()}"
        record = json.dumps({
            "record": 1, "account": account, "source": "event",
            "tag": hmac.digest(secret, text.encode(), "sha256").hex(), "start": end - 1200,
            "end": end, "region": "440305", "quality": "A", "inputs": [str(metres)], "keys": [],
            "readings": None, "evidence": None, "salt": self.alliance.draw(16).hex(),
        }, separators=(",", ":"))
        return {
            "provider": "metro", "scheme": "sz-ph", **self.documents, "programme": "green-points",
            "rank": "operator", "region": "440300", "period_start": end - 1200, "period_end": end,
            "count": 1, "inputs": [{"name": "distance_m", "sum": str(metres)}],
            "reduction_ug": str(metres * 46_700),
            "records_root": hashlib.sha256(b"\0" + record.encode()).hexdigest(),
            "evidence_count": 0, "evidence_root": hashlib.sha256(b"").hexdigest(),
            "corrects": None,
        }, [self.keys["metro"]], record

    # --- before the first kill ---

    def prologue(self, api):
        """The metro comes to owe grams and to hold some, ev to hold some; an offer is opened; and
        every next step has something to be about."""
        self.check_routes()
        year = time.gmtime(time.time() + 8 * 3600).tm_year
        self.metro_class = f"sz-ph:metro-shenzhen@1:440300:{year}"
        self.documents = {
            "methodology": "metro-shenzhen@1", "methodology_digest": digest_of("metro-shenzhen"),
            "factors": "public-factors-core@1", "factors_digest": digest_of("factors")}

        def must(kind, *parts):
            command = self.signed(ANY if kind != "activity.submit" else kind, kind, None, *parts)
            status, reply = api.ask("POST", command.path, command.text, command.media)
            assert status < 300, f"{kind} gave {status}: {reply[:300]}"
            return command

        pin = self.alliance.offer("pin", OFFERS["shop.pin"], 1_000_000)
        must("offer.publish", pin, [self.keys["shop"]])
        rider, account = SigningKey(self.alliance.draw(32)), self.alliance.draw(16).hex()
        must("account.open", {
            "account": account, "kind": "user", "owner": None,
            "keys": [base64.b64encode(rider.public).decode()]}, [self.keys["wallet"], rider])
        for _ in range(2):
            batch = must("activity.submit", *self.ride(account, 190_000)).id
            must("activity.attest", *self.attest(batch))
        for member in ("ev", "metro"):
            must("credit.assign", self.given(account, self.metro_class, 8_000, member),
                 [rider, self.keys[member]])
        must("activity.revoke", *self.revoke(batch))  # most of it is gone: the metro owes that
        for kind, times in (("offer.publish", 3), ("offer.revise", 2), ("offer.restock", 1),
                            ("activity.submit", 2), ("activity.attest", 1),
                            ("redemption.reserve", 4), ("redemption.confirm", 1)):
            for _ in range(times * KEPT):
                subject = self.waiting[kind].pop(0) if kind in self.needs_subject else None
                command = must(kind, *self.makers[kind](subject))
                command.subject = subject or command.subject
                self.learn(command)
        self.running = True
