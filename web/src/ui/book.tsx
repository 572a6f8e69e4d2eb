// The order book of a month, its depth, and the last trades.

import { signal } from '@preact/signals';
import { count, percent, plain, price } from '../amounts';
import { snapshot, viewer } from '../chain';
import { timeOfDay } from '../clock';
import { takeovers, trades, type Fill } from '../history';
import { draft, fill } from '../ticket';
import type { Level } from '../types';
import { Panel, Segments, shownMonth, Tabs } from './parts';

const group = signal<1 | 5 | 10>(1);
const shown = signal<'book' | 'trades'>('book');
/** Levels of a side that are drawn: so many fit beside the chart, or all of a deep book. */
const FEW = 11;
const MANY = 20;
const depth = signal(FEW);

/** Levels of `size` ticks together: bids downwards, asks upwards, so that none looks better than it is. */
export function grouped(levels: Level[], size: number, up: boolean): Level[] {
  if (size === 1) return levels;
  const found: Level[] = [];
  for (const [ticks, lots, orders, own] of levels) {
    const step = up ? Math.ceil(ticks / size) * size : Math.floor(ticks / size) * size;
    const last = found[found.length - 1];
    if (last && last[0] === step) {
      last[1] += lots;
      last[2] += orders;
      last[3] += own;
    } else {
      found.push([step, lots, orders, own]);
    }
  }
  return found;
}

function take(ticks: number, size: number): void {
  fill({ price: plain(price(ticks, size)), ...(draft.value.kind === 'market' ? { kind: 'limit' as const } : {}) });
}

export function BookPanel() {
  const month = shownMonth();
  const head = (
    <>
      <Tabs label="Book or trades" tabs={[['book', 'Book'], ['trades', 'Trades']] as const} value={shown.value} onChange={(value) => (shown.value = value)} />
      {shown.value === 'book' && <span class="grow" />}
      {shown.value === 'book' && <Segments class="compact" label="Ticks of a level" value={group.value} options={[[1, '×1'], [5, '×5'], [10, '×10']] as const} onChange={(value) => (group.value = value)} />}
    </>
  );
  return (
    <Panel id="book" class="book" head={head} live bare>
      <h2 class="visually-hidden">Order book</h2>
      <div class="rows">{month && (shown.value === 'book' ? <Book /> : <Trades />)}</div>
    </Panel>
  );
}

function Book() {
  const month = shownMonth();
  const book = snapshot.value?.book;
  if (!month || !book) return <p class="nothing">No book yet.</p>;
  const size = month.tick_size_atoms;
  const bids = grouped(book.bids, group.value, false).slice(0, depth.value);
  const asks = grouped(book.asks, group.value, true).slice(0, depth.value);
  const sum = (levels: Level[]): number => levels.reduce((total, [, lots]) => total + lots, 0);
  const most = Math.max(1, sum(bids), sum(asks));
  const [bid, ask] = [book.bids[0]?.[0], book.asks[0]?.[0]];
  const between = bid !== undefined && ask !== undefined ? ask - bid : null;
  const rows = (levels: Level[], reversed: boolean): { level: Level; total: number }[] => {
    let total = 0;
    const all = levels.map((level) => ({ level, total: (total += level[1]) }));
    return reversed ? all.reverse() : all;
  };
  const line = ({ level, total }: { level: Level; total: number }, side: 'buy' | 'sell') => {
    const [ticks, lots, orders, own] = level;
    return (
      <tr key={ticks}>
        <td><span class="bar" style={{ width: `${(100 * total) / most}%` }} /><button type="button" class={`over ${side}`} aria-label={`${side === 'buy' ? 'Bid' : 'Ask'} ${price(ticks, size)}: put into the ticket`} onClick={() => take(ticks, size)}>{price(ticks, size)}</button></td>
        <td><span class="over" title={`${orders} orders`}>{own > 0 && <span class="mine" title={`${own} lots are yours`}>◂{count(own)} </span>}{count(lots)}</span></td>
        <td><span class="over muted">{count(total)}</span></td>
      </tr>
    );
  };
  const pad = (number: number, key: string) => Array.from({ length: Math.max(0, number) }, (_, place) => <tr key={`${key}${place}`} class="empty" aria-hidden="true"><td colSpan={3} /></tr>);
  return (
    <>
      <table>
        <caption class="visually-hidden">Order book of the month, asks above bids</caption>
        <thead><tr><th scope="col">Price, USD</th><th scope="col">Lots</th><th scope="col">Sum</th></tr></thead>
        <tbody class="asks">{pad(depth.value - asks.length, 'a')}{rows(asks, true).map((row) => line(row, 'sell'))}</tbody>
        <tbody><tr class="middle"><td colSpan={3}><span class="spread"><span id="spread">{between === null ? 'One side is empty' : `Spread ${between} ticks`}</span><span class="muted">{between !== null && bid !== undefined && ask !== undefined ? percent(Math.round((between * 20_000) / (bid + ask))) : ''}</span></span></td></tr></tbody>
        <tbody class="bids">{rows(bids, false).map((row) => line(row, 'buy'))}{pad(depth.value - bids.length, 'b')}</tbody>
      </table>
      <p class="row foot-row"><button type="button" class="button small" id="more-levels" aria-pressed={depth.value === MANY} onClick={() => (depth.value = depth.value === MANY ? FEW : MANY)}>{MANY} levels a side</button></p>
      <Depth bids={book.bids} asks={book.asks} size={size} />
    </>
  );
}

