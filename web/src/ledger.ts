// What moves an account's cash, what its liquidation does to it, and what a position has paid: from events, by the
// definitions of the index (docs/book/src/figures.md), so that both say the same. Pure, so that tests of it need no page.

import type { Hex } from './rpc';

/** An event as it was emitted. */
export interface Happened { block: number; log: number; time: number; tx: Hex; name: string; args: Record<string, unknown> }

/** Changes of cash, by the names that the index has for them. */
export const CASH = [
  'deposit', 'withdrawal', 'transfer_in', 'transfer_out', 'variation', 'taker_fee', 'maker_fee', 'rebate', 'settlement_fee', 'trigger_fee_paid',
  'trigger_fee_earned', 'reward',
] as const;
export type CashKind = (typeof CASH)[number];

/** What else happened: steps of a liquidation as the index names them, the liquidator's side of one, and delegates. */
export type StepKind =
  | 'margin_call' | 'started' | 'taken_over' | 'ended' | 'deficit' | 'covered' | 'bridged' | 'offset' | 'written_off' | 'haircut'
  | 'took_over' | 'delegate';

/** A line of the ledger. `atoms` moved the cash when `cash`, and otherwise say how much it was about. */
export interface Row {
  block: number; log: number; time: number; tx: Hex; kind: CashKind | StepKind; cash: boolean;
  /** `null` where there are none, or where nobody has told what a tick of the month is worth. */
  atoms: bigint | null;
  points: bigint | null; instrument: number | null; lots: number | null; price: number | null;
  /** The other account, where there is one. */
  other: number | null;
}

/** Quote atoms that a tick of a lot of a month is worth; `undefined` where nobody has told. */
export type Value = (instrument: number) => number | undefined;

const isCash = (kind: string): kind is CashKind => (CASH as readonly string[]).includes(kind);

/** A row of so much. */
export function row(place: Pick<Row, 'block' | 'log' | 'time' | 'tx'>, kind: CashKind | StepKind, about: Partial<Row> = {}): Row {
  const { block, log, time, tx } = place;
  return { block, log, time, tx, kind, cash: isCash(kind), atoms: null, points: null, instrument: null, lots: null, price: null, other: null, ...about };
}

