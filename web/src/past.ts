// An account's whole history: the index's rows of the blocks before this page's own history begins, and that history from
// there on. The past does not change, so the index is asked for it once for an account, and again when this page's own
// history was read anew.

import { computed, effect, signal } from '@preact/signals';
import { deployment, rpc, snapshot, viewer } from './chain';
import { historyFrom, markBefore, own, ownFills, readings, type Fill } from './history';
import { get, indexState, type Envelope } from './indexed';
import { averageEntry, carried, fifoEntry, row, rowsOf, type CashKind, type Figures, type Row, type StepKind } from './ledger';
import { keep, listed } from './listed';
import type { Hex } from './rpc';
import { settings } from './settings';

/** Where a log stands: the index and the chain's own logs have the same numbers. */
interface Place { block: number; log: number; time: number; transaction: Hex }

interface RawFill extends Place {
  instrument: number; side: 'buy' | 'sell'; price_ticks: number; lots: number; taker_seat: number; maker_seat: number;
  taker_fee_atoms: string; maker_fee_atoms: string; liquidation: boolean;
}
interface RawSettlement extends Place { instrument: number; paid_points: string; unpaid_points: string; mark_ticks: number }
interface RawRow extends Place { kind: CashKind; amount_atoms: string; instrument: number | null; counter_seat: number | null }
interface RawStep extends Place {
  kind: StepKind; liquidator_seat: number | null; instrument: number | null; price_ticks: number | null; lots: number | null;
  amount_atoms: string | null; points: string | null;
}
interface RawPosition { instrument: number; net_lots: number; entry_points: string; fifo_entry_ticks: string | null; paid_atoms: string; fees_atoms: string }
interface RawInstrument { instrument: number; expiry_time: number; tick_size_atoms: number; tick_value_atoms: string; final_price_ticks: number | null }

/** A payment of variation, and the mark by which it was reckoned. */
export interface Payment {
  block: number; log: number; time: number; instrument: number; paid: bigint; unpaid: bigint; mark: number | null;
  /** When the mark was set, where this page has seen it. */
  marked: number | null;
}

/** The newest rows of a list of the index, newest first, and where the next page of it begins; `null` at its end. */
interface List<T> { items: T[]; next: string | null }

interface Past {
  seat: number; from: number; reading: number;
  ledger: List<Row>; steps: List<Row>; fills: List<Fill>; settlements: List<Payment>;
}

/**
 * What figures of positions are carried on from: the index's at a block, by instrument; their entries first in first out, in
 * ten-thousandths of a tick; and months with a final price, then or since.
 */
interface Base { seat: number; reading: number; block: number; positions: Map<number, Figures>; fifo: Map<number, bigint>; settled: Set<number> }

const past = signal<Past | null>(null);
const base = signal<Base | null>(null);

/** Rows that are read at once, beyond those that are known. */
const WANTED = 200;
/** Pages that are read at once at most: of an account of a hundred thousand rows in the blocks that this page reads itself. */
const PAGES = 100;

const at = ({ block, log, time, transaction }: Place): { block: number; log: number; time: number; tx: Hex } => ({ block, log, time, tx: transaction });
const atoms = (text: string | null): bigint | null => (text === null ? null : BigInt(text));

/** Goes on with a list, with rows of the blocks before `from` alone; `null` when the index does not answer. */
async function goOn<Raw extends Place, T>(path: string, from: number, list: List<T>, of: (raw: Raw) => T): Promise<List<T> | null> {
  const items = [...list.items];
  const wanted = items.length + WANTED;
  let next = list.next;
  for (let page = 0; next !== null && items.length < wanted && page < PAGES; page += 1) {
    const answer: Envelope<Raw[]> | null = await get<Raw[]>(`${path}${path.includes('?') ? '&' : '?'}limit=1000${next === '' ? '' : `&cursor=${encodeURIComponent(next)}`}`);
    if (!answer) return null;
    for (const raw of answer.data) if (raw.block < from) items.push(of(raw));
    next = answer.next ?? null;
  }
  return { items, next };
}

const fill = (raw: RawFill): Fill => ({
  ...at(raw), instrument: raw.instrument, buy: raw.side === 'buy', price: raw.price_ticks, lots: raw.lots, taker: raw.taker_seat, maker: raw.maker_seat,
  takerFee: BigInt(raw.taker_fee_atoms), makerFee: BigInt(raw.maker_fee_atoms), takeover: raw.liquidation,
});
const payment = (raw: RawSettlement): Payment => {
  const { block, log, time } = at(raw);
  return { block, log, time, instrument: raw.instrument, paid: BigInt(raw.paid_points), unpaid: BigInt(raw.unpaid_points), mark: raw.mark_ticks, marked: null };
};
const moved = (raw: RawRow): Row => row(at(raw), raw.kind, { atoms: BigInt(raw.amount_atoms), instrument: raw.instrument, other: raw.counter_seat });
const stepped = (raw: RawStep): Row => row(at(raw), raw.kind, {
  atoms: atoms(raw.amount_atoms), points: atoms(raw.points), instrument: raw.instrument, lots: raw.lots, price: raw.price_ticks, other: raw.liquidator_seat,
});

