"""Recomputes a week's payouts from the programme's events alone. Uses nothing of the project.

Reads lines of words from stdin, one for each event:
    parameters uptime_floor_bps uptime_power volume_quarters volume_hours volume_floor_bps maker_cap_bps
    budget QUOTE_ATOMS
    scored SEAT SCORE COUNTED UPTIME DUE VOLUME
Writes the payout of each seat in quote atoms: `SEAT AMOUNT`. All numbers are whole.
"""

import sys
from math import isqrt

FLOOR_FROM = 2_000  # lots: in quieter weeks there is no floor of volume
FULL_WEIGHT = 1_024


def main():
    scored = []
    for line in sys.stdin:
        kind, *numbers = line.split()
        numbers = [int(number) for number in numbers]
        if kind == "parameters":
            _, _, quarters, hours, volume_floor, cap_bps = numbers
        elif kind == "budget":
            (budget,) = numbers
        elif kind == "scored":
            scored.append(numbers)

    traded = sum(volume for *_, volume in scored)

    def weigh(counted, volume):
        if traded >= FLOOR_FROM and volume * 10_000 < traded * volume_floor:
            return 0
        both = counted + hours * 3_600 * FULL_WEIGHT * volume
        half = isqrt(counted * both)
        return [counted, isqrt(counted * half), half, isqrt(half * both), both][quarters]

    weighed = [(seat, weigh(counted, volume)) for seat, _, counted, _, _, volume in scored]
    total = sum(weight for _, weight in weighed)
    for seat, weight in weighed:
        share = budget * weight // total if total else 0
        print(seat, min(share, budget * cap_bps // 10_000))


main()
