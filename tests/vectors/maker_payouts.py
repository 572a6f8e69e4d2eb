#!/usr/bin/env python3
"""Recomputes every score, reward, forfeit and claim of the market makers from what the chain told, orders and trades upwards.

Reads a JSON list of events in order, each {"time": ..., "contract": ..., "name": ..., field: value, ...}, from the file named or
from standard input. Two things are no events and are given as such: {"name": "Terms", "instrument", "epoch", "lots", "front",
"back"} for what a month's makers owe (in the proposal of its listing), and "limited": true with a Placed order that had a time limit
or could only reduce (in its message). A cancel-all of a maker without open orders has no event; where it came between two repricings
without another message of his it is given as a RemovedAll. Uses nothing of the project but the written rules (docs/book/src/makers.md). Prints what each seat
earned and was paid; ends with an error at the first number that is not the one that was told.
"""

import json
import sys
from collections import defaultdict
from math import isqrt
from statistics import median_low

DAY = 86_400
WEEK = 7 * DAY
FULL_WEIGHT = 1_024
FRONT = 62 * DAY  # months that end within it are front months
FRONT_CAP, BACK_CAP = 8, 4
FLOOR_FROM = 2_000  # lots of a maker's others, each taken for the one in the middle: in quieter weeks there is no floor of volume
THIRDS = 3


