// The account below the chart: margin, positions, orders, triggers, and what has happened.

import { effect, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { count, decimal, dot, parseDecimal, plain, price, ratioBps, signed, tokens, usd } from '../amounts';
import { ask, select, snapshot, tick, viewer } from '../chain';
import { dateOf, monthName, utc } from '../clock';
import { fills, historyFrom, ledgerRows, markBefore, trades, type Happened } from '../history';
import { entries, indexState, statementUrl } from '../indexed';
import { listed } from '../listed';
import { split, type Cost } from '../cost';
import { clearingCall, estimate, send, sent, sentenceOf, trader, type State } from '../send';
import { draft, EMPTY } from '../ticket';
import { isRefusal, type Health, type Month, type Order, type Position, type Preview, type WhatIf } from '../types';
import { Dialog, monthOf, months, nameOf, Panel, SideWord, Tabs } from './parts';
import { CostBlock, depositWords, PreviewBlock } from './ticket';

type Tab = 'positions' | 'orders' | 'triggers' | 'fills' | 'settlements' | 'ledger' | 'transactions';
const tab = signal<Tab>('positions');

export function AccountPanel() {
  const known = snapshot.value;
  const account = known?.account;
  const open = sent.value.filter((one) => one.state !== 'final' && one.state !== 'failed').length;
  const number = (amount: number | undefined): string => (amount ? ` ${amount}` : '');
  const tabs = [
    ['positions', `Positions${number(account?.positions.filter((one) => one.net_lots !== 0).length)}`],
    ['orders', `Orders${number(known?.orders.length)}`],
    ['triggers', `Triggers${number(account?.triggers.length)}`],
    ['fills', 'Fills'], ['settlements', 'Settlements'], ['ledger', 'Ledger'], ['transactions', `Transactions${number(open)}`],
  ] as const;
  return (
    <Panel id="account" class="account" head={<Tabs<Tab> label="Account" tabs={tabs} value={tab.value} onChange={(value) => (tab.value = value)} />} live bare>
      <h2 class="visually-hidden">Account</h2>
      <div class="rows">
        {account && !isRefusal(account.standing) && <Margin health={account.standing.health} seat={account.seat} liquidationSince={account.liquidation_since} />}
        {!account && tab.value !== 'transactions' ? <p class="nothing">{viewer.value ? 'This address has no account yet: open one in the ticket.' : 'Connect to see your account.'}</p> : <Rows tab={tab.value} />}
      </div>
    </Panel>
  );
}

function Rows({ tab: shown }: { tab: Tab }) {
  switch (shown) {
    case 'positions': return <Positions />;
    case 'orders': return <Orders />;
    case 'triggers': return <TriggersTable />;
    case 'fills': return <Fills />;
    case 'settlements': return <Settlements />;
    case 'ledger': return <LedgerTable />;
    case 'transactions': return <Transactions />;
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Margin

const shift = signal(0);
const supposed = signal<Health | null>(null);

export function followWhatIf(): void {
  let asked = 0;
  effect(() => {
    const seat = snapshot.value?.account?.seat;
    const by = shift.value;
    asked += 1;
    const number = asked;
    if (seat === undefined || by === 0) {
      supposed.value = null;
      return;
    }
    void ask<WhatIf>({ do: 'whatif', seat, shifts_bps: [by * 100] }).then((answer) => {
      const first = answer[0];
      if (number === asked && first && !isRefusal(first.health)) supposed.value = first.health;
    }).catch(() => undefined);
  });
}

function Margin({ health: now, seat, liquidationSince }: { health: Health; seat: number; liquidationSince: number }) {
  const health = supposed.value ?? now;
  const [equity, initial, maintenance, initialEquity] = [health.equity_atoms, health.initial_atoms, health.maintenance_atoms, health.initial_equity_atoms].map(BigInt) as [bigint, bigint, bigint, bigint];
  const whole = [equity, initial, maintenance, 1n].reduce((a, b) => (a > b ? a : b));
  const part = (amount: bigint): number => (amount <= 0n ? 0 : Number((amount * 1000n) / whole) / 10);
  const used = ratioBps(maintenance, equity > 0n ? equity : 1n) ?? 0;
  const level = !health.meets_maintenance ? 'low' : !health.meets_initial ? 'mid' : '';
  const words = !health.meets_maintenance ? 'Below maintenance margin: anyone may liquidate it' : !health.meets_initial ? 'Below initial margin: it may only reduce' : 'Meets its margin';
  return (
    <div class="margin" id="margin">
      {liquidationSince > 0 && <p class="refusal" role="alert" id="liquidation">In liquidation since {utc(liquidationSince, true)}: its orders are gone and its positions are offered. A deposit that restores its margin ends it.</p>}
      <dl class="amounts">
        <Amount term="Equity" exact={equity}>{usd(equity)}</Amount>
        <Amount term="Free collateral" exact={initialEquity - initial}>{usd(initialEquity - initial)}</Amount>
        <Amount term="Initial margin" exact={initial}>{usd(initial)}</Amount>
        <Amount term="Maintenance margin" exact={maintenance}>{usd(maintenance)}</Amount>
        <Amount term="Margin used">{equity > 0n ? `${decimal(BigInt(used), 2, 1)} %` : '–'}</Amount>
        <Amount term="Positions’ value">{usd(health.notional_atoms)}</Amount>
        <Amount term="Seat">{seat}</Amount>
      </dl>
      <div class="meter" role="img" aria-label={`${words}. Equity ${usd(equity)}, initial margin ${usd(initial)}, maintenance margin ${usd(maintenance)} USD.`}>
        <span class={`fill ${level}`} style={{ width: `${part(equity)}%` }} />
        <span class="mark" style={{ left: `${part(maintenance)}%` }} />
        <span class="mark" style={{ left: `${part(initial)}%` }} />
      </div>
      <div class="whatif">
        <label for="what-if">What if all marks moved by</label>
        <input id="what-if" type="range" min="-50" max="50" step="1" value={shift.value} aria-valuetext={`${shift.value} per cent`} onInput={(event) => (shift.value = Number(event.currentTarget.value))} />
        <span><strong>{shift.value > 0 ? '+' : ''}{shift.value} %</strong> <span class={level === 'low' ? 'bad' : level === 'mid' ? 'warn' : 'muted'}>{words}{shift.value === 0 ? '' : ', supposed'}</span> {shift.value !== 0 && <button type="button" class="button small" onClick={() => (shift.value = 0)}>Now</button>}</span>
      </div>
    </div>
  );
}

/** An amount of the account; the exact one, to the atom, when it is pointed at. */
function Amount({ term, exact, children }: { term: string; exact?: bigint; children: unknown }) {
  return <div class="fact"><dt>{term}</dt><dd title={exact === undefined ? undefined : `${usd(exact, 6)} USD`}>{children as string}</dd></div>;
}

// ---------------------------------------------------------------------------------------------------------------------
// Positions

/** What closing now would give: by the engine, on the book that is shown, fees included; own orders in the way go first. */
type Closing = { atoms: bigint; lots: number } | { why: string };
const closings = signal<Map<number, Closing>>(new Map());

export function followClosings(): void {
  let asked = 0;
  effect(() => {
    const account = snapshot.value?.account;
    const now = snapshot.value?.time;
    asked += 1;
    const number = asked;
    const held = account?.positions.filter((one) => one.net_lots !== 0 && !one.settled) ?? [];
    if (!account || !now || held.length === 0) {
      closings.value = new Map();
      return;
    }
    void Promise.all(held.map(async (one): Promise<[number, Closing]> => {
      const month = monthOf(one.instrument);
      if (!month) return [one.instrument, { why: 'It has left the curve.' }];
      const buys = one.net_lots < 0;
      const order = [account.seat, one.instrument, buys, buys ? month.high_ticks : month.low_ticks, Math.abs(one.net_lots), 5, 1, true, 0, 0];
      const said = await ask<Preview>({ do: 'preview', seat: account.seat, caller: account.owner, now, contract: 'clearing', message: 'place', arguments: [order] });
      if (isRefusal(said.outcome)) return [one.instrument, { why: said.outcome.sentence }];
      let [points, fee, lots] = [0n, 0n, 0];
      for (const { name, fields } of said.events) {
        if (name !== 'Filled' || fields['taker'] !== account.seat) continue;
        points += (buys ? -1n : 1n) * BigInt(fields['lots'] as number) * BigInt(fields['price'] as number);
        fee += BigInt(fields['taker_fee'] as number);
        lots += Number(fields['lots']);
      }
      // What trading gives beyond the basis of the lots that went, less fees.
      const share = (BigInt(one.basis_points) * BigInt(lots)) / BigInt(Math.abs(one.net_lots));
      return [one.instrument, { atoms: (points - share) * BigInt(month.tick_value_atoms) - fee, lots }];
    })).then((found) => {
      if (number === asked) closings.value = new Map(found);
    }).catch(() => undefined);
  });
}

/** Average price of entry of what is held, from the fills that are known; `null` where they do not add up to it. */
export function averageEntry(instrument: number, net: number): bigint | null {
  const seat = viewer.value?.seat;
  let [lots, hundredths] = [0n, 0n];
  for (const trade of trades.value) {
    if (trade.instrument !== instrument || (trade.taker !== seat && trade.maker !== seat)) continue;
    const buys = trade.taker === seat ? trade.buy : !trade.buy;
    const change = BigInt(buys ? trade.lots : -trade.lots);
    const after = lots + change;
    const value = BigInt(trade.price) * 100n;
    if (lots === 0n || (lots > 0n) === (change > 0n)) {
      const size = (one: bigint): bigint => (one < 0n ? -one : one);
      hundredths = (hundredths * size(lots) + value * size(change)) / size(after);
    } else if (after !== 0n && (after > 0n) !== (lots > 0n)) {
      hundredths = value;
    }
    lots = after;
  }
  return lots === BigInt(net) && lots !== 0n ? hundredths : null;
}

/** The index's average entry, which knows fills of any age: ticks with decimals, as text. */
function indexedEntry(instrument: number, size: number): string {
  const known = entries.value?.seat === viewer.value?.seat ? entries.value?.ticks.get(instrument) : undefined;
  const read = known === undefined ? null : parseDecimal(known.slice(0, known.includes('.') ? known.indexOf('.') + 3 : undefined), 2, 'A price');
  return read?.ok ? decimal(read.value * BigInt(size), 8, 6) : '–';
}

const rolling = signal<Position | null>(null);

function Positions() {
  const account = snapshot.value?.account;
  const held = account?.positions.filter((one) => one.net_lots !== 0 || BigInt(one.variation_points) !== 0n) ?? [];
  if (held.length === 0) return <p class="nothing">No positions.</p>;
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Positions">
      <table class="table stack">
        <thead><tr>
          <th scope="col">Month</th><th scope="col">Side and lots</th><th scope="col">Tokens</th><th scope="col">Value</th><th scope="col" title="Average of the fills that this page knows, computed here: there is no entry price on chain">Entry, average</th><th scope="col">Mark</th>
          <th scope="col" title="At the mark, since the last settlement, before fees">Unsettled, before fees</th><th scope="col" title="At the prices that stand in the book, after fees">If closed now, after fees</th><th scope="col">Liquidation below / above</th><th scope="col">Actions</th>
        </tr></thead>
        <tbody>{held.map((one) => <PositionRow key={one.instrument} position={one} />)}</tbody>
      </table>
      {rolling.value && <RollDialog position={rolling.value} onClose={() => (rolling.value = null)} />}
    </div>
  );
}

function PositionRow({ position: one }: { position: Position }) {
  const month = listed(one.instrument);
  const shown = (ticks: number | null): string => priceIn(one.instrument, ticks);
  const long = one.net_lots > 0;
  const closing = closings.value.get(one.instrument);
  const entry = averageEntry(one.instrument, one.net_lots);
  const variation = BigInt(one.variation_atoms);
  const close = (): void => {
    select(one.instrument);
    draft.value = { ...EMPTY, kind: 'market', side: long ? 'sell' : 'buy', lots: String(Math.abs(one.net_lots)), reduceOnly: true, selfTrade: 1 };
    document.getElementById('ticket')?.scrollIntoView({ block: 'nearest' });
  };
  return (
    <tr>
      <td data-label="Month"><strong>{nameOf(one.instrument)}</strong></td>
      <td data-label="Side and lots" class={one.net_lots === 0 ? 'muted' : long ? 'buy' : 'sell'}>{one.net_lots === 0 ? 'closed' : `${long ? '▲ Long' : '▼ Short'} ${count(Math.abs(one.net_lots))}`}</td>
      <td data-label="Tokens">{month ? tokens(Math.abs(one.net_lots), month.tickValue / month.tickSize) : '–'}</td>
      <td data-label="Value">{usd(one.notional_atoms)}</td>
      <td data-label="Entry, average">{!month ? '–' : entry !== null ? decimal(entry * BigInt(month.tickSize), 8, 6) : indexedEntry(one.instrument, month.tickSize)}</td>
      <td data-label="Mark">{shown(one.mark_ticks)}</td>
      <td data-label="Unsettled, before fees" class={variation > 0n ? 'buy' : variation < 0n ? 'sell' : ''}>{signed(variation)}</td>
      <td data-label="If closed now, after fees">{!closing ? '–' : 'why' in closing ? <span class="muted" title={closing.why}>cannot now</span> : closing.lots === 0 ? <span class="muted">nobody bids for it</span> : <span title={closing.lots < Math.abs(one.net_lots) ? `Only ${closing.lots} lots find someone` : ''}>{signed(closing.atoms)}{closing.lots < Math.abs(one.net_lots) ? ` (${closing.lots})` : ''}</span>}</td>
      <td data-label="Liquidation below / above">{shown(one.liquidation_below_ticks)} / {shown(one.liquidation_above_ticks)}</td>
      <td data-label="Actions">
        {one.settled ? (
          <button type="button" class="button small" onClick={() => void claim(one)}>Claim</button>
        ) : one.net_lots === 0 ? (
          <span class="muted">is paid with the next settlement</span>
        ) : (
          <span class="row">
            <button type="button" class="button small" onClick={close}>Close</button>
            <button type="button" class="button small" onClick={() => (rolling.value = one)}>Roll</button>
          </span>
        )}
      </td>
    </tr>
  );
}

/** Seats as the contract takes them: four bytes each. */
const seatsOf = (seats: number[]): string => `0x${seats.map((seat) => seat.toString(16).padStart(8, '0')).join('')}`;

function claim(position: Position): Promise<boolean> {
  const seat = viewer.value?.seat ?? 0;
  return send(clearingCall('settle', [position.instrument, seatsOf([seat])], `Claim the final settlement of ${nameOf(position.instrument)}`), trader());
}

const target = signal<number | null>(null);
const rollSaid = signal<Preview | null>(null);
const rollCost = signal<Cost | { why: string } | null>(null);

/**
 * A long position sells the near month and buys the far one: each leg is held to the day's limits, and the whole to the
 * spread of the marks with a fiftieth of the price for what the book takes.
 */
function rollOf(seat: number, position: Position, near: Month, far: Month): unknown[] {
  const long = position.net_lots > 0;
  const slack = Math.max(1, Math.ceil(far.mark_ticks / 50));
  const spread = far.mark_ticks - near.mark_ticks + (long ? slack : -slack);
  return [seat, near.instrument, far.instrument, Math.abs(position.net_lots), long ? near.low_ticks : near.high_ticks, long ? far.high_ticks : far.low_ticks, spread];
}

function RollDialog({ position, onClose }: { position: Position; onClose: () => void }) {
  const near = monthOf(position.instrument);
  const others = months().filter((month) => month.status === 'trading' && month.expiry > (near?.expiry ?? 0));
  const far = others.find((month) => month.instrument === target.value) ?? others[0];
  const account = snapshot.value?.account;
  const long = position.net_lots > 0;
  const roll = near && far && account ? rollOf(account.seat, position, near, far) : null;
  const asked = JSON.stringify([roll, snapshot.value?.hash]);
  useEffect(() => {
    if (!roll || !account) return undefined;
    let current = true;
    rollSaid.value = null;
    void ask<Preview>({ do: 'preview', seat: account.seat, caller: account.owner, now: snapshot.peek()?.time, contract: 'clearing', message: 'roll', arguments: [roll] })
      .then((said) => {
        if (!current) return;
        rollSaid.value = said;
        const by = trader();
        if (!by || isRefusal(said.outcome)) return;
        void estimate(clearingCall('roll', [roll], ''), by.address).then(
          ({ wei }) => { if (current) rollCost.value = split(wei, said.deposit_planck); },
          (error: unknown) => { if (current) rollCost.value = { why: sentenceOf(error) }; },
        );
      }).catch(() => undefined);
    return () => { current = false; };
  }, [asked]);
  if (!near || !far || !account || !roll) return null;
  const said = rollSaid.value;
  const refused = said && isRefusal(said.outcome) ? said.outcome.sentence : null;
  return (
    <Dialog title={`Roll ${count(Math.abs(position.net_lots))} lots of ${monthName(near.expiry)}`} onClose={onClose}>
      <div class="field"><label for="roll-to">To</label>
        <select id="roll-to" class="select" value={String(far.instrument)} onChange={(event) => (target.value = Number(event.currentTarget.value))}>
          {others.map((month) => <option key={month.instrument} value={String(month.instrument)}>{monthName(month.expiry)}, mark {price(month.mark_ticks, month.tick_size_atoms)}</option>)}
        </select></div>
      <p class="hint">Both legs trade at once and completely, or nothing does. {long ? 'Largest' : 'Smallest'} spread: {String(roll[6])} ticks.</p>
      {refused && <p class="refusal" role="alert">{refused}</p>}
      {said && !refused && <div class="preview"><PreviewBlock preview={said} month={far} /><CostBlock cost={rollCost.value} /></div>}
      <button type="button" class="button primary wide" id="roll" disabled={!said || refused !== null} onClick={() => { onClose(); void send(clearingCall('roll', [roll], `Roll ${count(Math.abs(position.net_lots))} ${monthName(near.expiry)} to ${monthName(far.expiry)}`), trader()); }}>Roll</button>
    </Dialog>
  );
}

// ---------------------------------------------------------------------------------------------------------------------
// Orders and triggers

function Orders() {
  const orders = snapshot.value?.orders ?? [];
  const seat = snapshot.value?.account?.seat ?? 0;
  if (orders.length === 0) return <p class="nothing">No orders rest.</p>;
  const cancel = (order: Order): Promise<boolean> =>
    send(clearingCall('cancel', [seat, order.instrument, order.price_ticks, order.number], `Cancel order ${order.number} in ${nameOf(order.instrument)}`), trader());
  const replace = (order: Order): void => {
    const month = monthOf(order.instrument);
    if (!month) return;
    select(order.instrument);
    draft.value = {
      ...EMPTY, side: order.side, price: plain(price(order.price_ticks, month.tick_size_atoms)), lots: String(order.lots), reduceOnly: order.reduce_only,
      replaces: { price: order.price_ticks, number: order.number },
    };
    document.getElementById('price')?.focus();
  };
  const months = [...new Set(orders.map((order) => order.instrument))];
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Orders">
      <table class="table stack">
        <thead><tr><th scope="col">Month</th><th scope="col">Side</th><th scope="col">Price</th><th scope="col">Lots</th><th scope="col">Number</th><th scope="col">Good until</th><th scope="col">Kind</th><th scope="col">Actions</th></tr></thead>
        <tbody>
          {orders.map((order) => (
            <tr key={`${order.instrument}.${order.number}`}>
              <td data-label="Month"><strong>{nameOf(order.instrument)}</strong></td>
              <td data-label="Side"><SideWord side={order.side} /></td>
              <td data-label="Price">{price(order.price_ticks, monthOf(order.instrument)?.tick_size_atoms ?? 1)}</td>
              <td data-label="Lots">{count(order.lots)}</td>
              <td data-label="Number">{order.number}</td>
              <td data-label="Good until">{order.expiry === 0 ? 'cancelled' : utc(order.expiry)}</td>
              <td data-label="Kind">{order.reduce_only ? 'reduce only' : 'limit'}</td>
              <td data-label="Actions"><span class="row"><button type="button" class="button small" onClick={() => replace(order)}>Replace</button><button type="button" class="button small" aria-label={`Cancel order ${order.number}`} onClick={() => void cancel(order)}>Cancel</button></span></td>
            </tr>
          ))}
        </tbody>
      </table>
      {orders.length > 1 && <p class="row" style={{ padding: '8px 10px' }}>{months.map((instrument) => <button type="button" key={instrument} class="button small" onClick={() => void send(clearingCall('cancel_all', [seat, instrument], `Cancel all orders in ${nameOf(instrument)}`), trader())}>Cancel all in {nameOf(instrument)}</button>)}</p>}
    </div>
  );
}

function TriggersTable() {
  const account = snapshot.value?.account;
  const triggers = account?.triggers ?? [];
  if (!account || triggers.length === 0) return <p class="nothing">No stop or take-profit orders wait.</p>;
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Triggers">
      <table class="table stack">
        <thead><tr><th scope="col">Month</th><th scope="col">Side and lots</th><th scope="col">Condition</th><th scope="col">Limit</th><th scope="col">Rest</th><th scope="col">Keeper’s fee</th><th scope="col">Good until</th><th scope="col">Actions</th></tr></thead>
        <tbody>
          {triggers.map((one) => {
            const size = monthOf(one.instrument)?.tick_size_atoms ?? 1;
            return (
              <tr key={one.slot}>
                <td data-label="Month"><strong>{nameOf(one.instrument)}</strong></td>
                <td data-label="Side and lots"><SideWord side={one.side} /> {count(one.lots)}{one.reduce_only ? ', reduce only' : ''}</td>
                <td data-label="Condition">{one.last ? 'last' : 'mark'} {one.above ? '≥' : '≤'} {price(one.price_ticks, size)}</td>
                <td data-label="Limit">{price(one.limit_ticks, size)}</td>
                <td data-label="Rest">{one.rests ? 'rests' : 'cancelled'}</td>
                <td data-label="Keeper’s fee">{usd(BigInt(one.fee_atoms))}</td>
                <td data-label="Good until">{one.expiry === 0 ? 'removed' : utc(one.expiry)}</td>
                <td data-label="Actions"><button type="button" class="button small" onClick={() => void send(clearingCall('clear_trigger', [account.seat, one.slot], `Remove the trigger in ${nameOf(one.instrument)}`), trader())}>Remove</button></td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

// ---------------------------------------------------------------------------------------------------------------------
// What has happened

const since = (): string => (historyFrom.value ? `Since block ${count(historyFrom.value)}.` : '');

function Fills() {
  const seat = viewer.value?.seat;
  const rows = fills.value.slice(0, 200);
  if (rows.length === 0) return <p class="nothing">No trades of yours. {since()}</p>;
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Fills">
      <table class="table stack">
        <thead><tr><th scope="col">Time</th><th scope="col">Month</th><th scope="col">Side</th><th scope="col">Price</th><th scope="col">Lots</th><th scope="col">Value</th><th scope="col">Role</th><th scope="col">Fee</th></tr></thead>
        <tbody>
          {rows.map((trade) => {
            const taker = trade.taker === seat;
            const month = listed(trade.instrument);
            return (
              <tr key={`${trade.block}.${trade.log}`}>
                <td data-label="Time">{utc(trade.time, true)}</td>
                <td data-label="Month">{nameOf(trade.instrument)}</td>
                <td data-label="Side"><SideWord side={trade.buy === taker ? 'buy' : 'sell'} /></td>
                <td data-label="Price">{priceIn(trade.instrument, trade.price)}</td>
                <td data-label="Lots">{count(trade.lots)}</td>
                <td data-label="Value">{month ? usd(BigInt(trade.lots) * BigInt(trade.price) * BigInt(month.tickValue)) : '–'}</td>
                <td data-label="Role">{taker ? 'taker' : 'maker'}</td>
                <td data-label="Fee">{usd(taker ? trade.takerFee : trade.makerFee, 4)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** A price of a month; in ticks where nobody has told what a tick of it is. */
function priceIn(instrument: number, ticks: number | null): string {
  const month = listed(instrument);
  return month || ticks === null ? price(ticks, month?.tickSize ?? 1) : `${count(ticks)} ticks`;
}

/** Points of a month in US dollars with a sign; in points where nobody has told what a tick of it is worth. */
function worth(points: bigint, instrument: unknown): string {
  const month = listed(Number(instrument));
  return month ? signed(points * BigInt(month.tickValue)) : `${points > 0n ? '+' : ''}${count(points)} points`;
}

function Settlements() {
  const rows = ledgerRows.value.filter(({ name }) => name === 'Settled').slice(0, 200);
  if (rows.length === 0) return <p class="nothing">No settlements of your positions. {since()}</p>;
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Settlements">
      <table class="table stack">
        <thead><tr><th scope="col">Time</th><th scope="col">Month</th><th scope="col">Mark, set</th><th scope="col">Variation paid</th><th scope="col">Still owed</th></tr></thead>
        <tbody>
          {rows.map(({ block, log, time, args }) => {
            const instrument = Number(args['instrument']);
            const set = markBefore(instrument, { block, log });
            return (
              <tr key={`${block}.${log}`}>
                <td data-label="Time">{utc(time, true)}</td>
                <td data-label="Month">{nameOf(instrument)}</td>
                <td data-label="Mark, set">{set ? `${priceIn(instrument, set.ticks)}, ${dateOf(set.time)}` : '–'}</td>
                <td data-label="Variation paid">{worth(BigInt(String(args['paid'])), instrument)}</td>
                <td data-label="Still owed">{worth(BigInt(String(args['unpaid'])), instrument)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

const WORDS: Record<string, string> = {
  Deposited: 'Deposit', Withdrawn: 'Withdrawal', Transferred: 'Transfer', Settled: 'Variation', SettlementFee: 'Fee of the final settlement',
  Rebated: 'Rebate', Liquidated: 'Liquidation: lots were taken over', LiquidationStarted: 'Liquidation began', LiquidationEnded: 'Liquidation ended', MarginCall: 'Margin call',
  Triggered: 'Trigger executed', DelegateSet: 'Delegate', Haircut: 'Part of a loss',
};

function told({ name, args }: Happened): string {
  const seat = viewer.value?.seat;
  const amount = args['amount'];
  switch (name) {
    case 'Deposited': case 'Rebated': return signed(amount as bigint);
    case 'Withdrawn': case 'SettlementFee': return signed(-(amount as bigint));
    case 'Transferred': return signed(args['from'] === seat ? -(amount as bigint) : (amount as bigint));
    case 'Settled': return worth(BigInt(String(args['paid'])), args['instrument']);
    case 'Haircut': return worth(-BigInt(String(args['lost'])), args['instrument']);
    case 'MarginCall': return `${usd(args['shortfall'] as bigint)} missing`;
    case 'Liquidated': return `${args['lots']} lots at ${priceIn(Number(args['instrument']), Number(args['price']))}`;
    case 'Triggered': return signed(-BigInt(args['fee'] as number));
    case 'DelegateSet': return `${args['max_lots']} lots an order`;
    default: return '';
  }
}

function LedgerTable() {
  const rows = ledgerRows.value.slice(0, 200);
  if (rows.length === 0) return <p class="nothing">Nothing has happened to this account. {since()}</p>;
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Ledger">
      <table class="table stack">
        <thead><tr><th scope="col">Time</th><th scope="col">What</th><th scope="col">Month</th><th scope="col">USD</th></tr></thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.block}.${row.log}`}>
              <td data-label="Time">{utc(row.time, true)}</td>
              <td data-label="What">{WORDS[row.name] ?? row.name}{row.name === 'Liquidated' && row.args['liquidator'] === viewer.value?.seat ? ', by you' : ''}</td>
              <td data-label="Month">{row.args['instrument'] === undefined ? '–' : nameOf(Number(row.args['instrument']))}</td>
              <td data-label="USD">{told(row)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {indexState.value.state === 'live' && <p class="row" style={{ padding: '8px 10px' }}><span class="muted">Statement of the whole account, each change of cash once:</span>{(['canonical', 'koinly', 'cointracker'] as const).map((format) => <a key={format} href={statementUrl(viewer.value?.seat ?? 0, format)} download={`sit-${viewer.value?.seat ?? 0}-${format}.csv`}>{format}</a>)}</p>}
    </div>
  );
}

export const STATES: Record<State, string> = {
  checking: 'is checked', signing: 'waits for your signature', sent: 'sent', included: 'included', final: 'final', failed: 'failed',
};

function Transactions() {
  const rows = sent.value;
  if (rows.length === 0) return <p class="nothing">Nothing was sent from this page.</p>;
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Transactions">
      <table class="table stack">
        <thead><tr><th scope="col">What</th><th scope="col">State</th><th scope="col">Block</th><th scope="col">Network fee</th><th scope="col" title="For what is stored; it comes back when that goes">Refundable deposit</th><th scope="col">Signed by</th><th scope="col">Hash</th><th scope="col" class="left">Reason</th></tr></thead>
        <tbody>
          {rows.map((one) => (
            <tr key={one.id}>
              <td data-label="What">{one.label}</td>
              <td data-label="State"><span class={`state ${one.state === 'failed' ? 'bad' : one.state === 'final' ? 'buy' : ''}`}>{one.state === 'failed' ? '✕ ' : one.state === 'final' ? '✓ ' : ''}{STATES[one.state]}</span></td>
              <td data-label="Block">{one.block ? count(one.block) : '–'}</td>
              <td data-label="Network fee">{one.cost ? `${dot(one.cost.fee, 5)} DOT` : '–'}</td>
              <td data-label="Refundable deposit">{one.cost ? depositWords(one.cost) : '–'}</td>
              <td data-label="Signed by">{one.by}</td>
              <td data-label="Hash"><span title={one.hash}>{one.hash ? `${one.hash.slice(0, 10)}…` : '–'}</span></td>
              <td data-label="Reason" class="wrap">{one.why ?? '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What is under way, in the corner: never success before the receipt. */
export function Toasts() {
  void tick.value;
  const now = Date.now();
  const shown = sent.value.filter((one) => (one.state !== 'final' || now - one.at < 6_000) && now - one.at < 60_000 && !closed.value.has(one.id)).slice(0, 3);
  return (
    <div class="toasts" role="status" aria-live="polite" aria-label="Transactions under way">
      {shown.map((one) => (
        <div key={one.id} class={`toast ${one.state === 'failed' ? 'failed' : one.state === 'final' || one.state === 'included' ? 'done' : ''}`} data-state={one.state}>
          <span class="spread"><strong>{one.label}</strong><button type="button" aria-label="Close" class="muted" onClick={() => (closed.value = new Set([...closed.value, one.id]))}>×</button></span>
          <span class="muted">{STATES[one.state]}{one.block ? `, block ${count(one.block)}` : ''}</span>
          {one.why && <span>{one.why}</span>}
        </div>
      ))}
    </div>
  );
}

const closed = signal(new Set<number>());
