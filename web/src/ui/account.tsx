// The account below the chart: margin, positions, orders, triggers, and what has happened.

import { effect, signal } from '@preact/signals';
import { Fragment } from 'preact';
import { useEffect } from 'preact/hooks';
import { count, decimal, dot, plain, price, ratioBps, signed, tokens, usd } from '../amounts';
import { ask, PRODUCT, select, snapshot, tick, viewer } from '../chain';
import { dateOf, monthName, utc } from '../clock';
import { historyFrom } from '../history';
import { canBeReplaced, indexState, statementUrl } from '../indexed';
import { type Figures, type Row } from '../ledger';
import { listed } from '../listed';
import { entryPrice, figures, fills, ledger, payments, reach, readOlder } from '../past';
import { split, type Cost } from '../cost';
import { clearingCall, estimate, send, sent, sentenceOf, trader, type State } from '../send';
import { sentBy } from '../sender';
import { change, settings, type Entry } from '../settings';
import { sharesOf } from '../shares';
import { draft, EMPTY } from '../ticket';
import { isRefusal, type Health, type Month, type Order, type Position, type Preview, type Refusal, type Risk, type WhatIf } from '../types';
import { Dialog, monthOf, months, nameOf, Panel, scenarioName, SideWord, Tabs } from './parts';
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
/** The month whose mark alone is supposed to move; `null` for all of them. */
const mover = signal<number | null>(null);
const supposed = signal<Health | null>(null);

/** Positions whose mark moves the margin: those with lots or orders. */
const exposed = (): Position[] => snapshot.value?.account?.positions.filter((one) => !one.settled && (one.net_lots !== 0 || one.bid_lots > 0 || one.ask_lots > 0)) ?? [];

/** The month that is supposed to move, as long as the account has something in it. */
const moving = (): number | null => exposed().find((one) => one.instrument === mover.value)?.instrument ?? null;

