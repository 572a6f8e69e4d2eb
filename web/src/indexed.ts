// The index (`sit index --serve`): history that reaches further back than this page reads by itself. Nothing that is
// signed depends on it, and without it the page says so and shows what the chain's own logs give.

import { signal } from '@preact/signals';
import type { Candle, Resolution } from './candles';
import { head, type Deployment } from './chain';
import type { Hex } from './rpc';

/** `final` is the newest block of which the index says that it is final. */
export type IndexState = { state: 'unknown' } | { state: 'absent' } | { state: 'live' | 'behind'; block: number; final: number; lag: number };

export const indexState = signal<IndexState>({ state: 'unknown' });

/** The index's address: of the query, or where this page comes from. */
export function indexUrl(): string {
  const asked = new URLSearchParams(location.search).get('index');
  if (asked === 'none') return '';
  if (asked && /^https?:\/\//.test(asked)) return asked.replace(/\/$/, '');
  return location.origin;
}

export interface Envelope<T> { block: number; block_hash: Hex; block_time: number; final_block: number; lag_s: number; data: T; next?: string | null }

export async function get<T>(path: string): Promise<Envelope<T> | null> {
  const base = indexUrl();
  if (!base) return null;
  try {
    const response = await fetch(`${base}/v1/${path}`, { signal: AbortSignal.timeout(5_000), headers: { accept: 'application/json' } });
    if (!response.ok || !(response.headers.get('content-type') ?? '').includes('json')) return null;
    return (await response.json()) as Envelope<T>;
  } catch {
    return null;
  }
}

/**
 * Addresses by the index's record, and the node that it reads; `null` when it does not answer. Only the index that hands
 * this page out is asked, as it could hand out any page: whoever has another one named in a link is not paid for it.
 */
export async function indexedDeployment(): Promise<(Partial<Deployment> & { rpc: string | null }) | null> {
  if (indexUrl() !== location.origin) return null;
  const answer = await get<{ first_block: number; rpc: string | null; contracts: Record<string, Hex | { address: Hex }> }>('deployment');
  if (!answer) return null;
  const contracts = Object.fromEntries(
    Object.entries(answer.data.contracts).map(([name, at]) => [name, typeof at === 'string' ? at : at.address]),
  );
  return { ...contracts, first: answer.data.first_block, rpc: answer.data.rpc } as Partial<Deployment> & { rpc: string | null };
}

/** Whether a block can still be replaced, by what the index calls final; where none answers nobody tells. */
export const canBeReplaced = (block: number): boolean => 'final' in indexState.value && block > indexState.value.final;

/** Asks how far the index is, every ten seconds while the tab is shown. */
export function followIndex(): void {
  const look = async (): Promise<void> => {
    if (document.hidden) return;
    const answer = await get<{ ready: boolean }>('status');
    if (!answer) {
      indexState.value = { state: 'absent' };
      return;
    }
    const behind = (head.value?.number ?? answer.block) - answer.block;
    indexState.value = { state: behind > 2 || !answer.data.ready ? 'behind' : 'live', block: answer.block, final: answer.final_block, lag: answer.lag_s };
  };
  void look();
  // How far it is behind can be told once the chain's head is known.
  const stop = head.subscribe((known) => {
    if (known) {
      void look();
      queueMicrotask(() => stop());
    }
  });
  setInterval(() => void look(), 10_000);
}

const NAMES: Record<Resolution, string> = { 60: '1m', 300: '5m', 900: '15m', 3600: '1h', 14400: '4h', 86400: '1d' };

interface RawCandle { t: number; open_ticks: number; high_ticks: number; low_ticks: number; close_ticks: number; lots: number; trades: number }

/** Candles with trades, oldest first; `null` without an index. */
export async function indexedCandles(instrument: number, resolution: Resolution): Promise<Candle[] | null> {
  const answer = await get<{ candles: RawCandle[] }>(`candles/${instrument}?resolution=${NAMES[resolution]}&limit=1000`);
  return answer && answer.data.candles
    .map((raw) => ({ time: raw.t, open: raw.open_ticks, high: raw.high_ticks, low: raw.low_ticks, close: raw.close_ticks, lots: raw.lots, trades: raw.trades }))
    .sort((a, b) => a.time - b.time);
}

/** Where a statement of an account is downloaded. */
export const statementUrl = (seat: number, format: string): string => `${indexUrl()}/v1/accounts/${seat}/statement?format=${format}`;