/** What an event tells of an account: a row for each change of its cash and each step of its liquidation. */
export function rowsOf(told: Happened, seat: number, value: Value): Row[] {
  const { name, args } = told;
  const amount = (field: string): bigint => BigInt(String(args[field] ?? 0));
  const number = (field: string): number => Number(args[field]);
  const instrument = args['instrument'] === undefined ? null : number('instrument');
  const moved = (kind: CashKind, atoms: bigint, about: Partial<Row> = {}): Row[] => (atoms === 0n ? [] : [row(told, kind, { atoms, instrument, ...about })]);
  const mine = (field: string): boolean => args[field] === seat;
  switch (name) {
    case 'Filled': return [
      ...(mine('taker') ? moved('taker_fee', -amount('taker_fee'), { other: number('maker') }) : []),
      ...(mine('maker') ? moved('maker_fee', -amount('maker_fee'), { other: number('taker') }) : []),
    ];
    case 'Transferred': return [
      ...(mine('from') ? moved('transfer_out', -amount('amount'), { other: number('to') }) : []),
      ...(mine('to') ? moved('transfer_in', amount('amount'), { other: number('from') }) : []),
    ];
    case 'Triggered':
      // Who executes their own trigger pays nobody: the event tells what somebody else would have got.
      if (args['keeper'] === args['seat']) return [];
      return [
        ...(mine('seat') ? moved('trigger_fee_paid', -amount('fee'), { other: number('keeper') }) : []),
        ...(mine('keeper') ? moved('trigger_fee_earned', amount('fee'), { other: number('seat') }) : []),
      ];
    case 'Liquidated': {
      const about = { instrument, lots: number('lots'), price: number('price') };
      return [
        ...(mine('seat') ? [row(told, 'taken_over', { ...about, other: number('liquidator') })] : []),
        ...(mine('liquidator') ? [row(told, 'took_over', { ...about, other: number('seat') })] : []),
      ];
    }
    default:
  }
  if (!mine('seat')) return [];
  switch (name) {
    case 'Deposited': return moved('deposit', amount('amount'));
    case 'Withdrawn': return moved('withdrawal', -amount('amount'));
    case 'Rewarded': return moved('reward', amount('amount'));
    case 'Rebated': return moved('rebate', amount('amount'));
    case 'SettlementFee': return moved('settlement_fee', -amount('amount'));
    case 'Settled': {
      const points = amount('paid');
      const worth = value(instrument ?? 0);
      return points === 0n ? [] : [row(told, 'variation', { points, instrument, atoms: worth === undefined ? null : points * BigInt(worth) })];
    }
    case 'MarginCall': return [row(told, 'margin_call', { atoms: amount('shortfall') })];
    case 'LiquidationStarted': return [row(told, 'started')];
    case 'LiquidationEnded': return [row(told, 'ended')];
    case 'DeficitReported': return [row(told, 'deficit', { atoms: amount('deficit') })];
    case 'Covered': return [row(told, 'covered', { atoms: amount('amount'), instrument })];
    case 'Bridged': return [row(told, 'bridged', { atoms: amount('amount'), instrument: number('debt') })];
    case 'Offset': return [row(told, 'offset', { atoms: amount('amount'), instrument: number('debt') })];
    case 'WrittenOff': return [row(told, 'written_off', { points: amount('points'), instrument })];
    case 'Haircut': return [row(told, 'haircut', { points: amount('lost'), instrument })];
    case 'DelegateSet': return [row(told, 'delegate', { lots: number('max_lots') })];
    default: return [];
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// What a position has paid

/** Of one position: net lots, cost of the open lots in points by the average method, variation paid and fees in atoms. */
export interface Figures { net: bigint; entry: bigint; paid: bigint; fees: bigint }

const FLAT: Figures = { net: 0n, entry: 0n, paid: 0n, fees: 0n };

const size = (number: bigint): bigint => (number < 0n ? -number : number);

/** Figures after a trade of so many lots, below zero when they were sold, at a price: the part that stays is rounded down. */
function traded(before: Figures, change: bigint, price: bigint, fee: bigint): Figures {
  const net = before.net + change;
  const same = (a: bigint, b: bigint): boolean => a > 0n === b > 0n;
  const entry = before.net === 0n || same(before.net, change)
    ? before.entry + size(change) * price
    : net === 0n ? 0n
      : same(net, before.net) ? (before.entry * size(net)) / size(before.net) : size(net) * price;
  return { net, entry, paid: before.paid, fees: before.fees + fee };
}

/**
 * Figures of an account's positions, carried on by what happened since. A position that `known` lacks begins flat when all
 * of the account is known (`whole`), and is left out otherwise: it may have had a past.
 */
export function carried(known: ReadonlyMap<number, Figures>, whole: boolean, since: readonly Happened[], seat: number, value: Value, settled: ReadonlySet<number>): Map<number, Figures> {
  const figures = new Map(known);
  const over = new Set(settled);
  const unknown = new Set<number>();
  const become = (instrument: number, change: (before: Figures) => Figures): void => {
    const before = figures.get(instrument) ?? (whole ? FLAT : undefined);
    if (before && !unknown.has(instrument)) figures.set(instrument, change(before));
    else unknown.add(instrument);
  };
  const closed = (instrument: number, before: Figures): Figures => (over.has(instrument) ? { ...before, net: 0n, entry: 0n } : before);
  for (const { name, args } of since) {
    const instrument = Number(args['instrument']);
    const amount = (field: string): bigint => BigInt(String(args[field] ?? 0));
    const leg = (buys: boolean, fee: bigint): void => become(instrument, (before) => traded(before, buys ? amount('lots') : -amount('lots'), amount('price'), fee));
    switch (name) {
      case 'Filled':
        if (args['taker'] === seat) leg(args['buy'] === true, amount('taker_fee'));
        if (args['maker'] === seat) leg(args['buy'] !== true, amount('maker_fee'));
        break;
      case 'Liquidated':
        if (args['seat'] === seat) leg(args['buy'] === true, 0n);
        if (args['liquidator'] === seat) leg(args['buy'] !== true, 0n);
        break;
      case 'Finalised': over.add(instrument); break;
      case 'Rebated':
        if (args['seat'] === seat) become(instrument, (before) => ({ ...before, fees: before.fees - amount('amount') }));
        break;
      case 'SettlementFee':
        if (args['seat'] === seat) become(instrument, (before) => ({ ...closed(instrument, before), fees: before.fees + amount('amount') }));
        break;
      case 'Settled': {
        if (args['seat'] !== seat) break;
        const worth = value(instrument);
        if (worth === undefined) unknown.add(instrument);
        else become(instrument, (before) => ({ ...closed(instrument, before), paid: before.paid + amount('paid') * BigInt(worth) }));
        break;
      }
      default:
    }
  }
  for (const instrument of unknown) figures.delete(instrument);
  return figures;
}

/** `entry / net` in ten-thousandths of a tick, half away from zero; `null` when nothing is held. */
export function averageEntry({ net, entry }: Figures): bigint | null {
  return net === 0n ? null : (2n * entry * 10_000n + size(net)) / (2n * size(net));
}

/** A trade, as far as an entry price needs it. */
interface Traded { instrument: number; buy: boolean; price: number; lots: number; taker: number }

/**
 * The entry price of the open lots when the oldest are closed first, in ten-thousandths of a tick, half away from zero: the
 * average price of the newest trades in the position's direction. `null` when nothing is held, and where the trades that
 * are known, newest first, do not reach back far enough.
 */
export function fifoEntry(trades: Iterable<Traded>, seat: number, instrument: number, net: bigint): bigint | null {
  let [left, entry] = [size(net), 0n];
  for (const { instrument: of, buy, price, lots, taker } of trades) {
    if (left === 0n) break;
    const bought = buy === (taker === seat);
    if (of !== instrument || bought !== net > 0n) continue;
    const taken = BigInt(lots) < left ? BigInt(lots) : left;
    entry += taken * BigInt(price);
    left -= taken;
  }
  return left > 0n ? null : averageEntry({ ...FLAT, net, entry });
}
