#!/usr/bin/env python3
"""64 clients race over HTTP for the last units, for the same points and for the same refund.

    race.py BUILD_DIR [--clients N] [--seed S]

Every command is sent twice, over two of the 64 connections: each id has one outcome and one leaf.
Afterwards stock, points and positions add up. Standard library only."""

import argparse
import json
import pathlib
import shutil
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from alliance import Alliance, Api  # noqa: E402


def check(holds, sentence):
    if not holds:
        raise SystemExit(f"race: FAILED: {sentence}")


class Race:
    def __init__(self, alliance, clients):
        self.alliance = alliance
        self.clients = clients
        self.shop = alliance.key("shop")
        self.waits = []

    def must(self, kind, body, *keys):
        number, envelope = self.alliance.sign(kind, body, *keys)
        status, text = Api(self.alliance.port).ask("POST", "/v1/commands", envelope)
        check(status == 200, f"{kind} gave {status}: {text[:300]}")
        return number

    def run(self, commands):
        """Each client sends its own command and then its neighbour's, so that every command comes
        over two connections. The code of each id, `ok` if applied."""
        start = threading.Barrier(len(commands))
        found = [[None, None] for _ in commands]
        faults = []

        def client(place):
            try:
                api = Api(self.alliance.port)
                start.wait()
                for twin in (0, 1):
                    which = (place + twin) % len(commands)
                    found[which][twin] = self.send(api, commands[which][1])
            except Exception as fault:  # told below, once
                faults.append(fault)

        threads = [threading.Thread(target=client, args=(place,)) for place in range(len(commands))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        check(not faults, f"{len(faults)} clients failed: {faults[:1]}")
        for first, second in found:
            check(first[:2] == second[:2], f"two outcomes of one id: {first}, {second}")
            check(not (first[2] and second[2]), f"two replays of nothing: {first}, {second}")
        return [first[0] for first, _ in found]

    def send(self, api, envelope):
        begun = time.monotonic()
        status, text = api.ask("POST", "/v1/commands", envelope)
        self.waits.append(time.monotonic() - begun)
        reply = json.loads(text)
        outcome = reply.get("outcome") if reply.get("recorded") else reply
        if not isinstance(outcome, dict) or "leaf_index" not in outcome:
            raise AssertionError(f"{status}: {text[:300]}")
        return reply.get("code", "ok"), outcome["leaf_index"], outcome["replayed"]

    def for_the_last_units(self):
        stock = 10
        self.must("offer.publish", self.alliance.offer("last-units", 1, stock), self.shop)
        commands = []
        for i in range(self.clients):
            holder, key = self.alliance.holders[i % len(self.alliance.holders)]
            commands.append(self.alliance.sign(
                "redemption.reserve", self.alliance.reserve(holder, "shop.last-units", 1), key))
        codes = self.run(commands)
        check(codes.count("ok") == stock and codes.count("out_of_stock") == len(codes) - stock,
              f"{codes.count('ok')} of {len(codes)} got one of {stock} units: {set(codes)}")
        offer = Api(self.alliance.port).json("/v1/offers/shop.last-units")
        check(offer["stock"]["remaining"] == "0", f"stock: {offer['stock']}")
        print(f"race: {len(codes)} clients for {stock} units: {stock} reserved, the others out_of_stock")
        return [number for (number, _), code in zip(commands, codes) if code == "ok"]

    def for_the_same_points(self):
        holder, key = self.alliance.holders[0]
        usable = int(holder["points"]) - sum(
            1 for i in range(self.clients) if i % len(self.alliance.holders) == 0)
        price = usable // 2 + self.clients  # twice is more than there is, whatever the first race took
        self.must("offer.publish", self.alliance.offer("dear", price, None), self.shop)
        commands = [self.alliance.sign(
            "redemption.reserve", self.alliance.reserve(holder, "shop.dear", price), key)
            for _ in range(self.clients)]
        codes = self.run(commands)
        check(codes.count("ok") == 1 and codes.count("insufficient_points") == len(codes) - 1,
              f"{codes.count('ok')} spent the same points: {set(codes)}")
        print(f"race: {len(codes)} clients for one account's points: 1 reserved")
        return next(number for (number, _), code in zip(commands, codes) if code == "ok"), price

    def for_one_confirmation(self, redemption, price):
        commands = [self.alliance.sign(
            "redemption.confirm", self.alliance.confirm(redemption, price), self.shop)
            for _ in range(self.clients)]
        codes = self.run(commands)
        check(codes.count("ok") == 1 and codes.count("redemption_state") == len(codes) - 1,
              f"confirmed {codes.count('ok')} times: {set(codes)}")
        print(f"race: {len(codes)} confirmations of one redemption: 1 applied")

    def for_the_refund(self, redemption, price):
        part = price // 3
        commands = [self.alliance.sign("redemption.refund", {
            "redemption": redemption, "points": str(part), "stock": "return",
            "reason": "race"}, self.shop) for _ in range(self.clients)]
        codes = self.run(commands)
        check(codes.count("ok") == price // part and
              codes.count("ok") + codes.count("refund_exceeds") + codes.count("redemption_state")
              == len(codes), f"refunded {codes.count('ok')} times: {set(codes)}")
        print(f"race: {len(codes)} refunds of a third: {codes.count('ok')} applied")

    def check_sums(self):
        summary = Api(self.alliance.port).json("/v1/summary")
        for each in summary["points"]:
            rest = sum(int(each[bucket]) for bucket in (
                "pending", "available", "held", "frozen", "redeemed", "expired", "revoked"))
            check(rest == int(each["awarded"]), f"points do not add up: {each}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"race: seed {options.seed}", flush=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tanji-race-"))
    alliance = Alliance(options.build, folder, options.seed)
    try:
        alliance.start_demo()
        race = Race(alliance, options.clients)
        race.for_the_last_units()
        redemption, price = race.for_the_same_points()
        race.for_one_confirmation(redemption, price)
        race.for_the_refund(redemption, price)
        race.check_sums()
        waits = sorted(race.waits)
        print(f"race: ok, {len(waits)} requests, p50 {waits[len(waits) // 2] * 1e3:.0f} ms, "
              f"p99 {waits[len(waits) * 99 // 100] * 1e3:.0f} ms (Python clients on the same cores)")
    finally:
        alliance.stop_demo()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
