#!/usr/bin/env python3
"""Grams per account of a Citi Bike file, computed without a line of Tanji's code.

    recompute_citibike.py rides.csv… --methodology bike.json --factors factors.json \\
        --account-salt salt.hex --shift-days 3945 [--batch 10000] [--summary]

Prints `account grams`, one account a line, sorted: what issuing every batch of an import of these
files gives each account. Follows docs/formats.md, "Importers", and the methodology language of
docs/rules.md; needs the standard library only.
"""

import argparse
import datetime
import hashlib
import hmac
import json
import math
import re
import sys
import zoneinfo

RADIUS_M = 6371009.0
DAY_S = 86400


class Rejected(Exception):
    """The row gives no record."""


# --- The methodology, evaluated in exact integers. ------------------------------------------------


class Evaluator:
    def __init__(self, methodology, factor_set):
        if methodology["caps"] or methodology["require"] or methodology["keys"]:
            sys.exit("this script knows no caps, conditions and keys")
        self.methodology = methodology
        self.factor_set = factor_set
        self.parameters = {p["parameter"]: int(p["value"]) for p in methodology["parameters"]}
        self.quality = max(q["quality"] for q in methodology["quality"])
        self.discount = next(
            q["discount_ppm"] for q in methodology["quality"] if q["quality"] == self.quality
        )

    def factor(self, name, day):
        wanted = next(f for f in self.methodology["factors"] if f["factor"] == name)
        rows = [
            row
            for row in self.factor_set["rows"]
            if row["quantity"] == wanted["quantity"]
            and row["where"] == wanted["where"]
            and row["unit"] == wanted["unit"]
            and (row["valid_from"] is None or row["valid_from"] <= day.isoformat())
            and (row["valid_to"] is None or day.isoformat() < row["valid_to"])
        ]
        if wanted["year"] == "none":
            rows = [row for row in rows if row["year"] is None]
        else:
            rows = [row for row in rows if row["year"] is not None and row["year"] <= day.year]
            rows = sorted(rows, key=lambda row: row["year"])[-1:]
        if len(rows) != 1:
            raise Rejected("factor_missing")
        return int(rows[0]["value"])

    def value(self, expression, inputs, day):
        (word, argument), = expression.items()
        if word == "input":
            return inputs[argument]
        if word == "factor":
            return self.factor(argument, day)
        if word == "parameter":
            return self.parameters[argument]
        if word == "ratio":
            top = self.value(argument["of"], inputs, day) * self.value(argument["times"], inputs, day)
            bottom = self.value(argument["over"], inputs, day)
            return top // bottom if argument["round"] == "down" else -(-top // bottom)
        parts = [self.value(part, inputs, day) for part in argument]
        if word == "sum":
            return sum(parts)
        if word == "difference":
            return parts[0] - parts[1]
        if word == "product":
            return math.prod(parts)
        if word == "min":
            return min(parts)
        if word == "max":
            return max(parts)
        if word == "clamp":
            return max(parts[1], min(parts[0], parts[2]))
        return sys.exit("this script does not know " + word)

    def micrograms(self, inputs, day):
        for declared in self.methodology["inputs"]:
            value = inputs[declared["input"]]
            if not int(declared["min"]) <= value <= int(declared["max"]):
                raise Rejected("input_out_of_range")
        saved = self.value(self.methodology["baseline"], inputs, day)
        for part in ("project", "leakage"):
            if self.methodology[part] is not None:
                saved -= self.value(self.methodology[part], inputs, day)
        if saved < 0:
            saved = 0 if self.methodology["negative"] == "zero" else saved
        if saved > 0:
            saved = saved * (10**6 - self.discount) // 10**6
        return saved


# --- The rows. ------------------------------------------------------------------------------------

FIELD = re.compile(r'("(?:[^"]|"")*"|[^",]*)(,|$)')


def split_line(line):
    """The fields of one line of RFC 4180; no field here spans lines."""
    fields, place = [], 0
    while True:
        found = FIELD.match(line, place)
        if found is None:
            raise Rejected("malformed")
        text = found.group(1)
        fields.append(text[1:-1].replace('""', '"') if text.startswith('"') else text)
        if found.group(2) == "":
            return fields
        place = found.end()


def read_rows(file):
    """The fields of every row by column name, or why there are none."""
    with open(file, newline="", encoding="utf-8-sig") as opened:
        header = split_line(opened.readline().rstrip("\r\n"))
        for line in opened:
            line = line.rstrip("\r\n")
            if not line:
                continue
            try:
                fields = split_line(line)
            except Rejected as why:
                yield why
                continue
            yield dict(zip(header, fields)) if len(fields) == len(header) else Rejected("malformed")


def nanodegrees(text):
    sign = -1 if text.startswith("-") else 1
    whole, _, fraction = text.lstrip("-").partition(".")
    return sign * int(whole + (fraction + "000000000")[:9])