/** Lots that stand up to each price, as two staircases. */
function Depth({ bids, asks, size }: { bids: Level[]; asks: Level[]; size: number }) {
  const low = bids[bids.length - 1]?.[0] ?? bids[0]?.[0];
  const high = asks[asks.length - 1]?.[0] ?? asks[0]?.[0];
  const left = low ?? asks[0]?.[0];
  const right = high ?? bids[0]?.[0];
  if (left === undefined || right === undefined) return null;
  const width = Math.max(1, right - left);
  const steps = (levels: Level[]): [number, number][] => {
    let total = 0;
    return levels.map(([ticks, lots]) => [ticks, (total += lots)]);
  };
  const [down, up] = [steps(bids), steps(asks)];
  const most = Math.max(1, down[down.length - 1]?.[1] ?? 0, up[up.length - 1]?.[1] ?? 0);
  const x = (ticks: number): string => ((100 * (ticks - left)) / width).toFixed(2);
  const y = (lots: number): string => (40 - (38 * lots) / most).toFixed(2);
  const path = (points: [number, number][], to: number): string => {
    const [first] = points;
    if (!first) return '';
    return `M${x(first[0])} 40${points.map(([ticks, lots]) => `H${x(ticks)}V${y(lots)}`).join('')}H${x(to)}V40Z`;
  };
  return (
    <svg class="depth" viewBox="0 0 100 40" preserveAspectRatio="none" role="img" aria-label={`Depth: ${down[down.length - 1]?.[1] ?? 0} lots bid down to ${price(left, size)}, ${up[up.length - 1]?.[1] ?? 0} lots offered up to ${price(right, size)}`}>
      <path d={path(down, left)} fill="var(--buy-fill)" stroke="var(--buy)" stroke-width="1" vector-effect="non-scaling-stroke" />
      <path d={path(up, right)} fill="var(--sell-fill)" stroke="var(--sell)" stroke-width="1" vector-effect="non-scaling-stroke" />
    </svg>
  );
}

/** Trades that are listed. */
const LAST = 26;

/** The last trades of a month, newest first: those of the book, and takeovers of liquidated positions. */
function lastOf(instrument: number): Fill[] {
  const of = <T extends { instrument: number }>(all: T[]): T[] => all.filter((one) => one.instrument === instrument).slice(-LAST);
  const found = [...of(trades.value).map((trade) => ({ ...trade, takeover: false })), ...of(takeovers.value)];
  return found.sort((a, b) => b.block - a.block || b.log - a.log).slice(0, LAST);
}

function Trades() {
  const month = shownMonth();
  if (!month) return null;
  const seat = viewer.value?.seat;
  const mine = lastOf(month.instrument);
  if (mine.length === 0) return <p class="nothing">Nobody has traded this month lately.</p>;
  return (
    <table>
      <thead><tr><th scope="col">Price, USD</th><th scope="col">Lots</th><th scope="col">Time, UTC</th></tr></thead>
      <tbody>
        {mine.map((trade) => (
          <tr key={`${trade.block}.${trade.log}`}>
            <td class={trade.buy ? 'buy' : 'sell'}>{trade.buy ? '▲' : '▼'} {price(trade.price, month.tick_size_atoms)}</td>
            <td>{(trade.taker === seat || trade.maker === seat) && <span class="mine">◂ </span>}{count(trade.lots)}{trade.takeover && <span class="tag" title="Lots of an account in liquidation, taken over at the auction’s price"> liq.</span>}</td>
            <td class="muted">{timeOfDay(trade.time)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
