#!/usr/bin/env python3
"""Prints the tables YELLOW_FROM and RED_FROM of crates/engine/src/clearing/cells/backtest.rs, with exact fractions.

scripts/test compares what it prints with that file.
"""

from fractions import Fraction
from math import comb

P = Fraction(1, 100)


def first(observations, level, least):
    total = Fraction(0)
    for count in range(observations + 1):
        total += comb(observations, count) * P**count * (1 - P) ** (observations - count)
        if total >= level and count >= least:
            return count
    return least


for name, level, least in (("YELLOW_FROM", Fraction(95, 100), 2), ("RED_FROM", Fraction(9_999, 10_000), 3)):
    table = []
    for observations in range(1, 251):
        while len(table) < first(observations, level, least):
            table.append(observations)
    print(name, table)