def metres(row, names):
    try:
        lat1, lon1, lat2, lon2 = (nanodegrees(row[name]) for name in names)
    except ValueError:
        raise Rejected("coordinates_missing")
    if (lat1 == 0 and lon1 == 0) or (lat2 == 0 and lon2 == 0):
        raise Rejected("coordinates_missing")

    def radians(nano):
        return nano / 1e9 * (math.pi / 180.0)

    half_north = math.sin(radians(lat2 - lat1) / 2.0)
    half_east = math.sin(radians(lon2 - lon1) / 2.0)
    across = math.cos(radians(lat1)) * math.cos(radians(lat2)) * (half_east * half_east)
    square = half_north * half_north + across
    return math.floor(2.0 * RADIUS_M * math.asin(math.sqrt(min(1.0, square))))


def local_time(text):
    for form in ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"):
        try:
            return datetime.datetime.strptime(text.split(".")[0], form)
        except ValueError:
            continue
    raise Rejected("time_invalid")


def to_utc(naive, zone, fold):
    aware = naive.replace(tzinfo=zone, fold=fold)
    seconds = int(aware.timestamp())
    if datetime.datetime.fromtimestamp(seconds, zone).replace(tzinfo=None) != naive:
        raise Rejected("time_invalid")  # the clock skipped it
    return seconds


def read_ride(row, zone):
    """Subject, text of the event, start, end, metres."""
    modern = "ride_id" in row
    start_text = row["started_at" if modern else "starttime"]
    end_text = row["ended_at" if modern else "stoptime"]
    start = to_utc(local_time(start_text), zone, 0)
    end = to_utc(local_time(end_text), zone, 0)
    if end <= start:
        end = to_utc(local_time(end_text), zone, 1)
    if end < start:
        raise Rejected("time_invalid")
    if end - start < 60:
        raise Rejected("too_short")
    stations = (
        ("start_station_id", "end_station_id")
        if modern
        else ("start station id", "end station id")
    )
    if row[stations[0]] and row[stations[0]] == row[stations[1]]:
        raise Rejected("same_station")
    places = (
        ("start_lat", "start_lng", "end_lat", "end_lng")
        if modern
        else (
            "start station latitude",
            "start station longitude",
            "end station latitude",
            "end station longitude",
        )
    )
    number = row["ride_id"] if modern else row["bikeid"]
    event = "CITIBIKE/" + (number if modern else number + "/" + start_text)
    return number, event.strip().upper(), start, end, metres(row, places)


def local_date(seconds, offset_minutes):
    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(
        seconds=seconds, minutes=offset_minutes
    )).date()


def account_of(salt, subject):
    message = b"tanji/import-account@v1\n" + subject.encode()
    return hmac.new(salt, message, hashlib.sha256).hexdigest()[:32]


def read_secret(file):
    with open(file, "rb") as opened:
        data = opened.read()
    try:
        return bytes.fromhex(data.decode().strip())
    except (UnicodeDecodeError, ValueError):
        return data


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+")
    parser.add_argument("--methodology", required=True)
    parser.add_argument("--factors", required=True)
    parser.add_argument("--account-salt", required=True)
    parser.add_argument("--shift-days", type=int, default=0)
    parser.add_argument("--batch", type=int, default=10000)
    parser.add_argument("--summary", action="store_true", help="sums on stderr")
    options = parser.parse_args()

    with open(options.methodology, encoding="utf-8") as opened:
        methodology = json.load(opened)
    with open(options.factors, encoding="utf-8") as opened:
        evaluator = Evaluator(methodology, json.load(opened))
    salt = read_secret(options.account_salt)
    zone = zoneinfo.ZoneInfo("America/New_York")
    offset = methodology["utc_offset_minutes"]
    (input_name,) = [declared["input"] for declared in methodology["inputs"]]

    grams = {}
    open_batches = {}  # local year -> [records so far, {account: micrograms}]
    taken = set()
    rejected = {}

    def close(batch):
        for account, micrograms in batch[1].items():
            grams[account] = grams.get(account, 0) + max(0, micrograms) // 10**6

    for file in options.files:
        for row in read_rows(file):
            try:
                if isinstance(row, Rejected):
                    raise row
                subject, event, start, end, distance = read_ride(row, zone)
                start += options.shift_days * DAY_S
                end += options.shift_days * DAY_S
                first, last = local_date(start, offset), local_date(end, offset)
                if first.year != last.year:
                    raise Rejected("crosses_year")
                for day in (first.isoformat(), last.isoformat()):
                    if (methodology["valid_from"] or "0") > day or (
                        methodology["valid_to"] or "9999-99"
                    ) <= day:
                        raise Rejected("methodology_not_valid")
                micrograms = evaluator.micrograms({input_name: distance}, last)
            except Rejected as why:
                rejected[str(why)] = rejected.get(str(why), 0) + 1
                continue
            batch = open_batches.setdefault(last.year, [0, {}])
            batch[0] += 1
            if event not in taken:
                taken.add(event)
                account = account_of(salt, subject)
                batch[1][account] = batch[1].get(account, 0) + micrograms
            if batch[0] == options.batch:
                close(open_batches.pop(last.year))
    for year in sorted(open_batches):
        close(open_batches[year])

    for account in sorted(grams):
        print(account, grams[account])
    if options.summary:
        print("accounts", len(grams), "grams", sum(grams.values()), rejected, file=sys.stderr)


if __name__ == "__main__":
    main()
