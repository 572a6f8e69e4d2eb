#!/usr/bin/env python3
"""What an index is worth that is chained by the weights of the print before, when one of five providers plays with it.

Such an index moves by prices alone: level' = level * sum(w p') / sum(w p), with the weights of the last print. So whoever
cuts its price while its weight is large, and comes back while it is small, moves the level down for good, each time. The
provider sells ten times what the others do for 26 prints, cuts its price to a half, sells next to nothing for 24 prints
while its usual volume fades, and is back at its price for four. Usual volumes and weights are those of the index
(crates/engine/src/oracle/volumes.rs, weights.rs). Figures of docs/book/src/adr/0187-who-enters-begins-small.md.
"""

CAP = 0.3
TURN = [(1.0, 10_000, 26), (0.5, 10_000, 1), (0.5, 1, 24), (1.0, 1, 4)]  # price, volume, prints


def follow(usual, sold):
    return usual + (min(sold, 2 * usual) - usual) / 8


def weights(volumes):
    capped = set()
    while True:
        rest = 1 - CAP * len(capped)
        free = sum(volume for place, volume in enumerate(volumes) if place not in capped)
        of = [CAP if place in capped else rest * volume / free for place, volume in enumerate(volumes)]
        above = {place for place, weight in enumerate(of) if weight > CAP}
        if not above:
            return of
        capped |= above


def main():
    usual, prices, level, prints = [1_000.0] * 5, [1.0] * 5, 1.0, 0
    for _ in range(10):
        for price, volume, count in TURN:
            for _ in range(count):
                before = weights(usual)
                after = [*prices[:4], price]
                level *= sum(map(float.__mul__, before, after)) / sum(map(float.__mul__, before, prices))
                prices, prints = after, prints + 1
                usual = [follow(one, 1_000.0) for one in usual[:4]] + [follow(usual[4], float(volume))]
        fixed = sum(map(float.__mul__, weights(usual), prices))
        print(f"{prints:4} prints: {100 * (level - 1):+.1f} % chained, {100 * (fixed - 1):+.1f} % not chained")


main()
