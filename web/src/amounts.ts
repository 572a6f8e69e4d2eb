// Money and prices: whole numbers from the first letter to the last. Nothing here is a floating-point number but what a
// chart draws.

/** Between thousands: narrow, no sign of decimals to anybody, and no place to break a line. */
const THIN = '\u202f';

/** An amount as it is typed: without what parts its thousands. */
export const plain = (text: string): string => text.replaceAll(THIN, '');

/** Thousands apart. */
function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, THIN);
}

/** `amount / 10^decimals` with exactly `places` decimals, rounded towards zero when `places` is less. */
export function decimal(amount: bigint, decimals: number, places = decimals): string {
  const negative = amount < 0n;
  const digits = (negative ? -amount : amount).toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const rest = digits.slice(digits.length - decimals).padEnd(places, '0').slice(0, places);
  const shown = grouped(whole) + (places > 0 ? `.${rest}` : '');
  return negative && /[1-9]/.test(shown) ? `−${shown}` : shown;
}

/** Quote atoms as US dollars with two decimals, rounded towards zero. */
export function usd(atoms: bigint | string, places = 2): string {
  return decimal(BigInt(atoms), 6, places);
}

/** With a sign before what is above zero, for gains. */
export function signed(atoms: bigint | string, places = 2): string {
  const amount = BigInt(atoms);
  const shown = usd(amount, places);
  return amount > 0n && /[1-9]/.test(shown) ? `+${shown}` : shown;
}

/** Wei as DOT. */
export function dot(wei: bigint, places = 4): string {
  return decimal(wei, 18, places);
}

/** How many decimals of a dollar a tick needs. */
function tickPlaces(tickSize: number): number {
  let places = 6;
  for (let size = tickSize; size % 10 === 0 && places > 2; size /= 10) places -= 1;
  return places;
}

/** A price in ticks as dollars per million tokens, with the decimals of a tick. */
export function price(ticks: number | null | undefined, tickSize: number): string {
  if (ticks === null || ticks === undefined) return '–';
  return decimal(BigInt(ticks) * BigInt(tickSize), 6, tickPlaces(tickSize));
}

/** Index atoms per million tokens with the decimals of a tick. */
export function indexPrice(atoms: bigint | string, tickSize: number): string {
  return decimal(BigInt(atoms), 6, Math.max(4, tickPlaces(tickSize)));
}

/** Basis points as per cent. */
export function percent(bps: number | bigint, places = 2): string {
  return `${decimal(BigInt(bps), 2, places)} %`;
}

/** `part / whole` in basis points, towards zero; `null` where there is no whole. */
export function ratioBps(part: bigint, whole: bigint): number | null {
  return whole === 0n ? null : Number((part * 10_000n) / whole);
}

/** A whole number with its thousands apart. */
export function count(number: number | bigint): string {
  return decimal(BigInt(number), 0);
}

/** What was read, or why it cannot be. */
export type Read<T> = { ok: true; value: T } | { ok: false; why: string };

const refused = (why: string): { ok: false; why: string } => ({ ok: false, why });

/** A decimal number as a whole number of `10^-decimals`; never rounded. */
export function parseDecimal(text: string, decimals: number, unit: string): Read<bigint> {
  const clean = text.replace(/[\s_]/g, '');
  if (clean === '') return refused('Type a number.');
  const match = /^(\d+)(?:[.,](\d*))?$/.exec(clean);
  if (!match) return refused(`“${text}” is no number: digits and one decimal point are.`);
  const [, whole = '0', rest = ''] = match;
  if (/[1-9]/.test(rest.slice(decimals))) return refused(`${unit} has ${decimals} decimals at most.`);
  if (whole.length > 24) return refused('That is too large.');
  return { ok: true, value: BigInt(whole + rest.slice(0, decimals).padEnd(decimals, '0')) };
}

/** A price in dollars per million tokens as ticks; one between two ticks is refused with both named. */
export function parsePrice(text: string, tickSize: number): Read<number> {
  const read = parseDecimal(text, 6, 'A price');
  if (!read.ok) return read;
  const size = BigInt(tickSize);
  const below = read.value / size;
  if (read.value % size !== 0n) {
    const near = [below, below + 1n].map((ticks) => price(Number(ticks), tickSize)).join(' and ');
    return refused(`No such price: the nearest are ${near}.`);
  }
  if (below <= 0n || below >= 0xff_ffffn) return refused('The price is out of range.');
  return { ok: true, value: Number(below) };
}

/** A number of lots. */
export function parseLots(text: string): Read<number> {
  const read = parseDecimal(text, 0, 'A number of lots');
  if (!read.ok) return read.why.includes('decimals') ? refused('Lots are whole numbers.') : read;
  if (read.value <= 0n) return refused('At least one lot.');
  if (read.value > 0x7f_ffffn) return refused('No position has more than 8 388 607 lots.');
  return { ok: true, value: Number(read.value) };
}

/** Tokens of so many lots, in words: `40 B` for forty billion. */
export function tokens(lots: number | bigint, lotMillions: number): string {
  const millions = BigInt(lots) * BigInt(lotMillions);
  for (const [unit, size] of [['T', 1_000_000n], ['B', 1_000n]] as const) {
    const magnitude = millions < 0n ? -millions : millions;
    if (magnitude >= size) return `${decimal((millions * 100n) / size, 2, millions % size === 0n ? 0 : 2)} ${unit}`;
  }
  return `${count(millions)} M`;
}