export function followWhatIf(): void {
  let asked = 0;
  effect(() => {
    const seat = snapshot.value?.account?.seat;
    const by = shift.value;
    const instrument = moving();
    asked += 1;
    const number = asked;
    if (seat === undefined || by === 0) {
      supposed.value = null;
      return;
    }
    void ask<WhatIf>({ do: 'whatif', seat, instrument, shifts_bps: [by * 100] }).then((answer) => {
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
  const only = moving();
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
        <span class="row">
          <label for="what-if-of">What if</label>
          <select id="what-if-of" class="select" value={String(only ?? '')} onChange={(event) => (mover.value = event.currentTarget.value === '' ? null : Number(event.currentTarget.value))}>
            <option value="">all marks</option>
            {exposed().map((one) => <option key={one.instrument} value={String(one.instrument)}>only {nameOf(one.instrument)}</option>)}
          </select>
          <label for="what-if">moved by</label>
        </span>
        <input id="what-if" type="range" min="-50" max="50" step="1" value={shift.value} aria-label={`What if ${only === null ? 'all marks' : `the mark of ${nameOf(only)} alone`} moved by`} aria-valuetext={`${shift.value} per cent`} onInput={(event) => (shift.value = Number(event.currentTarget.value))} />
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

/** Both ways to reckon an entry price: the column's name, the choice's, and what it means. */
const ENTRIES: Record<Entry, { column: string; name: string; means: string }> = {
  average: { column: 'Entry, average', name: 'Average', means: 'The cost of the open lots through their number; closing a part leaves the same part of the cost.' },
  fifo: { column: 'Entry, first in first out', name: 'First in, first out', means: 'The average price of the newest trades that make up the open lots: the oldest were closed first.' },
};

/** The entry in US dollars a million tokens by the method that is chosen; ticks with four decimals as a title. */
function entryOf(known: Figures | undefined, instrument: number, tickSize: number): { shown: string; title: string } {
  const first = settings.value.entry === 'fifo';
  const entry = entryPrice(instrument);
  if (entry !== null) return { shown: decimal(entry * BigInt(tickSize), 10, 6), title: `${decimal(entry, 4)} ticks` };
  return { shown: '–', title: first && known && known.net !== 0n ? 'Its trades are older than those that were read: “Show older” under Fills reads more' : '' };
}

/** Why a figure is not there: it may be older than what this page knows. */
const UNKNOWN = 'Older than what this page has read of the chain’s logs: an index knows it';

const rolling = signal<Position | null>(null);

function Positions() {
  const account = snapshot.value?.account;
  const held = account?.positions.filter((one) => one.net_lots !== 0 || BigInt(one.variation_points) !== 0n) ?? [];
  if (held.length === 0) return <p class="nothing">No positions.</p>;
  const entries = ENTRIES[settings.value.entry];
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Positions">
      <table class="table stack wrapped">
        <thead><tr>
          <th scope="col">Month</th><th scope="col">Side and lots</th><th scope="col">Tokens</th><th scope="col">Value</th><th scope="col" title={`${entries.means} There is no entry price on chain.`}>{entries.column}</th><th scope="col">Mark</th>
          <th scope="col" title="At the mark, since the last settlement, before fees">Unsettled, before fees</th><th scope="col" title="In cash, by all settlements so far, before fees">Variation paid</th><th scope="col" title="Trading and settlement fees less rebates, since the first trade">Fees so far</th><th scope="col" title="At the prices that stand in the book, after fees">If closed now, after fees</th><th scope="col">Liquidation below / above</th><th scope="col">Actions</th>
        </tr></thead>
        <tbody>{held.map((one) => <PositionRow key={one.instrument} position={one} />)}</tbody>
      </table>
      <p class="row foot-row">
        <label for="entry-method">Entry price</label>
        <select id="entry-method" class="select" value={settings.value.entry} onChange={(event) => change({ entry: event.currentTarget.value as Entry })}>
          {(['average', 'fifo'] as const).map((one) => <option key={one} value={one}>{ENTRIES[one].name}</option>)}
        </select>
        <span class="muted">{entries.means} There is no entry price on chain.</span>
      </p>
      <Shares positions={held} />
      {rolling.value && <RollDialog position={rolling.value} onClose={() => (rolling.value = null)} />}
    </div>
  );
}

function PositionRow({ position: one }: { position: Position }) {
  const month = listed(one.instrument);
  const shown = (ticks: number | null): string => priceIn(one.instrument, ticks);
  const long = one.net_lots > 0;
  const closing = closings.value.get(one.instrument);
  const known = figures.value.get(one.instrument);
  const entry = entryOf(known, one.instrument, month?.tickSize ?? 1);
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
      <td data-label={ENTRIES[settings.value.entry].column}><span title={known ? entry.title : UNKNOWN}>{month ? entry.shown : '–'}</span></td>
      <td data-label="Mark">{shown(one.mark_ticks)}</td>
      <td data-label="Unsettled, before fees" class={variation > 0n ? 'buy' : variation < 0n ? 'sell' : ''}>{signed(variation)}</td>
      <td data-label="Variation paid"><span title={known ? `${usd(known.paid, 6)} USD` : UNKNOWN}>{known ? signed(known.paid) : '–'}</span></td>
      <td data-label="Fees so far"><span title={known ? `${usd(known.fees, 6)} USD` : UNKNOWN}>{known ? usd(known.fees) : '–'}</span></td>
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

/** Whether somebody wants to see what each position does to the margin; the margin set is read only then. */
const sharesWanted = signal(false);
const marginSet = signal<Risk | null>(null);

export function followShares(): void {
  effect(() => {
    if (!sharesWanted.value || !snapshot.value) return;
    void ask<Risk | Refusal>({ do: 'risk', product: PRODUCT }).then((answer) => (marginSet.value = isRefusal(answer) ? null : answer)).catch(() => undefined);
  });
}

/** What each position wins or loses in the scenario that binds, and its part of the loss. */
function Shares({ positions }: { positions: Position[] }) {
  const standing = snapshot.value?.account?.standing;
  const risk = marginSet.value;
  const scenario = standing && !isRefusal(standing) && BigInt(standing.health.initial_atoms) > 0n ? standing.health.scenario : null;
  const held = positions.flatMap((one) => {
    const month = monthOf(one.instrument);
    const shock = scenario === null || !month || month.slot === null ? undefined : risk?.shocks_bps[month.slot]?.[scenario];
    return !month || shock === undefined || one.net_lots === 0 ? [] : [{ instrument: one.instrument, net: one.net_lots, mark: one.mark_ticks, tickValue: month.tick_value_atoms, shock }];
  });
  const tenths = (bps: number): string => `${decimal(BigInt(bps), 2, 1)} %`;
  return (
    <details class="foot-row" id="scenario-shares" open={sharesWanted.value} onToggle={(event) => (sharesWanted.value = event.currentTarget.open)}>
      <summary>Which position the margin is for</summary>
      {sharesWanted.value && <div class="more">
        {scenario === null ? <p class="muted">No margin is needed.</p> : !risk ? <p class="muted">Reading the margin set…</p> : (
          <>
            <p class="muted">Of all scenarios of the margin set {scenarioName(scenario)} costs this account most. What the lots of each month win or lose in it, at the mark; orders, buffer and add-ons come on top.</p>
            <dl class="list">
              {sharesOf(held).map(({ instrument, shock, atoms, bps }) => (
                <Fragment key={instrument}><dt>{nameOf(instrument)}, mark {shock > 0 ? '+' : ''}{tenths(shock)}</dt><dd>{signed(atoms)} USD{bps === null ? '' : `, ${tenths(bps)} of the loss`}</dd></Fragment>
              ))}
            </dl>
          </>
        )}
      </div>}
    </details>
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
    void ask<Preview>({ do: 'preview', seat: account.seat, ...sentBy(account.owner, trader()?.address), now: snapshot.peek()?.time, contract: 'clearing', message: 'roll', arguments: [roll] })
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
      {orders.length > 1 && <p class="row foot-row">{months.map((instrument) => <button type="button" key={instrument} class="button small" onClick={() => void send(clearingCall('cancel_all', [seat, instrument], `Cancel all orders in ${nameOf(instrument)}`), trader())}>Cancel all in {nameOf(instrument)}</button>)}</p>}
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

const since = (): string => (reach.value === 'since' && historyFrom.value ? `Since block ${count(historyFrom.value)}.` : '');

const PAGE = 200;
/** Rows of a list that are shown. */
const shownRows = signal(PAGE);

/** Under a list: how far it reaches, and what leads further. */
function Older({ rows }: { rows: number }) {
  const more = rows > shownRows.value || reach.value === 'more';
  const older = (): void => {
    shownRows.value += PAGE;
    if (rows <= shownRows.value && reach.value === 'more') void readOlder();
  };
  if (!more && since() === '') return null;
  return <p class="row foot-row">{more && <button type="button" class="button small" onClick={older}>Show older</button>}<span class="muted">{since()}</span></p>;
}

/** When something happened, and whether its block can still be replaced. */
function When({ block, time }: { block: number; time: number }) {
  return <span>{utc(time, true)}{canBeReplaced(block) && <span class="warn" title="Another block may still take the place of the one that this is in"> not final yet</span>}</span>;
}

function Fills() {
  const seat = viewer.value?.seat;
  const all = fills.value;
  if (all.length === 0) return <p class="nothing">No trades of yours. {since()}</p>;
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Fills">
      <table class="table stack">
        <thead><tr><th scope="col">Time</th><th scope="col">Month</th><th scope="col">Side</th><th scope="col">Price</th><th scope="col">Lots</th><th scope="col">Value</th><th scope="col">Role</th><th scope="col">Fee</th></tr></thead>
        <tbody>
          {all.slice(0, shownRows.value).map((trade) => {
            const taker = trade.taker === seat;
            const month = listed(trade.instrument);
            return (
              <tr key={`${trade.block}.${trade.log}`}>
                <td data-label="Time"><When block={trade.block} time={trade.time} /></td>
                <td data-label="Month">{nameOf(trade.instrument)}</td>
                <td data-label="Side"><SideWord side={trade.buy === taker ? 'buy' : 'sell'} /></td>
                <td data-label="Price">{priceIn(trade.instrument, trade.price)}</td>
                <td data-label="Lots">{count(trade.lots)}</td>
                <td data-label="Value">{month ? usd(BigInt(trade.lots) * BigInt(trade.price) * BigInt(month.tickValue)) : '–'}</td>
                <td data-label="Role">{trade.takeover ? (taker ? 'took over' : 'liquidated') : taker ? 'taker' : 'maker'}</td>
                <td data-label="Fee">{usd(taker ? trade.takerFee : trade.makerFee, 4)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <Older rows={all.length} />
    </div>
  );
}

/** A price of a month; in ticks where nobody has told what a tick of it is. */
function priceIn(instrument: number, ticks: number | null): string {
  const month = listed(instrument);
  return month || ticks === null ? price(ticks, month?.tickSize ?? 1) : `${count(ticks)} ticks`;
}

/** Points of a month in US dollars with a sign; in points where nobody has told what a tick of it is worth. */
function worth(points: bigint, instrument: number): string {
  const month = listed(instrument);
  return month ? signed(points * BigInt(month.tickValue)) : `${points > 0n ? '+' : ''}${count(points)} points`;
}

function Settlements() {
  const all = payments.value;
  if (all.length === 0) return <p class="nothing">No settlements of your positions. {since()}</p>;
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Settlements">
      <table class="table stack">
        <thead><tr><th scope="col">Time</th><th scope="col">Month</th><th scope="col">Mark, set</th><th scope="col">Variation paid</th><th scope="col">Still owed</th></tr></thead>
        <tbody>
          {all.slice(0, shownRows.value).map(({ block, log, time, instrument, paid, unpaid, mark, marked }) => (
            <tr key={`${block}.${log}`}>
              <td data-label="Time"><When block={block} time={time} /></td>
              <td data-label="Month">{nameOf(instrument)}</td>
              <td data-label="Mark, set">{mark === null ? '–' : `${priceIn(instrument, mark)}${marked === null ? '' : `, ${dateOf(marked)}`}`}</td>
              <td data-label="Variation paid">{worth(paid, instrument)}</td>
              <td data-label="Still owed">{worth(unpaid, instrument)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Older rows={all.length} />
    </div>
  );
}

/** What a row of the ledger is called. */
const WORDS: Record<Row['kind'], (other: number) => string> = {
  deposit: () => 'Deposit', withdrawal: () => 'Withdrawal', transfer_in: (other) => `Transfer from account ${other}`,
  transfer_out: (other) => `Transfer to account ${other}`, variation: () => 'Variation', taker_fee: () => 'Trading fee, as taker',
  maker_fee: () => 'Trading fee, as maker', rebate: () => 'Rebate', settlement_fee: () => 'Fee of the final settlement',
  trigger_fee_paid: (other) => `Trigger executed: fee to account ${other}`, trigger_fee_earned: (other) => `Trigger of account ${other} executed: fee`,
  reward: () => 'Reward as a market maker', margin_call: () => 'Margin call', started: () => 'Liquidation began', ended: () => 'Liquidation ended',
  taken_over: (other) => `Liquidation: lots were taken over, by account ${other}`, took_over: (other) => `Liquidation of account ${other}: lots were taken over, by you`,
  deficit: () => 'Loss beyond what it has, reported', covered: () => 'Loss paid by the insurance fund',
  bridged: () => 'Debt paid by the insurance fund, for what another month owes', offset: () => 'Debt set off against what another month owes',
  written_off: () => 'Debt written off', haircut: () => 'Part of a loss of the month', delegate: () => 'Delegate named or dismissed',
};

/** What a row is about that moves no cash. */
function about({ kind, atoms, points, instrument, lots, price: at }: Row): string {
  if (kind === 'taken_over' || kind === 'took_over') return `${count(lots ?? 0)} lots at ${priceIn(instrument ?? 0, at)}`;
  if (kind === 'delegate') return `${count(lots ?? 0)} lots an order`;
  if (atoms !== null) return `${usd(atoms, 6)} USD`;
  return points === null ? '–' : `${worth(kind === 'haircut' ? -points : points, instrument ?? 0)} USD`;
}

function LedgerTable() {
  const all = ledger.value;
  if (all.length === 0) return <p class="nothing">Nothing has happened to this account. {since()}</p>;
  const seat = viewer.value?.seat ?? 0;
  const sum = reach.value === 'whole' && all.every(({ cash, atoms }) => !cash || atoms !== null) ? all.reduce((total, { cash, atoms }) => (cash ? total + (atoms ?? 0n) : total), 0n) : null;
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Ledger">
      <table class="table stack">
        <thead><tr><th scope="col">Time</th><th scope="col">What</th><th scope="col">Month</th><th scope="col">Change of cash, USD</th><th scope="col">About</th></tr></thead>
        <tbody>
          {all.slice(0, shownRows.value).map((row) => (
            <tr key={`${row.block}.${row.log}.${row.kind}`} data-kind={row.kind}>
              <td data-label="Time"><When block={row.block} time={row.time} /></td>
              <td data-label="What">{WORDS[row.kind](row.other ?? 0)}</td>
              <td data-label="Month">{row.instrument === null ? '–' : nameOf(row.instrument)}</td>
              <td data-label="Change of cash, USD">{!row.cash ? '–' : row.atoms === null ? worth(row.points ?? 0n, row.instrument ?? 0) : signed(row.atoms, 6)}</td>
              <td data-label="About">{row.cash ? '–' : about(row)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Older rows={all.length} />
      {sum !== null && <p class="row foot-row"><span class="muted">All changes of cash since the account was opened come to</span> <strong id="ledger-sum">{usd(sum, 6)} USD</strong></p>}
      {indexState.value.state === 'live' && <p class="row foot-row"><span class="muted">Statement of the whole account, each change of cash once, up to block {count(indexState.value.final)}, the newest that is final:</span>{(['canonical', 'koinly', 'cointracker'] as const).map((format) => <a key={format} href={statementUrl(seat, format)} download={`sit-${seat}-${format}.csv`}>{format}</a>)}</p>}
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
