// Months that are listed, and those that were: what happened in a month is told after it has left the curve, too.

import { effect, signal } from '@preact/signals';
import { snapshot } from './chain';

/** What a month keeps for as long as it is told of. */
export interface Listed { expiry: number; tickSize: number; tickValue: number }

const known = signal(new Map<number, Listed>());

/** A month that this page has seen on the curve, or has been told of by the index; `undefined` for another one. */
export const listed = (instrument: number): Listed | undefined => known.value.get(instrument);

/** Keeps months; those that are known already stay as they are, for neither end nor tick of a month ever changes. */
export function keep(months: readonly (readonly [number, Listed])[]): void {
  const more = months.filter(([instrument]) => !known.peek().has(instrument));
  if (more.length > 0) known.value = new Map([...known.peek(), ...more]);
}

export function followListed(): void {
  effect(() => {
    const months = snapshot.value?.curve.months ?? [];
    keep(months.map((month) => [month.instrument, { expiry: month.expiry, tickSize: month.tick_size_atoms, tickValue: month.tick_value_atoms }]));
  });
}
