// What the order ticket holds, and what other parts of the page put into it.

import { signal } from '@preact/signals';

export type Kind = 'limit' | 'market' | 'trigger';
export type Side = 'buy' | 'sell';

export interface Draft {
  side: Side; kind: Kind; price: string; lots: string; policy: number; reduceOnly: boolean; expiry: number; selfTrade: number;
  slippageBps: number; triggerPrice: string; above: boolean; onLast: boolean; feeUsd: string;
  /** Whether triggers follow the order that close it again, and at which prices; none where there is no price. */
  exits: boolean; takeProfit: string; stop: string;
  /** The resting order that this one replaces. */
  replaces: { price: number; number: number } | null;
}

export const EMPTY: Draft = {
  side: 'buy', kind: 'limit', price: '', lots: '', policy: 0, reduceOnly: false, expiry: 0, selfTrade: 0, slippageBps: 50,
  triggerPrice: '', above: false, onLast: false, feeUsd: '0.50', exits: false, takeProfit: '', stop: '', replaces: null,
};

export const draft = signal<Draft>(EMPTY);

export function fill(part: Partial<Draft>): void {
  draft.value = { ...draft.value, ...part };
}
