#!/usr/bin/env python3
"""Recomputes every print and every final price of an index from its events alone.

Reads a JSON list of the oracle's events in order, each {"name": ..., field: value, ...} with bytes as hex, from the file
named or from standard input. Uses nothing of the project but the written rules (index_reference.py). Prints what it got as
JSON; ends with an error at the first number that is not the one that was told.
"""

import json
import sys

from index_reference import LINK_ONE, Fraction, Refused, day_value, linked, nearest, receipt, settle

BYTES = ["blend_input", "blend_output", "min_providers", "min_reporters", "window_days", "max_gaps"]
SHORTS = ["reference_score", "cap_bps"]
LONGS = [
    "opens", "closes", "max_staleness", "screen_mads", "screen_ratio", "max_dispersion", "confirm_above", "reject_above",
    "confirm_delay", "lock_delay", "dispute_delay", "fallback_delay",
]


class Bytes:
    """Big-endian fields, one after another."""

    def __init__(self, text):
        self.rest = bytes.fromhex(text.removeprefix("0x"))

    def take(self, width):
        value, self.rest = self.rest[:width], self.rest[width:]
        return int.from_bytes(value, "big")


def rules_of(text):
    data = Bytes(text)
    widths = [(name, 1) for name in BYTES] + [(name, 2) for name in SHORTS] + [(name, 4) for name in LONGS]
    return {name: data.take(width) for name, width in widths}


def batch_of(text):
    data = Bytes(text)
    data.take(20)
    data.take(4)
    mask = data.take(2)
    return {place: (data.take(4), data.take(4), data.take(5)) for place in range(16) if mask >> place & 1}


def same(what, told, got):
    if told != got:
        sys.exit(f"{what}: the chain told {told}, the events give {got}")


def main():
    source = open(sys.argv[1]) if len(sys.argv) > 1 else sys.stdin
    rules, scores, following, batches, prints, finals = None, {}, None, {}, {}, {}
    link, last = LINK_ONE, None
    for event in json.load(source):
        name = event["name"]
        if name == "IndexSet":
            rules = rules_of(event["rules"])
        elif name == "ProviderSet" and last is None:
            scores[event["provider"]] = event["score"]
        elif name == "ProviderSet":
            future = following[1] if following else dict(scores)
            future[event["provider"]] = event["score"]
            following = (event["from"], future)
        elif name == "Submitted":
            batches[event["day"], event["place"]] = batch_of(event["batch"])
        elif name == "Computed":
            day = event["day"]
            used = [batches[day, place] for place in range(16) if event["reporters"] >> place & 1]
            fresh = following[1] if following and following[0] <= day else None
            price, _ = day_value(used, fresh or scores, rules, rules["min_reporters"])
            new_link = link
            if fresh and last:
                try:
                    old = linked(day_value(used, scores, rules, rules["min_reporters"])[0], link)
                except Refused:
                    old = last
                new_link = nearest(Fraction(old * LINK_ONE, price))
            same(f"link of day {day}", event["link"], new_link)
            same(f"price of day {day}", event["price"], linked(price, new_link))
            if event["validity"] == 2 and fresh:
                scores, following, link = fresh, None, new_link
        elif name == "Printed":
            prints[event["day"]] = last = event["price"]
        elif name == "SettlementChanged":
            status, _, fallback, voided, total, samples, gaps, price, hashed = event["settlement"]
            expiry = event["expiry"]
            got = settle(prints, rules, 0, expiry, voided, fallback)
            same(f"settlement of day {expiry}", [price, total, samples, gaps, fallback], list(got[:5]))
            same(f"receipt of day {expiry}", hashed.removeprefix("0x"), receipt(event["index"], expiry, got[5]).hex())
            if status == 3:
                finals[expiry] = price
    print(json.dumps({"prints": prints, "finals": finals}))


if __name__ == "__main__":
    main()
