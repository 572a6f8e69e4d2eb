#!/usr/bin/env python3
"""Writes index.json: what the index must print, case by case, from index_reference.py.

The inputs of a case are drawn by splitmix64 from its number, here and in crates/engine/tests/oracle/vectors.rs in the
same order, so that the file holds results only. Each line of "cases" is one case: for each of its publications the code
and, unless it was refused, price and link, and of each refused change of the basket or the rules the code; then the same
for its final price: code, sum, samples, gaps, fallback, price. Every third case is long enough for a provider to leave.

Codes: 0 invalid, 1 needs confirmation, 2 valid (a final price: set); from 3 on the errors in the order of "errors".
Run it from anywhere: python3 tests/vectors/make_index_vectors.py [number of cases, 1000 by default]
With --check in front it writes nothing and fails unless the file begins with these cases; scripts/test has it check some.
"""

import json
import pathlib
import sys

from index_reference import DAY, NEEDS_CONFIRMATION, Index, Refused

ERRORS = [
    "QuorumMissing", "TooFewProviders", "PriceOutOfRange", "AwaitingConfirmation", "ImplausibleMove",
    "AlreadyPublished", "TooManyGaps", "TooFewSamples", "NotASample", "BadScoreChange",
    "BadRules",
]
START = 20_697
DAYS, LONG_DAYS = 14, 50
MOVES = [(1, 1), (1, 1), (1, 1), (1, 1), (1, 1), (11, 10), (9, 8), (2, 5), (3, 1), (1, 30)]
LONG_MOVES = [(1, 1), (1, 1), (1, 1), (1, 1), (1, 1), (11, 10), (9, 8), (10, 11), (8, 9), (1, 2)]
OWN_MOVES = [(21, 20), (3, 2), (5, 1), (1, 2), (3, 4)]


class Draw:
    """splitmix64."""

    def __init__(self, seed):
        self.state = seed

    def below(self, bound):
        mask = 2**64 - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & mask
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & mask
        return (z ^ (z >> 31)) % bound


