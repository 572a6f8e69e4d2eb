"""The token price index and its final settlement, from the written rules alone and with exact fractions.

Shares nothing with the contracts: it follows the documentation of the rules (crates/engine/src/oracle/mod.rs), sorts
where the engine counts, solves the weight cap by its threshold where the engine iterates, and rounds fractions once.
"""

from fractions import Fraction

DAY = 86_400
ONE = 10_000  # ratios are in basis points of one
LINK_ONE = 10**9
INVALID, NEEDS_CONFIRMATION, VALID = 0, 1, 2


class Refused(Exception):
    """A rule is broken; the argument is the name of the contract's error."""


def nearest(value):
    """The nearest integer, halves up."""
    return (Fraction(value) + Fraction(1, 2)).__floor__()


def lower_median(values):
    return sorted(values)[(len(values) - 1) // 2]


def ratio_exceeds(a, b, limit):
    return Fraction(max(a, b), min(a, b)) > Fraction(limit, ONE) if min(a, b) > 0 else max(a, b) > 0


def weights(volumes, cap):
    """w_i = min(cap, t V_i) with the one t for which they sum to one."""
    cap = Fraction(cap, ONE)
    order = sorted(range(len(volumes)), key=lambda i: -volumes[i])
    for capped in range(len(order) + 1):
        free = sum(volumes[i] for i in order[capped:])
        if free == 0:
            break
        threshold = (1 - capped * cap) / free
        if threshold * volumes[order[capped]] <= cap:
            return [min(cap, threshold * volume) for volume in volumes]
    raise AssertionError("the rules make the cap possible")


def day_value(batches, scores, rules, quorum):
    """Price of a day before the link, and the providers in it; batches are {provider: (input, output, volume)}."""
    prices = {}
    for provider, score in sorted(scores.items()):
        quotes = [batch[provider] for batch in batches if provider in batch]
        if score == 0 or len(quotes) < max(quorum, 1):
            continue
        read, written, volume = (lower_median([quote[field] for quote in quotes]) for field in range(3))
        a, b = rules["blend_input"], rules["blend_output"]
        blend = Fraction(a * read + b * written, a + b)
        if volume > 0:
            prices[provider] = (nearest(blend * rules["reference_score"] / score), volume)
    if rules["screen_mads"] > 0 and prices:
        middle = lower_median([price for price, _ in prices.values()])
        mad = lower_median([abs(price - middle) for price, _ in prices.values()])
        limit = Fraction(rules["screen_mads"], ONE) * mad
        prices = {
            provider: (price, volume)
            for provider, (price, volume) in prices.items()
            if not (abs(price - middle) > limit and ratio_exceeds(price, middle, rules["screen_ratio"]))
        }
    if len(prices) < rules["min_providers"]:
        raise Refused("TooFewProviders")
    only = [price for price, _ in prices.values()]
    if ratio_exceeds(max(only), min(only), rules["max_dispersion"]):
        raise Refused("Dispersed")
    shares = weights([volume for _, volume in prices.values()], rules["cap_bps"])
    price = nearest(sum(share * price for share, price in zip(shares, only)))
    if price == 0:
        raise Refused("PriceOutOfRange")
    return price, set(prices)


def linked(price, link):
    price = nearest(Fraction(price * link, LINK_ONE))
    if not 0 < price < 2**32:
        raise Refused("PriceOutOfRange")
    return price


class Index:
    """One index, day by day."""

    def __init__(self, rules):
        self.rules, self.scores, self.next = rules, {}, None
        self.prints, self.last, self.pending = {}, None, None
        self.link, self.probation = LINK_ONE, True

    def set_provider(self, now, provider, score):
        """The first scores apply at once, later ones form the basket of the next day."""
        if self.last is None:
            self.scores[provider] = score
            return
        scores = self.next[1] if self.next else dict(self.scores)
        scores[provider] = score
        self.next = (now // DAY + 1, scores)

    def next_on(self, day):
        return self.next[1] if self.next and self.next[0] <= day else None

    def covers(self, day):
        """Providers that a batch of the day must hold."""
        both = (self.scores, self.next_on(day) or {})
        return sorted({provider for scores in both for provider, score in scores.items() if score > 0})

    def publish(self, now, day, batches, reporters):
        """Computes a day from the batches of the reporters that sent one; the class, the price and the link."""
        rules, today = self.rules, now // DAY
        if today < day:
            raise Refused("TooEarly")
        if today - day >= 4:
            raise Refused("TooLate")
        newest = self.pending["day"] if self.pending else self.last[0] if self.last else -1
        if (self.last and self.last[0] >= day) or newest > day:
            raise Refused("AlreadyPublished")
        if len(batches) < rules["min_reporters"]:
            raise Refused("QuorumMissing")
        if len(batches) < reporters and now < day * DAY + rules["closes"]:
            raise Refused("WindowOpen")
        following = self.next_on(day)
        scores, link = following or self.scores, self.link
        price, _ = day_value(batches, scores, rules, rules["min_reporters"])
        if following and self.last:
            try:
                old = linked(day_value(batches, self.scores, rules, rules["min_reporters"])[0], link)
            except Refused:
                old = self.last[1]
            link = nearest(Fraction(old * LINK_ONE, price))
            if not 0 < link < 2**64:
                raise Refused("PriceOutOfRange")
        price = linked(price, link)

        def agrees(other):
            return not ratio_exceeds(price, other, rules["confirm_above"])

        def alone(batch):
            try:
                return agrees(linked(day_value([batch], scores, rules, 1)[0], link))
            except Refused:
                return False

        if self.last is None or self.probation:
            kind = NEEDS_CONFIRMATION
        elif ratio_exceeds(self.last[1], price, rules["reject_above"]):
            kind = INVALID
        elif ratio_exceeds(self.last[1], price, rules["confirm_above"]):
            kind = NEEDS_CONFIRMATION
        else:
            kind = VALID
        waiting = self.pending
        if waiting and not (waiting["kind"] == kind and agrees(waiting["price"])):
            waiting = None
        outcome = kind
        if waiting and kind == NEEDS_CONFIRMATION:
            if waiting["day"] == day:
                support = sum(alone(batch) for batch in batches)
                if now < waiting["since"] + rules["confirm_delay"] or support < rules["min_reporters"]:
                    raise Refused("AwaitingConfirmation")
            outcome = VALID
        elif waiting and kind == INVALID and waiting["day"] == day:
            raise Refused("ImplausibleMove")
        if outcome < VALID:
            self.pending = {"day": day, "price": price, "since": now, "kind": outcome}
            return outcome, price, link
        if following:
            self.scores, self.next, self.link = following, None, link
        if waiting and kind == NEEDS_CONFIRMATION and waiting["day"] < day and today - waiting["day"] < 4:
            self.prints[waiting["day"]] = waiting["price"]
        self.prints[day] = price
        self.last, self.pending, self.probation = (day, price), None, False
        return VALID, price, link

    def settle(self, now, expiry, voided=0, fallback=None):
        """The final price: (price, sum, samples, gaps, fallback, [(day, print), ...] newest first)."""
        return settle(self.prints, self.rules, now, expiry, voided, fallback)


def settle(prints, rules, now, expiry, voided=0, fallback=None):
    unlocked = (expiry + 1) * DAY + rules["lock_delay"]
    needed = rules["window_days"] - rules["max_gaps"]
    samples = [
        (expiry - back, prints[expiry - back])
        for back in range(64)
        if expiry - back in prints and not voided >> back & 1
    ]
    window = [(day, price) for day, price in samples if day > expiry - rules["window_days"]]
    if fallback is None:
        fallback = len(window) < needed and now >= unlocked + rules["fallback_delay"]
    if not fallback and len(window) < needed:
        raise Refused("TooManyGaps")
    taken = samples[:needed] if fallback else window
    if len(taken) < needed:
        raise Refused("TooFewSamples")
    total = sum(price for _, price in taken)
    gaps = rules["window_days"] - len(window)
    return nearest(Fraction(total, len(taken))), total, len(taken), gaps, fallback, taken


def keccak256(message):
    """Keccak-256 as Ethereum uses it (padding 0x01), which Python's library does not have."""
    mask = 2**64 - 1
    rounds, state = [], 1
    for _ in range(24):
        constant = 0
        for bit in range(7):
            if state & 1:
                constant ^= 1 << ((1 << bit) - 1)
            state = (state << 1) ^ (0x171 if state >> 7 else 0)
        rounds.append(constant)
    turn = lambda value, by: ((value << by) | (value >> (64 - by))) & mask if by else value
    lanes = [[0] * 5 for _ in range(5)]
    padded = bytearray(message) + b"\x01" + bytes(-(len(message) + 2) % 136) + b"\x80"
    if len(message) % 136 == 135:
        padded = bytearray(message) + b"\x81"
    for block in range(0, len(padded), 136):
        for lane in range(17):
            start = block + 8 * lane
            lanes[lane % 5][lane // 5] ^= int.from_bytes(padded[start : start + 8], "little")
        for constant in rounds:
            sums = [lanes[x][0] ^ lanes[x][1] ^ lanes[x][2] ^ lanes[x][3] ^ lanes[x][4] for x in range(5)]
            for x in range(5):
                change = sums[(x - 1) % 5] ^ turn(sums[(x + 1) % 5], 1)
                for y in range(5):
                    lanes[x][y] ^= change
            x, y, carried = 1, 0, lanes[1][0]
            for step in range(24):
                x, y = y, (2 * x + 3 * y) % 5
                carried, lanes[x][y] = lanes[x][y], turn(carried, (step + 1) * (step + 2) // 2 % 64)
            for y in range(5):
                row = [lanes[x][y] for x in range(5)]
                for x in range(5):
                    lanes[x][y] = row[x] ^ (~row[(x + 1) % 5] & mask & row[(x + 2) % 5])
            lanes[0][0] ^= constant
    return b"".join(lanes[lane % 5][lane // 5].to_bytes(8, "little") for lane in range(4))


def receipt(index, expiry, samples):
    """Hash of index 2 | expiry 4 | (day 4 | print 4)..., newest first, big endian."""
    data = index.to_bytes(2, "big") + expiry.to_bytes(4, "big")
    for day, price in samples:
        data += day.to_bytes(4, "big") + price.to_bytes(4, "big")
    return keccak256(data)


assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
assert keccak256(b"a" * 135).hex() == "34367dc248bbd832f4e3e69dfaac2f92638bd0bbd18f2912ba4ef454919cf446"