def sessions(begin, end):
    """Seconds from Monday to Friday, a day at a time."""
    total = 0
    while begin < end:
        stop = min(end, (begin // DAY + 1) * DAY)
        if begin // DAY % 7 not in (2, 3):  # day 0 was a Thursday
            total += stop - begin
        begin = stop
    return total


def same(what, told, got):
    if told != got:
        sys.exit(f"{what}: the chain told {told}, the events give {got}")


class Month:
    def __init__(self, listed, expiry, mark):
        self.listed, self.expiry, self.reference, self.began = listed, expiry, mark, listed
        self.epoch = self.lots = self.spread = None

    def terms(self, event):
        self.epoch, self.lots = event["epoch"], event["lots"]
        self.spread = event["front"], event["back"]

    def is_front(self):
        return self.expiry - self.began < FRONT

    def cap(self):
        return self.lots * (FRONT_CAP if self.is_front() else BACK_CAP)

    def weight(self, price):
        half = self.reference * self.spread[0 if self.is_front() else 1] // 20_000
        distance = abs(price - self.reference)
        return 0 if distance > half else FULL_WEIGHT * (half + 1 - distance) // (half + 1)


class Stand:
    """A maker in a month."""

    def __init__(self, month, now):
        self.month, self.epoch, self.counted_to, self.cap = month, month.epoch, now, 0
        self.orders = {}
        self.pending = defaultdict(lambda: [0, 0])  # lost when two epochs begin before the maker's next change
        self.weeks = defaultdict(lambda: [0, 0, 0])  # score, seconds with the obligations met, lots traded

    def side(self, buy):
        """Depth of a side by what counts, and lots within the spread."""
        weighed = [(self.month.weight(price), lots) for bids, price, lots in self.orders.values() if bids == buy]
        lots = sum(lots for weight, lots in weighed if weight)
        depth = sum(weight * lots for weight, lots in weighed)
        return depth * self.cap // lots if lots > self.cap else depth, lots

    def count(self, now):
        end = min(now, self.month.expiry)
        if self.epoch == self.month.epoch and end > self.counted_to:
            (bid, bids), (ask, asks) = self.side(True), self.side(False)
            begin = self.counted_to
            while min(bid, ask) > 0 and begin < end:
                stop = min(end, (begin // WEEK + 1) * WEEK)
                seconds = sessions(begin, stop)
                self.pending[begin // WEEK][0] += min(bid, ask) * seconds
                self.pending[begin // WEEK][1] += seconds if min(bids, asks) >= self.month.lots else 0
                begin = stop
        self.counted_to = max(self.counted_to, now)

    def touch(self, now):
        self.count(now)
        for week, (score, uptime) in self.pending.items():
            self.weeks[week][0] += score
            self.weeks[week][1] += uptime
        self.pending.clear()
        self.epoch, self.cap = self.month.epoch, self.month.cap()

    def less(self, number, lots):
        if number in self.orders:
            buy, price, open_lots = self.orders.pop(number)
            if open_lots > lots:
                self.orders[number] = buy, price, open_lots - lots


def vested_of(week, amount, now):
    """The larger half of a reward at once, the rest in thirds with each week that follows."""
    later, passed = amount // 2, min(max(now // WEEK - week - 1, 0), THIRDS)
    return amount - later + later * passed // THIRDS


class Maker:
    def __init__(self, now):
        self.since, self.leaves, self.strikes, self.unpaid, self.grants, self.settled = now, None, 0, [], [], 0

    def due(self, now):
        """What can be claimed, and what is not yet due."""
        vested = [vested_of(week, amount, now) for week, amount, _ in self.grants]
        taken = sum(taken for _, _, taken in self.grants)
        return self.settled + sum(vested) - taken, sum(amount for _, amount, _ in self.grants) - sum(vested)

    def take(self, now):
        due, _ = self.due(now)
        self.settled = 0
        self.grants = [(week, amount, vested_of(week, amount, now)) for week, amount, _ in self.grants]
        return due

    def forfeit(self, now):
        self.settled, lost = self.due(now)
        self.grants = []
        return lost

    def is_unpaid(self, week):
        return any(first <= week and (last is None or week <= last) for first, last in self.unpaid)


class Programme:
    def __init__(self):
        self.months, self.stands, self.makers, self.closed_since, self.pauses = {}, {}, {}, None, defaultdict(int)
        self.rules, self.budget, self.week = None, None, None
        self.earned, self.paid, self.gone = defaultdict(int), defaultdict(int), {}

    def stand(self, now, seat, instrument):
        """The stand of a designated maker whose orders a message touches; nothing for others."""
        if seat not in self.makers:
            return None
        stand = self.stands.setdefault((seat, instrument), Stand(self.months[instrument], now))
        stand.touch(now)
        return stand

    def clearing(self, now, name, event):
        if name == "Listed":
            self.months[event["instrument"]] = Month(now, event["expiry"], event["mark"])
        elif name == "Placed":
            stand = self.stand(now, event["seat"], event["instrument"])
            if stand and not event.get("limited"):
                stand.orders[event["number"]] = event["buy"], event["price"], event["lots"]
        elif name == "Removed":
            if stand := self.stand(now, event["seat"], event["instrument"]):
                stand.less(event["number"], event["lots"])
        elif name == "RemovedAll":
            if stand := self.stand(now, event["seat"], event["instrument"]):
                stand.orders.clear()
        elif name == "Filled":
            if stand := self.stand(now, event["maker"], event["instrument"]):
                stand.less(event["number"], event["lots"])
                stand.weeks[now // WEEK][2] += event["lots"]
        elif name == "MarkSet":
            self.reprice(now, event["instrument"], event["epoch"], event["mark"])
        elif name == "Guarded":
            self.guard(now, event["paused"] & 1)

    def reprice(self, now, instrument, epoch, mark):
        month = self.months[instrument]
        if month.epoch == epoch:
            return
        for (_, quoted), stand in self.stands.items():
            if quoted == instrument:
                stand.count(now)
                if stand.epoch != month.epoch:
                    stand.pending.clear()
                stand.orders.clear()
        month.epoch, month.began, month.reference = epoch, now, mark

    def guard(self, now, paused):
        if paused and self.closed_since is None:
            self.closed_since = now
        elif not paused and self.closed_since is not None:
            begin, self.closed_since = self.closed_since, None
            while begin < now:
                stop = min(now, (begin // WEEK + 1) * WEEK)
                self.pauses[begin // WEEK] += sessions(begin, stop)
                begin = stop

    def owed(self, week, month, begin, until):
        """Session seconds due in a month, with the share of the pauses that falls to the time served."""
        end = (week + 1) * WEEK
        last = min(end, month.expiry, end if self.closed_since is None else self.closed_since)
        whole = sessions(max(week * WEEK, month.listed), last)
        part = sessions(max(begin, month.listed), min(until, last))
        return max(part - self.pauses[week] * part // max(whole, 1), 0)

    def measure(self, week, seat, maker):
        """Score, what counts of it, seconds met, seconds due, lots traded."""
        end = (week + 1) * WEEK
        begin = max(week * WEEK, maker.since)
        until = end if maker.leaves is None else min(end, maker.leaves)
        sums = [0] * 5
        for (other, _), stand in self.stands.items():
            if other != seat:
                continue
            month = stand.month
            stand.count(end)
            score, uptime, lots = stand.weeks[week]
            score, uptime = score + stand.pending[week][0], uptime + stand.pending[week][1]
            due = self.owed(week, month, begin, until)
            if until < end:
                last = min(end, month.expiry)
                whole = max(sessions(max(begin, month.listed), last), 1)
                part = sessions(max(begin, month.listed), min(until, last))
                score, uptime, lots = (number * part // whole for number in (score, uptime, lots))
            counted = 0 if uptime * 10_000 < due * self.rules["floor"] else score
            for _ in range(self.rules["power"] if uptime < due else 0):
                counted = counted * uptime // due
            sums = [a + b for a, b in zip(sums, [score, counted, uptime, due, lots])]
        if sums[0] == 0 and sums[3] == 0:  # absent: the most that a month would have owed
            sums[3] = max((self.owed(week, month, begin, until) for month in self.months.values()), default=0)
        if maker.is_unpaid(week):
            sums[1] = 0
        return sums

    def weigh(self, counted, lots, others):
        if others >= FLOOR_FROM and lots * 10_000 < others * self.rules["volume_floor"]:
            return 0
        both = counted + self.rules["hours"] * 3_600 * FULL_WEIGHT * lots
        half = isqrt(counted * both)
        return [counted, isqrt(counted * half), half, isqrt(half * both), both][self.rules["quarters"]]

    def begin_closing(self, week):
        """The rewards of a week, before any of them is told."""
        concerned = {seat: maker for seat, maker in self.makers.items() if maker.since < (week + 1) * WEEK}
        self.measures = {seat: self.measure(week, seat, maker) for seat, maker in concerned.items()}
        lots = [measure[4] for measure in self.measures.values()]
        others = (len(lots) - 1) * median_low(lots) if lots else 0
        self.weights = {seat: self.weigh(measure[1], measure[4], others) for seat, measure in self.measures.items()}
        self.week, self.traded, self.rewarded, self.late = week, sum(lots), 0, set()

    def reward(self, now, seat):
        weight, total = self.weights[seat], sum(self.weights.values())
        share = self.budget * weight // total if total else 0
        amount = min(share, self.budget * self.rules["cap"] // 10_000)
        maker, (_, counted, *_) = self.makers[seat], self.measures[seat]
        whole = maker.since <= self.week * WEEK and (maker.leaves is None or maker.leaves >= (self.week + 1) * WEEK)
        maker.strikes = 0 if counted else maker.strikes + (whole and self.measures[seat][3] > 0 and seat not in self.late)
        if amount:
            maker.grants.append((self.week, amount, 0))
        self.earned[seat] += amount
        self.rewarded += amount
        return weight, amount

    def incentives(self, now, name, event):
        seat = event.get("seat")
        if name == "ParametersChanged":
            _, floor, power, quarters, hours, volume_floor, cap, _, strikes, _ = event["parameters"]
            self.rules = {"floor": floor, "power": power, "quarters": quarters, "hours": hours,
                          "volume_floor": volume_floor, "cap": cap, "strikes": strikes}
        elif name == "Designated":
            self.makers[seat] = Maker(now)
            if before := self.gone.pop(seat, None):
                self.makers[seat].grants, self.makers[seat].settled = before.grants, before.settled
        elif name == "Suspended":
            self.makers[seat].unpaid.append((now // WEEK, None))
        elif name == "Resumed":
            first, _ = self.makers[seat].unpaid.pop()
            self.makers[seat].unpaid.append((first, now // WEEK))
        elif name == "Leaving":
            self.makers[seat].leaves = event["leaves_at"]
        elif name == "ClosingBegan":
            self.budget = event["budget"]
            self.begin_closing(event["epoch"])
        elif name == "Scored":
            told = [event[field] for field in ("score", "counted", "uptime", "due", "volume")]
            if now >= (self.week + 2) * WEEK:
                self.late.add(seat)
            same(f"score of seat {seat} in week {self.week}", told, self.measures[seat])
        elif name == "Rewarded":
            told = event["adjusted"], event["amount"]
            same(f"reward of seat {seat} in week {self.week}", told, self.reward(now, seat))
        elif name == "Closed":
            told = event["volume"], event["total"], event["rewarded"]
            same(f"week {self.week}", told, (self.traded, sum(self.weights.values()), self.rewarded))
        elif name == "Ended" and seat in self.makers:
            self.end(now, seat, event["forfeited"])
        elif name == "Claimed":
            maker = self.makers.get(seat) or self.gone[seat]
            same(f"claim of seat {seat}", event["amount"], maker.take(now))
            self.paid[seat] += event["amount"]

    def end(self, now, seat, told):
        """Who left after his notice keeps what becomes due later; who lost the designation does not."""
        maker = self.makers.pop(seat)
        left = maker.leaves is not None and maker.leaves <= now and maker.strikes < self.rules["strikes"]
        same(f"forfeit of seat {seat}", told, 0 if left else maker.forfeit(now))
        self.gone[seat] = maker


def main():
    source = open(sys.argv[1]) if len(sys.argv) > 1 else sys.stdin
    programme = Programme()
    for event in json.load(source):
        if event["name"] == "Terms":
            programme.months[event["instrument"]].terms(event)
        else:
            getattr(programme, event["contract"])(event["time"], event["name"], event)
    print(json.dumps({"earned": programme.earned, "paid": programme.paid}))


main()
