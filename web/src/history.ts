// Trades, marks and what happened to the account, from the chain's own logs: lately, and live. What is older comes from
// the index, where one answers.

import { computed, signal } from '@preact/signals';
import { decodeEventLog, encodeEventTopics } from 'viem';
import { clearing as abi } from './abi';
import { deployment, onBlock, rpc, viewer } from './chain';
import { earlier } from './indexed';
import { RpcError, Unreachable, type Head, type Hex } from './rpc';

export interface Trade {
  block: number; log: number; time: number; tx: Hex; instrument: number; buy: boolean; price: number; lots: number;
  taker: number; maker: number; takerFee: bigint; makerFee: bigint;
}

export interface Happened { block: number; log: number; time: number; tx: Hex; name: string; args: Record<string, unknown> }

interface RawLog { blockNumber: Hex; blockTimestamp?: Hex; logIndex: Hex; transactionHash: Hex; topics: [Hex, ...Hex[]]; data: Hex }

/** Blocks that are read when the page opens. */
const BACK = 3_000;
const KEPT = 6_000;

/** Events that are kept: what changes money, marks and rights. Orders that rest and go are in the book itself. */
const NAMES = [
  'Filled', 'MarkSet', 'Settled', 'Finalised', 'Deposited', 'Withdrawn', 'Transferred', 'SettlementFee', 'Rebated', 'Liquidated',
  'LiquidationStarted', 'LiquidationEnded', 'MarginCall', 'Triggered', 'DelegateSet', 'Haircut', 'Halted', 'Guarded',
] as const;

export const trades = signal<Trade[]>([]);
export const happenings = signal<Happened[]>([]);
export const historyFrom = signal<number | null>(null);

let last = 0;
let lastHash: Hex | null = null;
let busy = false;
let again: Head | null = null;

// An error may have an event's name.
const events = abi.filter((item) => item.type === 'event');
const topics: Hex[] = NAMES.map((eventName) => encodeEventTopics({ abi: events, eventName })[0] as Hex);

async function logs(from: number, to: number): Promise<RawLog[]> {
  const filter = { address: deployment.value?.clearing, fromBlock: `0x${from.toString(16)}`, toBlock: `0x${to.toString(16)}`, topics: [topics] };
  try {
    return await rpc.call<RawLog[]>('eth_getLogs', [filter]);
  } catch (error) {
    // Too many at once: halves, until one block's are.
    if (error instanceof RpcError && to > from) {
      const middle = Math.floor((from + to) / 2);
      return [...(await logs(from, middle)), ...(await logs(middle + 1, to))];
    }
    throw error;
  }
}

async function times(found: RawLog[]): Promise<Map<number, number>> {
  const known = new Map<number, number>();
  const unknown = new Set<number>();
  for (const log of found) {
    const number = Number(log.blockNumber);
    if (log.blockTimestamp) known.set(number, Number(log.blockTimestamp));
    else unknown.add(number);
  }
  const ask = [...unknown].filter((number) => !known.has(number));
  const blocks = await rpc.batch(ask.map((number) => ({ method: 'eth_getBlockByNumber', params: [`0x${number.toString(16)}`, false] })));
  blocks.forEach((answer, place) => {
    if (!(answer instanceof RpcError) && answer) known.set(ask[place] as number, Number((answer as { timestamp: Hex }).timestamp));
  });
  return known;
}

async function read(from: number, to: number): Promise<void> {
  const found = await logs(from, to);
  const at = await times(found);
  const newTrades: Trade[] = [];
  const newHappenings: Happened[] = [];
  for (const log of found) {
    const event = decodeEventLog({ abi, topics: log.topics, data: log.data });
    const common = {
      block: Number(log.blockNumber), log: Number(log.logIndex), time: at.get(Number(log.blockNumber)) ?? 0, tx: log.transactionHash,
    };
    if (event.eventName === 'Filled') {
      const { instrument, taker, maker, buy, price, lots, taker_fee, maker_fee } = event.args;
      newTrades.push({ ...common, instrument, buy, price, lots, taker, maker, takerFee: taker_fee, makerFee: maker_fee });
    } else {
      newHappenings.push({ ...common, name: event.eventName, args: event.args as Record<string, unknown> });
    }
  }
  if (newTrades.length > 0) trades.value = [...trades.value, ...newTrades].slice(-KEPT);
  if (newHappenings.length > 0) happenings.value = [...happenings.value, ...newHappenings].slice(-KEPT);
}

