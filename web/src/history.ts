// Trades, marks and what happened to the account, from the chain's own logs: lately, and live. What is older comes from
// the index, where one answers (`past.ts`).

import { batch, computed, signal } from '@preact/signals';
import { decodeEventLog, encodeEventTopics } from 'viem';
import { clearing as abi } from './abi';
import { deployment, onBlock, rpc, viewer } from './chain';
import type { Happened } from './ledger';
import { logsOf, type RawLog } from './logs';
import { RpcError, Unreachable, type Head, type Hex } from './rpc';

export interface Trade {
  block: number; log: number; time: number; tx: Hex; instrument: number; buy: boolean; price: number; lots: number;
  taker: number; maker: number; takerFee: bigint; makerFee: bigint;
}

/** A trade of an account: of the book, or the takeover of a liquidated position, in which the liquidator takes. */
export interface Fill extends Trade { takeover: boolean }

/** Blocks that are read when the page opens. */
const BACK = 3_000;
/** Events that are kept of all accounts; twice as many are held before the older ones go. */
const KEPT = 6_000;

/** Events that are kept: what changes money, marks and rights. Orders that rest and go are in the book itself. */
const NAMES = [
  'Filled', 'MarkSet', 'Settled', 'Finalised', 'Opened', 'Deposited', 'Withdrawn', 'Transferred', 'SettlementFee', 'Rebated', 'Rewarded', 'Liquidated',
  'LiquidationStarted', 'LiquidationEnded', 'MarginCall', 'DeficitReported', 'Covered', 'Bridged', 'Offset', 'WrittenOff', 'Haircut', 'Triggered',
  'DelegateSet', 'Halted', 'Guarded',
] as const;

/** Trades of the book, oldest first. */
export const trades = signal<Trade[]>([]);
/** Everything that is kept, trades too, oldest first. */
export const happenings = signal<Happened[]>([]);
/** The first block of which all is kept here. */
export const historyFrom = signal<number | null>(null);
/** How often all was read anew: what goes with it has to be read again, too. */
export const readings = signal(0);

let last = 0;
let lastHash: Hex | null = null;
let busy = false;
let again: Head | null = null;

// An error may have an event's name.
const events = abi.filter((item) => item.type === 'event');
const topics: Hex[] = NAMES.map((eventName) => encodeEventTopics({ abi: events, eventName })[0] as Hex);

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
  const found = await logsOf(deployment.value?.clearing as Hex, [topics], from, to);
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
    }
    newHappenings.push({ ...common, name: event.eventName, args: event.args as Record<string, unknown> });
  }
  batch(() => {
    if (newTrades.length > 0) trades.value = [...trades.value, ...newTrades];
    if (newHappenings.length > 0) happenings.value = [...happenings.value, ...newHappenings];
    shorten();
  });
}

/** Lets old blocks go, whole ones: what is shown as the history since a block has no gap after it. */
function shorten(): void {
  const all = happenings.peek();
  const first = all.length > 2 * KEPT ? all[all.length - KEPT]?.block : undefined;
  if (first === undefined) return;
  happenings.value = all.filter(({ block }) => block >= first);
  trades.value = trades.peek().filter(({ block }) => block >= first);
  historyFrom.value = first;
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
        const from = Math.max(deployment.value?.first ?? 0, next.number - BACK, 0);
        batch(() => {
          trades.value = [];
          happenings.value = [];
          historyFrom.value = from;
          readings.value += 1;
        });
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

/** What touched the viewer's account, oldest first; months get their final prices between. */
export const own = computed((): Happened[] => {
  const seat = viewer.value?.seat;
  if (seat === null || seat === undefined) return [];
  return happenings.value.filter(({ name, args }) => name === 'Finalised' || PARTIES.some((party) => args[party] === seat));
});
const PARTIES = ['seat', 'from', 'to', 'liquidator', 'keeper', 'taker', 'maker'] as const;

/** The takeover of a liquidated position, by its event. */
const takeoverOf = ({ block, log, time, tx, args }: Happened): Fill => ({
  block, log, time, tx, instrument: Number(args['instrument']), price: Number(args['price']), lots: Number(args['lots']), buy: args['buy'] !== true,
  taker: Number(args['liquidator']), maker: Number(args['seat']), takerFee: 0n, makerFee: 0n, takeover: true,
});

/** Takeovers of liquidated positions, oldest first. */
export const takeovers = computed((): Fill[] => happenings.value.filter(({ name }) => name === 'Liquidated').map(takeoverOf));

/** The viewer's own trades since this history begins, newest first. */
export const ownFills = computed((): Fill[] => {
  const found: Fill[] = [];
  for (const told of own.value) {
    const { block, log, time, tx, name, args } = told;
    if (name === 'Filled') {
      const [instrument, price, lots] = [Number(args['instrument']), Number(args['price']), Number(args['lots'])];
      found.push({
        block, log, time, tx, instrument, price, lots, buy: args['buy'] === true, taker: Number(args['taker']), maker: Number(args['maker']),
        takerFee: args['taker_fee'] as bigint, makerFee: args['maker_fee'] as bigint, takeover: false,
      });
    } else if (name === 'Liquidated') {
      found.push(takeoverOf(told));
    }
  }
  return found.reverse();
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