const EMPTY = { ledger: { items: [], next: '' }, steps: { items: [], next: '' }, fills: { items: [], next: '' }, settlements: { items: [], next: '' } };

/** Goes on with all lists of an account. */
async function lists({ seat, from, reading, ledger, steps, fills, settlements }: Past): Promise<Past | null> {
  const read = await Promise.all([
    goOn<RawRow, Row>(`accounts/${seat}/ledger`, from, ledger, moved), goOn<RawStep, Row>(`liquidations?seat=${seat}`, from, steps, stepped),
    goOn<RawFill, Fill>(`accounts/${seat}/fills`, from, fills, fill), goOn<RawSettlement, Payment>(`accounts/${seat}/settlements`, from, settlements, payment),
  ]);
  const [moves, taken, trades, payments] = read;
  return moves && taken && trades && payments ? { seat, from, reading, ledger: moves, steps: taken, fills: trades, settlements: payments } : null;
}

/** Whether a block that the index answers for is one of the chain that the node has. */
async function onChain({ block, block_hash: hash }: Envelope<unknown>): Promise<boolean> {
  const known = await rpc.call<{ hash: Hex } | null>('eth_getBlockByNumber', [`0x${block.toString(16)}`, false]).catch(() => null);
  return known?.hash === hash;
}

/** Reads months, lists and figures of an account; keeps nothing unless all of it is of the node's chain. */
async function read(seat: number, from: number, reading: number): Promise<void> {
  const account = await get<{ positions: RawPosition[] }>(`accounts/${seat}`);
  const months = await get<RawInstrument[]>('instruments');
  if (!months || !account || account.block < from - 1) return;
  const known = past.peek();
  const same = known && known.seat === seat && known.from === from && known.reading === reading;
  const found = same ? known : await lists({ seat, from, reading, ...EMPTY });
  if (!found || !(await onChain(account)) || viewer.peek()?.seat !== seat || readings.peek() !== reading) return;
  // The past has months in it that have left the curve.
  keep(months.data.map((raw) => [raw.instrument, { expiry: raw.expiry_time, tickSize: raw.tick_size_atoms, tickValue: Number(raw.tick_value_atoms) }]));
  past.value = found;
  base.value = {
    seat, reading, block: account.block, settled: new Set(months.data.filter((raw) => raw.final_price_ticks !== null).map((raw) => raw.instrument)),
    positions: new Map(account.data.positions.map((raw) => [raw.instrument, {
      net: BigInt(raw.net_lots), entry: BigInt(raw.entry_points), paid: BigInt(raw.paid_atoms), fees: BigInt(raw.fees_atoms),
    }])),
    fifo: new Map(account.data.positions.flatMap((raw) => (raw.fifo_entry_ticks === null ? [] : [[raw.instrument, BigInt(raw.fifo_entry_ticks.replace('.', ''))]]))),
  };
}

const reads = signal(false);
/** What was asked for last: not again, before the index has another block or something else is wanted. */
let tried = '';

/**
 * Has the index asked when the account or this page's own history is another one, and when it has not got as far as this
 * page's history begins. Nothing is asked while all is known: a page on which nothing happens asks for no past.
 */
export function followPast(): void {
  effect(() => {
    const seat = viewer.value?.seat ?? null;
    const [from, reading, index] = [historyFrom.value, readings.value, indexState.value];
    const lacking = lacks.value;
    if (seat === null || from === null || index.state === 'unknown' || index.state === 'absent' || index.block < from - 1) return;
    const known = past.peek();
    if (known && known.seat === seat && known.from === from && known.reading === reading && lacking === '') return;
    const asked = `${seat} ${from} ${reading} ${index.block} ${lacking}`;
    if (reads.value || tried === asked) return;
    tried = asked;
    reads.value = true;
    // What answers as no index does is none.
    void read(seat, from, reading).catch(() => undefined).then(() => { reads.value = false; });
  });
}

/** Reads what is older than the rows that are known, where there is more. */
export async function readOlder(): Promise<void> {
  const known = past.peek();
  const more = known && (await lists(known));
  if (more && past.peek() === known) past.value = more;
}

/** The past of the viewer's account, as far as it goes with this page's own history. */
const mine = computed((): Past | null => {
  const known = past.value;
  return known && known.seat === viewer.value?.seat && known.from === historyFrom.value ? known : null;
});

/** Whether this page's own history has all that ever happened to the viewer's account. */
const ownIsWhole = computed((): boolean => {
  const from = historyFrom.value;
  return from !== null && (from <= (deployment.value?.first ?? 0) || own.value.some(({ name }) => name === 'Opened'));
});

