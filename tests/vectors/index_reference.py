"""The token price index and its final settlement, from the written rules alone and with exact fractions.

Shares nothing with the contracts: it follows the documentation of the rules (crates/engine/src/oracle/mod.rs), sorts
where the engine counts, solves the weight cap by its threshold where the engine iterates, and rounds fractions once.
"""

from fractions import Fraction
from math import isqrt

DAY = 86_400
SHADOW_DAYS = 7  # a new basket is seen for so many printed days before it is linked
MEMORY_DAYS = 5  # days over which unconfirmed moves are bounded together
MIDDLE_PRICE, MIDDLE_VOLUME = 10_200, 12_500  # how far the middle numbers of an even count may lie apart
RISE = Fraction(21, 20)  # how far one provider's price may rise beyond the market's in a print
PARTS, PRINTS = 16, 8  # usual volumes are in sixteenths, and follow what is sold by an eighth a print
FIRST = 256  # so small a part of all weight has a newcomer
FADED = 16 * PARTS  # to so few units fades who stays
RESCORED = Fraction(11, 10)  # how far scores may change against each other at once
STOOD = 3  # prints on which it has asked for more before more counts
STEP = 2**20  # the market's move is in whole parts of so many
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


def upper_median(values):
    return sorted(values)[len(values) // 2]


def weighted_median(pairs):
    """The least number that at least half of the weight does not exceed."""
    whole, below = sum(weight for _, weight in pairs), 0
    for number, weight in sorted(pairs):
        below += weight
        if weight > 0 and 2 * below >= whole:
            return number
    return 0


def ratio_exceeds(a, b, limit):
    return Fraction(max(a, b), min(a, b)) > Fraction(limit, ONE) if min(a, b) > 0 else max(a, b) > 0


def share(volumes, cap):
    """The one t for which the weights w_i = min(cap, t V_i) sum to one; none where the cap holds all of them."""
    order = sorted(volumes, reverse=True)
    for capped in range(len(order)):
        free = sum(order[capped:])
        if free == 0:
            break
        threshold = (1 - capped * Fraction(cap, ONE)) / free
        if threshold * order[capped] <= Fraction(cap, ONE):
            return threshold
    return None


def weights(volumes, cap):
    threshold = share(volumes, cap)
    assert threshold, "the rules make the cap possible"
    return [min(Fraction(cap, ONE), threshold * volume) for volume in volumes]


def blend(read, written, rules):
    return rules["blend_input"] * read + rules["blend_output"] * written


def worth(blend, score, rules):
    return nearest(Fraction(blend * rules["reference_score"], (rules["blend_input"] + rules["blend_output"]) * score))


class Standing:
    """Where a provider stands, and what it has asked for since it has asked for more than that, or for less.

    `since` holds what it asked for on the prints since then, carried by the market while it asks for more; `back` counts
    prints of a cut on which it was back; whether one of the prints of a rise was `sure`: it was known what it asks for,
    and half of its usual volume was sold at it."""

    def __init__(self, price, way=0, since=(), back=0, sure=True):
        self.price, self.way, self.since, self.back, self.sure = price, way, list(since), back, sure

    def lifted(self, market, price):
        """A price carried upwards by the market, whose move was rounded down to a step."""
        return (price * (market + Fraction(1, STEP))).__floor__() if market > 1 else price

    def most(self, market):
        most = self.lifted(market, self.price)
        if self.way <= 0:
            return (most * RISE).__floor__()
        for _ in self.since:
            most = (most * RISE).__floor__()
        least = min(self.lifted(market, one) for one in self.since)
        at_once = (min(most, least) * RISE).__floor__()
        return max(at_once, least) if len(self.since) >= STOOD else at_once

    def rises_to(self, asked, market):
        """Whether that brings a rise on and takes nothing from it: where none is pending, from where it stands."""
        noted = min(self.lifted(market, one) for one in self.since) if self.way > 0 else self.price
        return self.way >= 0 and asked >= noted

    def after(self, asked, market, sure):
        """What is noted after a print: the first one of a rise that is sure makes all before it forgotten. Where more
        has counted by then that stands, and the next print is the first of another rise."""
        up = self.lifted(market, self.price)
        carried = (self.price * min(market, 1)).__floor__()
        if self.way < 0 and asked >= carried and self.back + 1 < len(self.since):
            return Standing(min(asked, up), -1, self.since, self.back + 1)
        if asked > up:
            since = [self.lifted(market, one) for one in self.since] if self.way > 0 else []
            stood, forgotten = len(since) >= STOOD, sure and not self.sure
            least = min([*since, asked])
            if stood:
                return Standing(max(up, least) if forgotten else least)
            if forgotten or not since:
                return Standing(up, 1, [asked], sure=sure)
            return Standing(up, 1, [*since, asked], sure=sure or self.sure)
        if asked >= carried:
            return Standing(asked)
        since, back = (self.since, self.back) if self.way < 0 else ([], 0)
        since = [*since, asked]
        return Standing(min(max(since), carried)) if len(since) - back > STOOD else Standing(carried, -1, since, back)


def selling(sold, usual):
    """How much of a price counts: all of it where half of the usual volume is sold at it."""
    return min(Fraction(2 * PARTS * sold, usual), Fraction(1))


def first_volume(usual, cap):
    """What a newcomer begins with: what gives it so small a part of the weight, or of all volume where the cap holds
    all; none where nothing is usual of anybody."""
    if not any(usual.values()):
        return None
    threshold = share(usual.values(), cap)
    return max((1 / (FIRST * threshold)).__floor__() if threshold else sum(usual.values()) // FIRST, 1)


def divides(usual, cap):
    """Whether a newcomer's part of the weight is a sixteenth of a unit or more beside those that share by volume; never
    where the cap holds all."""
    threshold = share(usual.values(), cap)
    return threshold is not None and FIRST * threshold <= 1


def usually(usual, sold, first):
    """What a provider usually sells: a newcomer that sells anything what it begins with, whatever it sells; all of its
    sales while nobody has sold anything."""
    return usual or (first or PARTS * sold if sold else 0)


def follow(usual, sold):
    """A usual volume after a print: an eighth of the difference nearer, and of what it was at most; away from it."""
    apart = min(PARTS * sold, 2 * usual) - usual
    step = -(-abs(apart) // PRINTS)
    return usual + step if apart > 0 else max(usual - step, 1)


def market_move(asked, volumes, standing, rules):
    """How far the providers have moved from where they stand, by the weighted median."""
    shares = dict(zip(volumes, weights(list(volumes.values()), rules["cap_bps"])))
    moved = [
        (max(price * STEP // standing[provider].price, 1), shares[provider])
        for provider, price in asked.items()
        if provider in standing and provider in shares
    ]
    return Fraction(weighted_median(moved) or STEP, STEP)


def average(prices, rules):
    """Average of {provider: (price, volume)} under the capped weights."""
    shares = weights([volume for _, volume in prices.values()], rules["cap_bps"])
    price = nearest(sum(share * price for share, (price, _) in zip(shares, prices.values())))
    if price == 0:
        raise Refused("PriceOutOfRange")
    return price


def roots(price):
    """The square root, its root and the root of that one, in 2^-43, 2^-54 and 2^-59; each rounded down."""
    second = isqrt(price * 2**86)
    fourth = isqrt(second * 2 ** (2 * 54 - 43))
    return second, fourth, isqrt(fourth * 2 ** (2 * 59 - 54))


def middle(pairs):
    """The mean of prices by eighth roots over the weight from a third to two thirds, in ascending order."""
    pairs = sorted(pairs)
    whole, total = sum(weight for _, weight in pairs), Fraction(0)
    begins = Fraction(0)
    for price, weight in pairs:
        ends = begins + Fraction(weight) / whole
        total += roots(price)[2] * max(min(ends, Fraction(2, 3)) - max(begins, Fraction(1, 3)), 0)
        begins = ends
    power = Fraction((total * 3).__floor__(), 2**59)
    for bits in (54, 43):  # squares are rounded down to so many bits, the last one to the nearest atom
        power = Fraction((power * power * 2**bits).__floor__(), 2**bits)
    return nearest(power * power)


def bounds(prices, rules):
    """The lowest and the highest that a price counts as, by {provider: (price, volume)}."""
    shares = weights([volume for _, volume in prices.values()], rules["cap_bps"])
    centre = middle(zip((price for price, _ in prices.values()), shares))
    reach = Fraction(isqrt(rules["max_dispersion"] * ONE), ONE)  # the root of the ratio, in ten-thousandths
    if rules["screen_mads"] > 0:
        reach = min(reach, Fraction(rules["screen_ratio"], ONE))
    return max((centre / reach).__ceil__(), 1), (centre * reach).__floor__()


def held(price, between):
    """A price within its bounds."""
    low, high = between
    return min(max(price, low), high)


class DayValue:
    """A day before the link: its price, {provider: (price, usual volume)} in it, about whose price and about whose volume
    the middle numbers do not agree, what each provider asks for by as much as it sells, what it has sold, how far the
    market has moved, of whom less counts than they ask for, and within what bounds a price counts."""

    def __init__(self, batches, scores, rules, quorum, standing, usual, moved=None):
        """Batches are {provider: (input, output, volume)}; `usual` is what each provider usually sells. The basket in
        force says how far the market has moved; to another one that is told: `moved`."""
        self.rules, self.scores, self.usual = rules, scores, dict(usual)
        self.first = first_volume(usual, rules["cap_bps"])
        self.torn, self.vague, lists, self.sold, most = set(), set(), {}, {}, {}
        for provider, score in sorted(scores.items()):
            quotes = [batch[provider] for batch in batches if provider in batch]
            if score == 0 or len(quotes) < max(quorum, 1):
                continue
            columns = [[quote[field] for quote in quotes] for field in range(3)]
            for field, column in enumerate(columns):
                limit = MIDDLE_VOLUME if field == 2 else MIDDLE_PRICE
                if ratio_exceeds(lower_median(column), upper_median(column), limit):
                    (self.vague if field == 2 else self.torn).add(provider)
            read, written, self.sold[provider] = map(lower_median, columns)
            most[provider] = upper_median(columns[2])
            lists[provider] = blend(read, written, rules)
        self.sure = not self.torn and not self.vague
        # Whether those about whose volume they disagree may have sold more than a newcomer's part of what others did.
        doubtful = sum(most[provider] for provider in self.vague)
        self.much = doubtful * FIRST > sum(most.values()) - doubtful
        self.volumes = self.weigh(self.sold, lists)
        if len(self.volumes) < rules["min_providers"]:
            raise Refused("TooFewProviders")
        self.stands = {provider: stood.price for provider, stood in standing.items()}
        self.asked = {provider: self.sells(provider, price, self.sold, self.volumes) for provider, price in lists.items()}
        self.market = moved or market_move(self.asked, self.volumes, standing, rules)
        most = {provider: standing[provider].most(self.market) for provider in self.asked if provider in standing}
        counts = {provider: min(asked, most.get(provider, asked)) for provider, asked in self.asked.items()}
        value = lambda provider, price: worth(price, scores[provider], rules)
        priced = {provider: (value(provider, counts[provider]), volume) for provider, volume in self.volumes.items()}
        self.bounds = bounds(priced, rules)
        self.within = {provider: (held(price, self.bounds), volume) for provider, (price, volume) in priced.items()}
        self.price = average(self.within, rules)
        self.counted = {provider: held(value(provider, counts[provider]), self.bounds) for provider in self.asked}
        self.held_back = {
            provider for provider, price in self.counted.items() if value(provider, self.asked[provider]) > price
        }

    def weigh(self, sold, providers):
        volumes = {one: usually(self.usual.get(one, 0), sold.get(one, 0), self.first) for one in providers}
        return {provider: volume for provider, volume in volumes.items() if volume > 0}

    def sells(self, provider, price, sold, volumes):
        """As much of a price as is sold at it, and of the rest where the provider stands: of a cut the arithmetic mean, of
        a rise the harmonic one."""
        if provider not in volumes or provider not in self.stands:
            return price
        part, stands = selling(sold.get(provider, 0), volumes[provider]), self.stands[provider]
        if price > stands:
            return (1 / (part / price + (1 - part) / stands)).__floor__()
        return (price * part + stands * (1 - part)).__floor__()

    def said(self, batch, sold, volumes):
        """What the price would have been by the prices of a batch, where so much has been sold; nothing of one that has
        none. Of a provider of which less counts than it asks for no more counts."""
        prices = {}
        for provider, volume in volumes.items():
            read, written, _ = batch[provider]
            asked = self.sells(provider, blend(read, written, self.rules), sold, volumes)
            price = worth(asked, self.scores[provider], self.rules)
            most = self.counted[provider] if provider in self.held_back else price
            prices[provider] = (held(min(price, most), self.bounds), volume)
        try:
            return average(prices, self.rules)
        except (Refused, AssertionError):
            return None

    def own(self, batch):
        """By its own volumes, too: also of those of whom nothing is usual yet."""
        sold = {provider: volume for provider, (_, _, volume) in batch.items()}
        return self.said(batch, sold, self.weigh(sold, [one for one in batch if self.scores.get(one)]))

    def partly(self):
        """Who sells so little that not all of what it asks for counts."""
        return {one for one, volume in self.volumes.items() if selling(self.sold[one], volume) < 1}

    def backing(self, batches):
        """How many of the batches say nearly the same by their own prices and volumes."""
        own = map(self.own, batches)
        return sum(price is not None and not ratio_exceeds(self.price, price, MIDDLE_PRICE) for price in own)


def sellers(scores, usual):
    """Those of a basket that have ever sold anything."""
    return {provider for provider, score in scores.items() if score and usual.get(provider)}


def within(standing, scores):
    """Only a provider in the basket in force is held back by where it stands."""
    return {provider: stood for provider, stood in standing.items() if scores.get(provider)}


class Change:
    """What a basket changes that runs in the shadow."""

    def __init__(self, scores, following):
        kept, then = ({one for one, score in basket.items() if score} for basket in (scores, following))
        self.following, self.enters, self.leaves = following, then - kept, kept - then


def note(standing, of_day, providers):
    """What was asked for on a print is what stands at the next one. Where two halves disagree about a price, or about
    the volume of one that sells little at it, what both say at least counts if it brings a rise on or nothing stands.
    """
    partly = of_day.partly()
    torn = of_day.torn | of_day.vague & partly
    for provider in providers:
        asked, stood = of_day.asked[provider], standing.get(provider)
        if provider not in torn or not stood or stood.rises_to(asked, of_day.market):
            sure = provider not in of_day.torn | partly
            standing[provider] = stood.after(asked, of_day.market, sure) if stood else Standing(asked)


def note_sold(usual, of_day, leaves, cap):
    """What was sold is a part of what is usual, but where two halves disagree about one that is known to have sold: of
    others what both say at least is noted. Who stays fades to 16 units, or to what it usually sold if that is less. Who
    leaves fades to nearly nothing, from where the cap begins to hold it."""
    first = first_volume(usual, cap)
    newcomers = {one for one in of_day.sold if not usual.get(one)}
    for provider in of_day.sold.keys() - (of_day.vague - newcomers) - leaves:
        before, sold = usual.get(provider, 0), of_day.sold[provider]
        usual[provider] = max(follow(before, sold), min(before, FADED)) if before else usually(before, sold, first)
    threshold = share(usual.values(), cap)
    for provider in leaves & {one for one, volume in usual.items() if volume}:
        begins = (Fraction(cap, ONE) / threshold).__floor__() if threshold else usual[provider]
        usual[provider] = follow(min(usual[provider], begins), 0)


def refine(usual, cap):
    """Doubles all below 32 units until a newcomer's part can be told: no weight moves. Those outside the cap are all
    below that, and whoever has the cap by more has it then, too."""
    while not divides(usual, cap) and share(usual.values(), cap):
        usual.update({provider: 2 * volume for provider, volume in usual.items() if volume < 2 * FADED})


def note_day(standing, usual, of_day, change):
    """What a print notes, in the basket in force."""
    note(standing, of_day, of_day.asked)
    note_sold(usual, of_day, change.leaves if change else set(), of_day.rules["cap_bps"])
    if change:
        refine(usual, of_day.rules["cap_bps"])


def note_entry(usual, change, rules):
    """Who enters comes into force with what a newcomer begins with."""
    usual.update(dict.fromkeys(change.enters, first_volume(usual, rules["cap_bps"])))


def watched(standing, usual, link, of_day, batches, change, rules, scores, quorum):
    """What a print notes of who enters, and by what link the next basket would have had its price, where the market has
    moved as far as the basket in force says: none where too few stay that have ever sold anything, somebody enters who
    sells nothing, somebody leaves who has more than a newcomer, or somebody does so while a newcomer's part cannot be
    told."""
    try:
        of_next = DayValue(batches, change.following, rules, quorum, within(standing, scores), usual, of_day.market)
    except Refused:
        return []
    note(standing, of_next, [one for one in of_next.asked if one in change.enters])
    known = sellers(scores, usual)
    few = len(known - change.leaves) < min(len(known), rules["min_providers"])
    sell = all(of_next.sold.get(one) for one in change.enters)
    moves = change.enters | change.leaves
    if few or not sell or moves and not divides(usual, rules["cap_bps"]):
        return []
    if any(usual.get(one, 0) > of_next.first for one in change.leaves):
        return []
    return [new for new in [nearest(Fraction(link * of_day.price, of_next.price))] if new > 0]


def link_of(shadow):
    """The link of a basket in its shadow, once it has been seen for long enough."""
    return lower_median(shadow) if len(shadow) == SHADOW_DAYS else None


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
        self.confirmed, self.shadow, self.standing, self.usual = 0, [], {}, {}

    def set_min_providers(self, wanted):
        """Once there is a print the rules want no more providers than those in force that have ever sold anything, or,
        while a basket waits, than those of them that are in it, too. Other rules have the next print confirmed."""
        known = sellers(self.scores, self.usual)
        staying = known & sellers(self.next[1], self.usual) if self.next else known
        if self.last is not None and len(staying) < wanted and wanted > self.rules["min_providers"]:
            raise Refused("BadRules")
        if wanted != self.rules["min_providers"]:
            self.rules, self.probation = {**self.rules, "min_providers": wanted}, True

    def set_provider(self, now, provider, score):
        """The first scores apply at once, later ones form a basket that runs in the shadow from the next day on. As
        many providers that have ever sold anything as the rules want, or all of those in force, have to be in both;
        scores change while nobody comes or goes, by a tenth."""
        if self.last is None:
            self.scores[provider] = score
            return
        scores = {**(self.next[1] if self.next else self.scores), provider: score}
        begins = now // DAY + 1
        then, kept = ({one: score for one, score in basket.items() if score} for basket in (scores, self.scores))
        stay = then.keys() & kept.keys()
        known = sellers(kept, self.usual)
        if len(known & then.keys()) < min(len(known), self.rules["min_providers"]):
            raise Refused("TooFewProviders")
        moved = {Fraction(then[one], kept[one]) for one in stay}
        if moved - {1} and (then.keys() != kept.keys() or max(moved) > min(moved) * RESCORED):
            raise Refused("BadScoreChange")
        if not self.next or self.next[0] != begins:
            self.shadow = None
        self.next = None if then == kept else (begins, scores)

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
        quorum = max(rules["min_reporters"], 2 * reporters // 3 + 1)
        if len(batches) < quorum:
            raise Refused("QuorumMissing")
        if len(batches) < reporters and now < day * DAY + rules["closes"]:
            raise Refused("WindowOpen")
        following, scores, link = self.next_on(day), self.scores, self.link
        change = Change(scores, following) if following else None
        of_day = DayValue(batches, scores, rules, quorum, within(self.standing, scores), self.usual)
        sure, price = of_day.sure, linked(of_day.price, link)

        def agrees(other):
            return not ratio_exceeds(price, other, rules["confirm_above"])

        def alone(batch):
            said = of_day.said(batch, of_day.sold, of_day.volumes)
            try:
                return said is not None and agrees(linked(said, link))
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
        bound = ONE + (rules["confirm_above"] - ONE) * 2_236 // 1_000
        earlier = range(max(day - MEMORY_DAYS, self.confirmed), day)
        drifts = any(ratio_exceeds(self.prints[one], price, bound) for one in earlier if one in self.prints)
        if not sure or drifts:
            kind = min(kind, NEEDS_CONFIRMATION)
        waiting = self.pending
        if waiting and not (waiting["kind"] == kind and agrees(waiting["price"])):
            waiting = None
        outcome = kind
        if waiting and kind == NEEDS_CONFIRMATION:
            behind = sum(map(alone, batches)) if sure else of_day.backing(batches)
            backed = behind >= quorum or (waiting["day"] < day and sure)
            if of_day.first is None and of_day.much:  # or half of them would choose what an index begins with
                backed = False
            delayed = now >= waiting["since"] + rules["confirm_delay"]
            if backed and delayed:
                outcome = VALID
            elif backed or waiting["day"] == day:
                raise Refused("AwaitingConfirmation")
        elif waiting and kind == INVALID and waiting["day"] == day:
            raise Refused("ImplausibleMove")
        if outcome < VALID:
            self.pending = {"day": day, "price": price, "since": now, "kind": outcome}
            return outcome, price, link
        if kind == NEEDS_CONFIRMATION:
            self.confirmed = day
        if waiting and kind == NEEDS_CONFIRMATION and waiting["day"] < day and today - waiting["day"] < 4:
            self.confirmed = waiting["day"]
            self.prints[waiting["day"]] = waiting["price"]
        self.prints[day] = price
        self.last, self.pending, self.probation = (day, price), None, False
        if change:
            self.watch(batches, change, of_day, quorum)
        note_day(self.standing, self.usual, of_day, change)
        return VALID, price, link

    def watch(self, batches, change, of_day, quorum):
        """Links the next basket when that has been seen for long enough."""
        if self.shadow is None:  # its first print: nobody stands anywhere from before
            self.standing, self.usual = within(self.standing, self.scores), within(self.usual, self.scores)
            self.shadow = []
        new = watched(self.standing, self.usual, self.link, of_day, batches, change, self.rules, self.scores, quorum)
        self.shadow = [*self.shadow, *new][-SHADOW_DAYS:]
        link = link_of(self.shadow) if new else None
        if link:
            self.scores, self.next, self.link, self.shadow = change.following, None, link, []
            note_entry(self.usual, change, self.rules)

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
