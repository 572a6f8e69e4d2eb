// How far the insurance fund reaches.

import type { Stress } from './types';

/** How far all marks may jump, in basis points, before the two largest who then owe, owe more than the fund: on each side. */
export function covered(jumps: readonly Stress[], fund: bigint): { down: number; up: number } {
  const reach = (side: readonly Stress[]): number => {
    let reached = 0;
    for (const { shift_bps: shift, two_atoms: two } of side) {
      if (BigInt(two) > fund) break;
      reached = shift;
    }
    return reached;
  };
  const by = (a: Stress, b: Stress): number => Math.abs(a.shift_bps) - Math.abs(b.shift_bps);
  return { down: reach(jumps.filter((one) => one.shift_bps < 0).sort(by)), up: reach(jumps.filter((one) => one.shift_bps > 0).sort(by)) };
}
