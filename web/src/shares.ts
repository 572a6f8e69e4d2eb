// What each position of an account does in one scenario of the margin set. Pure, so that tests of it need no page.

/** A position, and what its month has to do with the margin set. */
export interface Held {
  instrument: number; net: number; mark: number;
  /** Quote atoms that a tick of a lot is worth. */
  tickValue: number;
  /** What the scenario does to the month's mark, in basis points. */
  shock: number;
}

export interface Share {
  instrument: number; shock: number;
  /** Quote atoms that the lots win, or lose below zero, when the scenario comes; towards zero. */
  atoms: bigint;
  /** Basis points of what all lose together, below zero for one that wins; `null` when together they lose nothing. */
  bps: number | null;
}

/** Net lots times mark times shock for each position, and its part of the sum: what `margin::assess` adds up of lots. */
export function sharesOf(held: readonly Held[]): Share[] {
  const moved = held.map(({ net, mark, tickValue, shock }) => BigInt(net) * BigInt(mark) * BigInt(tickValue) * BigInt(shock));
  const all = moved.reduce((sum, one) => sum + one, 0n);
  return held.map(({ instrument, shock }, place) => {
    const one = moved[place] ?? 0n;
    return { instrument, shock, atoms: one / 10_000n, bps: all < 0n ? Number((one * 10_000n) / all) : null };
  });
}