/** How far the lists reach: `whole` from the beginning, `more` when the index has older rows, `since` when nobody answers. */
export const reach = computed((): 'whole' | 'more' | 'since' => {
  if (ownIsWhole.value) return 'whole';
  const known = mine.value;
  if (!known) return 'since';
  return [known.ledger, known.steps, known.fills, known.settlements].every(({ next }) => next === null) ? 'whole' : 'more';
});

const value = (instrument: number): number | undefined => listed(instrument)?.tickValue;

/** The viewer's own trades, newest first. */
export const fills = computed((): Fill[] => [...ownFills.value, ...(mine.value?.fills.items ?? [])]);

/** Payments of variation to and by the viewer's account, newest first. */
export const payments = computed((): Payment[] => {
  const seat = viewer.value?.seat;
  const lately = own.value.filter(({ name, args }) => name === 'Settled' && args['seat'] === seat).map(({ block, log, time, args }): Payment => {
    const instrument = Number(args['instrument']);
    const mark = markBefore(instrument, { block, log });
    return { block, log, time, instrument, paid: BigInt(String(args['paid'])), unpaid: BigInt(String(args['unpaid'])), mark: mark?.ticks ?? null, marked: mark?.time ?? null };
  });
  return [...lately.reverse(), ...(mine.value?.settlements.items ?? [])];
});

/** Every change of the viewer's cash, once, and the steps of liquidations, newest first. */
export const ledger = computed((): Row[] => {
  const seat = viewer.value?.seat;
  if (seat === null || seat === undefined) return [];
  const lately = own.value.flatMap((told) => rowsOf(told, seat, value)).reverse();
  const known = mine.value;
  if (!known) return lately;
  const took = known.fills.items.filter((one) => one.takeover && one.taker === seat).map((one) => row(one, 'took_over', { instrument: one.instrument, lots: one.lots, price: one.price, other: one.maker }));
  // Lists are read in pages: what is older than the end of one of them waits, so that no row is missing between others.
  const ends = [known.ledger, known.steps, known.fills].filter(({ next }) => next !== null).map(({ items }) => items.at(-1)?.block ?? known.from);
  const end = Math.max(-1, ...ends);
  const before = [...known.ledger.items, ...known.steps.items, ...took].filter(({ block }) => block > end);
  return [...lately, ...before.sort((a, b) => b.block - a.block || b.log - a.log)];
});

/** What the viewer's positions have paid, by instrument; one of which not all is known is left out. */
export const figures = computed((): Map<number, Figures> => {
  const seat = viewer.value?.seat;
  if (seat === null || seat === undefined) return new Map();
  if (ownIsWhole.value) return carried(new Map(), true, own.value, seat, value, new Set());
  const known = base.value;
  if (!known || known.seat !== seat || known.reading !== readings.value || known.block < (historyFrom.value ?? 0) - 1) return new Map();
  const since = own.value.filter(({ block }) => block > known.block);
  const later = new Set(since.filter(({ name }) => name === 'Finalised').map(({ args }) => Number(args['instrument'])));
  return carried(known.positions, false, since, seat, value, new Set([...known.settled].filter((instrument) => !later.has(instrument))));
});

/**
 * Entries first in first out by instrument, in ten-thousandths of a tick: of the trades that are known, as far as they make
 * up the open lots; otherwise the index's, as long as nothing was traded since.
 */
const fifoEntries = computed((): Map<number, bigint> => {
  const seat = viewer.value?.seat;
  if (seat === null || seat === undefined) return new Map();
  const [all, lately, known] = [fills.value, ownFills.value, base.value];
  const found = new Map<number, bigint>();
  for (const [instrument, { net }] of figures.value) {
    const told = known?.seat === seat && !lately.some((one) => one.instrument === instrument && one.block > known.block) ? known.fifo.get(instrument) : undefined;
    const entry = fifoEntry(all, seat, instrument, net) ?? (net === 0n ? undefined : told);
    if (entry !== undefined) found.set(instrument, entry);
  }
  return found;
});

/** The entry price of a position by the method that is chosen, in ten-thousandths of a tick; `null` where it is not known. */
export function entryPrice(instrument: number): bigint | null {
  const known = figures.value.get(instrument);
  if (!known) return null;
  return settings.value.entry === 'fifo' ? fifoEntries.value.get(instrument) ?? null : averageEntry(known);
}

/** Positions that are held and of which the figures are not known: the index is asked again for these. */
const lacks = computed((): string => {
  const account = snapshot.value?.account;
  if (!account || account.seat !== viewer.value?.seat || ownIsWhole.value) return '';
  return account.positions.filter((one) => one.net_lots !== 0 && !figures.value.has(one.instrument)).map((one) => one.instrument).join();
});
