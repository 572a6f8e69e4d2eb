// Times: the chain's, in UTC. The machine's clock only carries the chain's on between two blocks.

const two = (number: number): string => number.toString().padStart(2, '0');
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'] as const;

/** `2026-12-16 16:00 UTC`, with seconds if asked. */
export function utc(seconds: number, withSeconds = false): string {
  if (seconds <= 0) return '–';
  const date = new Date(seconds * 1000);
  const day = `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}${withSeconds ? `:${two(date.getUTCSeconds())}` : ''}`;
  return `${day} ${time} UTC`;
}

/** `16:00:05`. */
export function timeOfDay(seconds: number): string {
  const date = new Date(seconds * 1000);
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
}

/** `2026-12-16`. */
export function dateOf(seconds: number): string {
  return utc(seconds).slice(0, 10);
}

/** The name of a month's contract by its expiry: `DEC 26`. */
export function monthName(expiry: number): string {
  const date = new Date(expiry * 1000);
  return `${MONTHS[date.getUTCMonth()] ?? ''} ${two(date.getUTCFullYear() % 100)}`;
}

/** The two largest units of a length of time. */
export function span(seconds: number): string {
  const length = Math.max(0, Math.floor(seconds));
  const parts: [number, string][] = [
    [Math.floor(length / 86_400), 'd'], [Math.floor(length / 3600) % 24, 'h'], [Math.floor(length / 60) % 60, 'min'], [length % 60, 's'],
  ];
  const first = parts.findIndex(([number]) => number > 0);
  if (first < 0) return '0 s';
  return parts.slice(first, first + 2).filter(([number], place) => place === 0 || number > 0).map(([number, unit]) => `${number} ${unit}`).join(' ');
}
