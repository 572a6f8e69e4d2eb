// What a take profit and a stop after an order can close: they may only reduce.

/**
 * Lots that an order opens: those by which it goes beyond closing what is held on the other side. The net is below
 * zero when it is short. Triggers that follow the order and may only reduce close no more than these; after an order
 * that only closes there is nothing for them.
 */
export function opened(net: number, buys: boolean, lots: number): number {
  return Math.min(lots, Math.max(0, lots + (buys ? net : -net)));
}

/** Lots of what is held that an order of a side closes at most. */
export function closable(net: number, buys: boolean): number {
  return Math.max(0, buys ? -net : net);
}
