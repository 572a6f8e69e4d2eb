#!/usr/bin/env python3
"""Recomputes every print and every final price of an index from its events alone.

Reads a JSON list of the oracle's events in order, each {"name": ..., field: value, ...} with bytes as hex, from the file
named or from standard input. Uses nothing of the project but the written rules (index_reference.py). Prints what it got as
JSON; ends with an error at the first number that is not the one that was told.
"""

import json
import sys

from index_reference import (
    LINK_ONE, SHADOW_DAYS, Change, DayValue, link_of, linked, note_day, note_entry, receipt, settle, watched, within,
)

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
    link, last, shadow, today, standing, usual, expected = LINK_ONE, None, [], None, {}, {}, None
    for event in json.load(source):
        name = event["name"]
        if name == "IndexSet":
            rules = rules_of(event["rules"])
        elif name == "ProviderSet" and last is None:
            scores[event["provider"]] = event["score"]
        elif name == "ProviderSet":
            future = dict(following[1] if following else scores)
            future[event["provider"]] = event["score"]
            if not following or following[0] != event["from"]:
                shadow = None
            kept = lambda basket: {number: score for number, score in basket.items() if score}
            following = None if kept(future) == kept(scores) else (event["from"], future)
        elif name == "Submitted":
            batches[event["day"], event["place"]] = batch_of(event["batch"])
        elif name == "Computed":
            day = event["day"]
            same(f"link of a basket before day {day}", None, expected)
            used = [batches[day, place] for place in range(16) if event["reporters"] >> place & 1]
            change = Change(scores, following[1]) if following and following[0] <= day else None
            # Batches are complete, so every provider of the basket has as many quotes as there are batches.
            value = DayValue(used, scores, rules, 1, within(standing, scores), usual)
            same(f"link of day {day}", event["link"], link)
            same(f"price of day {day}", event["price"], linked(value.price, link))
            today = (day, used, value, change) if event["validity"] == 2 else None
        elif name == "Printed":
            prints[event["day"]] = last = event["price"]
            if not today or event["day"] != today[0]:
                continue
            _, used, value, change = today
            if change:
                if shadow is None:
                    standing, usual, shadow = within(standing, scores), within(usual, scores), []
                new = watched(standing, usual, link, value, used, change, rules, scores, 1)
                shadow = [*shadow, *new][-SHADOW_DAYS:]
                expected = link_of(shadow) if new else None
                if expected:
                    note_entry(usual, change, rules)
            note_day(standing, usual, value, change)
        elif name == "Linked":
            same(f"link of the basket of day {event['day']}", event["link"], expected)
            scores, following, link, shadow, expected = today[3].following, None, expected, [], None
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