async function follow(head: Head): Promise<void> {
  if (busy) {
    again = head;
    return;
  }
  busy = true;
  try {
    let next: Head | null = head;
    while (next) {
      again = null;
      // What was read of blocks that are gone is forgotten: everything from the start, which is one request.
      const gone = lastHash !== null && last > 0 && (await replaced(next));
      if (gone || last === 0) {
        trades.value = [];
        happenings.value = [];
        const from = Math.max(deployment.value?.first ?? 0, next.number - BACK, 0);
        historyFrom.value = from;
        await read(from, next.number);
      } else if (next.number > last) {
        await read(last + 1, next.number);
      }
      last = next.number;
      lastHash = next.hash;
      next = again;
    }
  } catch (error) {
    // The node is away, which the state of the link says; the next head, or this one again, reads on from here.
    if (!(error instanceof Unreachable) && !(error instanceof RpcError)) throw error;
  } finally {
    busy = false;
  }
}

async function replaced(next: Head): Promise<boolean> {
  if (next.number === last + 1) return next.parent !== lastHash;
  if (next.number === last) return next.hash !== lastHash;
  if (next.number < last) return true;
  const known = await rpc.call<{ hash: Hex } | null>('eth_getBlockByNumber', [`0x${last.toString(16)}`, false]);
  return known?.hash !== lastHash;
}

export function followHistory(): void {
  onBlock.push((head, changed) => {
    if (head.hash === lastHash) return;
    if (!changed && !busy && last > 0 && head.number === last + 1 && head.parent === lastHash) {
      last = head.number;
      lastHash = head.hash;
    } else void follow(head); // also a block without logs: what came before it may not have been read
  });
}

/** The viewer's own trades, newest first. */
export const fills = computed(() => {
  const seat = viewer.value?.seat;
  if (seat === null || seat === undefined) return [];
  const mine = trades.value.filter((trade) => trade.taker === seat || trade.maker === seat).reverse();
  return [...mine, ...(earlier.value?.seat === seat ? earlier.value.fills.filter(before) : [])];
});

/** Marks and final prices in the order in which they were set, by month. */
const marksOf = computed(() => {
  const found = new Map<number, Happened[]>();
  for (const one of happenings.value) {
    if (one.name !== 'MarkSet' && one.name !== 'Finalised') continue;
    const instrument = Number(one.args['instrument']);
    found.set(instrument, [...(found.get(instrument) ?? []), one]);
  }
  return found;
});

/** The mark of a month that was in force where something happened, and since when; `null` if it is older than this history. */
export function markBefore(instrument: number, { block, log }: { block: number; log: number }): { ticks: number; time: number } | null {
  const set = marksOf.value.get(instrument)?.filter((one) => one.block < block || (one.block === block && one.log < log)).at(-1);
  return set ? { ticks: Number(set.args['mark'] ?? set.args['price']), time: set.time } : null;
}

/** Whether something happened before this page's own history begins: that alone is taken from the index. */
const before = ({ block }: { block: number }): boolean => block < (historyFrom.value ?? 0);

/** What happened to the viewer's account, newest first. */
export const ledgerRows = computed(() => {
  const seat = viewer.value?.seat;
  if (seat === null || seat === undefined) return [];
  const mine = ({ args }: Happened): boolean => [args['seat'], args['from'], args['to'], args['liquidator']].includes(seat);
  const past = earlier.value?.seat === seat ? earlier.value.settlements.filter(before) : [];
  return [...happenings.value.filter(mine).reverse(), ...past];
});