def case(number):
    draw, line = Draw(number), []
    long = number % 3 == 0
    days, moves = (LONG_DAYS, LONG_MOVES) if long else (DAYS, MOVES)

    def told(action):
        try:
            result = action()
            line.extend(result)
            return result[0]
        except Refused as refused:
            line.append(3 + ERRORS.index(str(refused)))
            return line[-1]

    cap = [2_500, 3_000, 4_000, 10_000][draw.below(4)]
    rules = {
        "blend_input": draw.below(5) + 1,
        "blend_output": draw.below(4),
        "reference_score": 1_000,
        "cap_bps": cap,
        "min_providers": max(-(-10_000 // cap), 2),
        "screen_mads": [0, 20_000, 44_478][draw.below(3)],
        "screen_ratio": [15_000, 20_000, 40_000][draw.below(3)],
        "max_dispersion": [30_000, 200_000, 1_000_000][draw.below(3)],
        "confirm_above": 12_500,
        "reject_above": 200_000,
        "confirm_delay": 14_400,
        "opens": 43_200,
        "closes": DAY,
        "window_days": draw.below(3) + 3,
        "max_gaps": draw.below(3),
        "lock_delay": 3_600,
        "fallback_delay": 7 * DAY,
    }
    providers, reporters = draw.below(5) + (7 if long else 4), draw.below(5) + 3
    rules["min_reporters"] = max(reporters // 2 + 1, 3)
    # A long case changes its basket early, at several providers, and hardly again, so that the change comes into force.
    # In a third of them the first of these is a large one, is to have another score, and has a tenth of its price on
    # some days, so that links lie apart. In a fourth the last one is small and leaves, the others sell the same, and
    # on some days every other one rises, so that the last one alone has the market move, or not.
    early, several, dips = START + 1 + draw.below(4), draw.below(4) + 1, draw.below(3 * providers)
    even = long and draw.below(4) == 0
    index = Index(rules)
    for provider in range(providers):
        left_out = draw.below(3 if long else 12) == 0
        if even:
            left_out = provider == 0 and providers % 2 == 0
        score = 0 if left_out else 200 + draw.below(3_000)
        index.set_provider(START * DAY, provider, score)
    level = 10 ** (draw.below(4) + 3)
    base = []
    for _ in range(providers):
        price = level if draw.below(2) == 0 else level // 2 + draw.below(2 * level)
        written, size = price + draw.below(4 * level), draw.below(9)
        base.append((price, written, [0, draw.below(10), draw.below(100_000)][size] if size < 3 else draw.below(1_000)))
    if long and dips < providers:
        base[dips] = (*base[dips][:2], 1_000)
    if even:
        base = [(*base[provider][:2], 50 if provider == providers - 1 else 1_000) for provider in range(providers)]
    quiet = [0] * providers
    for day in range(START, START + days):
        up, down = moves[draw.below(len(moves))]
        base = [(max(read * up // down, 1), max(written * up // down, 1), volume) for read, written, volume in base]
        if draw.below(6) == 0:
            provider, (up, down) = draw.below(providers), OWN_MOVES[draw.below(len(OWN_MOVES))]
            read, written, volume = base[provider]
            base[provider] = max(read * up // down, 1), max(written * up // down, 1), volume
            quiet[provider] = day + draw.below(7)  # until then it sells little at that price
        changes = several if long and day == early else int(draw.below(80 if long else 8) == 0)
        steps = draw.below(4) == 0
        for place in range(changes):
            provider, stays, drawn = draw.below(providers), draw.below(4) == 0, draw.below(3_000)
            if long and day == early and place == 0 and dips < providers:
                provider, steps = dips, True
            if even and place == 0:
                provider, steps = providers - 1, False
            # Scores go a little up or down, or some leave and others enter: not both at once.
            before = index.scores[provider]
            score = before * (90 + drawn % 22) // 100 if steps else 200 + drawn if stays or before == 0 else 0
            if even:
                score = 0 if place == 0 else before
            try:
                index.set_provider(day * DAY + 3_600, provider, score)
            except Refused as refused:
                assert str(refused) in ("TooFewProviders", "BadScoreChange")
                line.append(3 + ERRORS.index(str(refused)))
        # The rules want more providers from then on, or as few as at first: early more often, while one of which nobody
        # knows what it sells may be missing.
        if draw.below(5 if day < START + 4 else 40 if long else 15) == 0:
            try:
                index.set_min_providers(rules["min_providers"] + max(draw.below(8), 3) - 3)
            except Refused as refused:
                assert str(refused) == "BadRules"
                line.append(3 + ERRORS.index(str(refused)))
        # On some days providers sell nothing, little or much, or every other reporter reads another price of one of them,
        # or another volume.
        odd_day = draw.below(3) == 0
        tenths = [[0, 1, 4, 10, 50][draw.below(5)] if odd_day else 10 for _ in range(providers)]
        tenths = [10 if even else min(one, 1) if day < until else one for one, until in zip(tenths, quiet)]
        torn = draw.below(4 * providers)
        vague = draw.below((2 if long and day <= early else 8) * providers)
        cut = dips if long and draw.below(5) < 2 else None
        rise = draw.below(4)  # of those of even numbers, of the others, or of none
        quarters = [5 if even and provider % 2 == rise else 4 for provider in range(providers)]
        covered, batches = index.covers(day), []
        for reporter in range(reporters):
            silent, odd = draw.below(9) == 0, draw.below(9)
            factor = {0: 1_000, 1: 1 + draw.below(3)}.get(odd, 1)
            if silent:
                continue
            halves = lambda provider: 3 if provider == torn and reporter % 2 == 1 else 2
            parts = lambda provider: 80 if provider == cut else 8
            asked = lambda provider, price: price * factor * halves(provider) * quarters[provider] // parts(provider)
            price = lambda provider, price: max(min(asked(provider, price), 2**32 - 1), 1)
            seen = lambda provider: 2 if provider == vague and reporter % 2 == 1 else 1
            batches.append({
                provider: (
                    price(provider, read), price(provider, written), volume * tenths[provider] * seen(provider) // 10
                )
                for provider, (read, written, volume) in enumerate(base)
                if provider in covered
            })
        now = (day + 1) * DAY
        outcome = told(lambda: index.publish(now, day, batches, reporters))
        if outcome == NEEDS_CONFIRMATION and draw.below(2) == 0:
            told(lambda: index.publish(now + 14_400, day, batches, reporters))
    expiry = START + days - 1
    now = (expiry + 1) * DAY + 3_600 + (4 + 4 * draw.below(2)) * DAY

    def final(voided, fallback):
        price, total, samples, gaps, fallen, _ = index.settle(now, expiry, voided, fallback)
        return 2, total, samples, gaps, int(fallen), price

    proposed = told(lambda: final(0, None))
    if proposed == 2 and draw.below(2) == 0:
        fallen, voided = bool(line[-2]), draw.below(32)

        def resolved():
            if voided & ~mask(index.settle(now, expiry, 0, fallen)[5], expiry):
                raise Refused("NotASample")
            try:
                return final(voided, fallen)
            except Refused as refused:
                if str(refused) != "TooManyGaps":
                    raise
                return final(voided, True)

        told(resolved)
    return line


def mask(samples, expiry):
    """The days of samples as a dispute marks them: bit k is the day k days before the expiry."""
    return sum(1 << (expiry - day) for day, _ in samples)


def main():
    arguments = sys.argv[1:]
    check = arguments[:1] == ["--check"]
    count = int(arguments[check]) if len(arguments) > check else 1_000
    cases = [case(number) for number in range(count)]
    file = pathlib.Path(__file__).with_name("index.json")
    if check:
        known = json.loads(file.read_text())
        if known["errors"] != ERRORS or known["cases"][:count] != cases:
            sys.exit("index.json is not what make_index_vectors.py writes")
        return
    lines = ",\n".join(json.dumps(line, separators=(",", ":")) for line in cases)
    text = f'{{"errors":{json.dumps(ERRORS)},\n"cases":[\n{lines}\n]}}\n'
    file.write_text(text)
    print(f"{count} cases, {len(text)} bytes")


if __name__ == "__main__":
    main()
