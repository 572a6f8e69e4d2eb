// The order ticket: what an order would do is asked of the engine before anything is signed.

import { computed, effect, signal, untracked } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { type Read, count, decimal, dot, parseDecimal, parseLots, parsePrice, plain, price, tokens, usd } from '../amounts';
import { ask, chainNow, cold, head, loadCold, snapshot, viewer } from '../chain';
import { monthName, span } from '../clock';
import { split, usual, type Cost } from '../cost';
import { closable, opened } from '../exits';
import { clearingCall, costOf, estimate, send, sentenceOf, trader, type Wanted } from '../send';
import { listed } from '../listed';
import { settings } from '../settings';
import { draft, EMPTY, fill, type Draft, type Kind, type Side } from '../ticket';
import { sentBy } from '../sender';
import { isRefusal, WITH_THE_SETTLEMENT, type Health, type Month, type Preview, type Standing } from '../types';
import { asDelegate, session, signer, useSession } from '../wallet';
import { Field, nameOf, Panel, scenarioName, Segments, shownMonth } from './parts';
import { dialog, openAccount } from './top';

const POLICIES = [[0, 'Good till cancelled'], [1, 'Immediate or cancel'], [2, 'Fill or kill'], [3, 'Post only'], [4, 'Post only, slides']] as const;
const SELF = [[0, 'Cancel the new order'], [1, 'Cancel the resting order'], [2, 'Reduce both']] as const;
const EXPIRIES = [[0, 'Until cancelled'], [3600, 'One hour'], [86_400, 'One day'], [604_800, 'One week']] as const;

/** An order as the contract takes it, or what is wrong with the ticket. */
export interface Composed { message: 'place' | 'replace' | 'set_trigger'; args: unknown[]; label: string; lots: number; ticks: number }

/** A price in the ticket that is protected: so many basis points beyond the best one of the other side, towards it. */
function protection(side: Side, month: Month, bps: number): Read<number> {
  const known = snapshot.value?.book;
  // Another month's book is there for a moment after a month is chosen.
  if (known?.instrument !== month.instrument) return { ok: false, why: 'The book of this month is being read.' };
  const best = side === 'buy' ? known.asks[0]?.[0] : known.bids[0]?.[0];
  if (best === undefined) return { ok: false, why: 'Nobody stands on the other side of the book: a market order would not trade.' };
  const moved = side === 'buy' ? Math.floor((best * (10_000 + bps)) / 10_000) : Math.ceil((best * (10_000 - bps)) / 10_000);
  return { ok: true, value: side === 'buy' ? Math.min(moved, month.high_ticks) : Math.max(moved, month.low_ticks) };
}

/** An order that trades at once with what stands, no worse than so many basis points beyond the best price. */
export function marketOrder(seat: number, month: Month, side: Side, lots: number, bps: number, selfTrade = 0, reduceOnly = false): Read<Composed> {
  const limit = protection(side, month, bps);
  if (!limit.ok) return limit;
  const order = [seat, month.instrument, side === 'buy', limit.value, lots, 5, selfTrade, reduceOnly, 0, 0];
  const label = `${side === 'buy' ? 'Buy' : 'Sell'} ${count(lots)} ${monthName(month.expiry)} at market`;
  return { ok: true, value: { message: 'place', args: [order], label, lots, ticks: limit.value } };
}

/** What a trigger's flags mean, as the contract takes them. */
const [SELLS, ABOVE, ON_LAST, REDUCES, RESTS] = [1, 2, 4, 8, 16] as const;

/** Places for triggers that are free. */
function freeSlots(): number[] {
  const used = new Set(snapshot.value?.account?.triggers.map((trigger) => trigger.slot));
  return Array.from({ length: 16 }, (_, place) => place).filter((place) => !used.has(place));
}

/** Whether triggers are to follow the order: one that only reduces, or replaces another, has none. */
const withExits = ({ exits, kind, reduceOnly, replaces }: Draft): boolean => exits && kind !== 'trigger' && !reduceOnly && !replaces && !asDelegate();

/** A trigger that follows an order: everything but its place. */
interface Exit { name: string; label: string; trigger: unknown[] }

/** Lots that are held in a month, below zero when short. */
const heldIn = ({ instrument }: Month): number => snapshot.value?.account?.positions.find((one) => one.instrument === instrument)?.net_lots ?? 0;

/** Lots of an order that triggers after it could close again; none in a month in which everything only reduces. */
const openedBy = (month: Month, side: Side, lots: number): number => (month.status === 'trading' ? opened(heldIn(month), side === 'buy', lots) : 0);

const CLOSES_ONLY = 'This order only closes lots that you hold: nothing would be left for a take profit or a stop to close.';

/** How far beyond its price a stop may trade: it is to close even when the price has jumped over it. */
const STOP_SLACK_BPS = 500;

/** Triggers that close again what an order opens: they look at the mark, and may only reduce. */
function exitsOf(month: Month, { lots: ordered, ticks }: Composed): Read<Exit[]> {
  const { side, kind, takeProfit, stop, feeUsd } = draft.value;
  if (!withExits(draft.value)) return { ok: true, value: [] };
  const lots = openedBy(month, side, ordered);
  if (lots === 0) return { ok: false, why: `${CLOSES_ONLY} Switch both off; what protects the lots that stay is set under “Stop / take”.` };
  const size = month.tick_size_atoms;
  const fee = parseDecimal(feeUsd, 6, 'A fee');
  if (!fee.ok) return fee;
  const buys = side === 'buy';
  // A market order's price is how far it may go, not where it trades.
  const prices = kind === 'limit' ? [month.mark_ticks, ticks] : [month.mark_ticks];
  const found: Exit[] = [];
  for (const [name, text] of [['Take profit', takeProfit], ['Stop', stop]] as const) {
    if (text.trim() === '') continue;
    const read = parsePrice(text, size);
    if (!read.ok) return { ok: false, why: `${name}: ${read.why}` };
    const profit = name === 'Take profit';
    const above = buys === profit;
    if (prices.some((one) => (above ? read.value <= one : read.value >= one))) {
      return { ok: false, why: `${name}: it has to be ${above ? 'above' : 'below'} the mark${kind === 'limit' ? ' and the order’s price' : ''}, or it would be executed at once.` };
    }
    const away = Math.ceil((read.value * STOP_SLACK_BPS) / 10_000);
    const limit = profit ? read.value : buys ? Math.max(1, read.value - away) : read.value + away;
    const flags = (buys ? SELLS : 0) | (above ? ABOVE : 0) | REDUCES | (profit ? RESTS : 0);
    found.push({
      name, trigger: [month.instrument, flags, read.value, limit, lots, 0, Number(fee.value)],
      label: `${name}: ${buys ? 'sell' : 'buy'} ${count(lots)} ${monthName(month.expiry)} when ${above ? '≥' : '≤'} ${price(read.value, size)}`,
    });
  }
  if (found.length === 0) return { ok: false, why: 'Type a price to take profit or to stop at, or switch both off.' };
  return freeSlots().length < found.length ? { ok: false, why: 'Too few places for triggers are free: remove one first.' } : { ok: true, value: found };
}

/** The call that sets a trigger, in the first place that is free and that this order has not taken yet. */
function setting(seat: number, { trigger, label }: Exit, taken: number[]): Wanted | null {
  const slot = freeSlots().find((one) => !taken.includes(one));
  if (slot === undefined) return null;
  taken.push(slot);
  return clearingCall('set_trigger', [seat, slot, trigger], label);
}

/** What is in the ticket, read exactly. */
export function compose(seat: number, month: Month): Read<Composed> {
  const { side, kind, price: text, lots: size, policy, reduceOnly, expiry, selfTrade, slippageBps, triggerPrice, above, onLast, feeUsd, replaces } = draft.value;
  const lots = parseLots(size);
  if (!lots.ok) return lots;
  if (kind === 'market') return marketOrder(seat, month, side, lots.value, slippageBps, selfTrade, reduceOnly);
  const name = monthName(month.expiry);
  const until = expiry === 0 ? 0 : Math.floor(((snapshot.value?.time ?? 0) + expiry) / 60) * 60;
  const verb = side === 'buy' ? 'Buy' : 'Sell';
  const limit = parsePrice(text, month.tick_size_atoms);
  if (!limit.ok) return limit;
  const at = price(limit.value, month.tick_size_atoms);
  if (kind === 'limit') {
    const order = [seat, month.instrument, side === 'buy', limit.value, lots.value, policy, selfTrade, reduceOnly, until, 0];
    return replaces
      ? { ok: true, value: { message: 'replace', args: [replaces.price, replaces.number, order], label: `Replace order ${replaces.number}: ${verb} ${count(lots.value)} ${name} at ${at}`, lots: lots.value, ticks: limit.value } }
      : { ok: true, value: { message: 'place', args: [order], label: `${verb} ${count(lots.value)} ${name} at ${at}`, lots: lots.value, ticks: limit.value } };
  }
  const condition = parsePrice(triggerPrice, month.tick_size_atoms);
  if (!condition.ok) return { ok: false, why: `Trigger price: ${condition.why}` };
  const fee = parseDecimal(feeUsd, 6, 'A fee');
  if (!fee.ok) return fee;
  const [slot] = freeSlots();
  if (slot === undefined) return { ok: false, why: 'All sixteen places for triggers are taken: remove one first.' };
  const flags = (side === 'sell' ? SELLS : 0) | (above ? ABOVE : 0) | (onLast ? ON_LAST : 0) | (reduceOnly ? REDUCES : 0) | (policy === 0 ? RESTS : 0);
  const trigger = [month.instrument, flags, condition.value, limit.value, lots.value, until, Number(fee.value)];
  return { ok: true, value: { message: 'set_trigger', args: [seat, slot, trigger], label: `${verb} ${count(lots.value)} ${name} when ${above ? '≥' : '≤'} ${price(condition.value, month.tick_size_atoms)}`, lots: lots.value, ticks: limit.value } };
}

export const composed = computed<Read<Composed> | null>(() => {
  const month = shownMonth();
  const seat = viewer.value?.seat;
  if (!month || seat === null || seat === undefined) return null;
  return compose(seat, month);
});

const exits = computed<Read<Exit[]>>(() => {
  const month = shownMonth();
  const what = composed.value;
  return month && what?.ok ? exitsOf(month, what.value) : { ok: true, value: [] };
});

/** What each trigger after the order costs, or why the chain would refuse it. */
const exitCosts = signal<{ name: string; label: string; cost: Cost | { why: string } }[]>([]);

/** An order and the triggers after it, as they were sent last. */
interface Attached { text: string; state: 'waits' | 'now' | 'done' | 'failed' }
const attached = signal<Attached[]>([]);

const said = signal<{ of: Composed; month: number | undefined; draft: Draft; preview: Preview } | null>(null);
const cost = signal<Cost | { why: string } | null>(null);
/** What opening an account costs whoever has none. */
const opening = signal<Cost | null>(null);

/** The engine's opinion follows the ticket, the block, and nothing else. */
export function followTicket(): void {
  let asked = 0;
  effect(() => {
    const what = composed.value;
    const who = viewer.value;
    const known = snapshot.value;
    const typed = draft.peek();
    const month = shownMonth()?.instrument;
    asked += 1;
    const number = asked;
    if (!what?.ok || !who || who.seat === null || !known) {
      said.value = null;
      return;
    }
    const by = sentBy(known.account?.owner ?? who.owner ?? who.address, untracked(trader)?.address);
    void ask<Preview>({
      do: 'preview', seat: who.seat, ...by, now: known.time, contract: 'clearing', message: what.value.message, arguments: what.value.args,
    }).then((preview) => {
      if (number === asked) said.value = { of: what.value, month, draft: typed, preview };
    }).catch(() => undefined);
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const about = said.value;
    clearTimeout(timer);
    const by = trader();
    if (!about || isRefusal(about.preview.outcome) || !by) {
      cost.value = null;
      return;
    }
    timer = setTimeout(() => {
      void estimate(wanted(about.of), by.address).then(
        ({ wei }) => (cost.value = split(wei, about.preview.deposit_planck)),
        (error: unknown) => (cost.value = { why: sentenceOf(error) }),
      );
    }, 600);
  });
  let exitsLater: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const wants = exits.value;
    const seat = viewer.value?.seat;
    const by = signer.value;
    clearTimeout(exitsLater);
    if (!wants.ok || wants.value.length === 0 || seat === null || seat === undefined || !by) {
      exitCosts.value = [];
      return;
    }
    exitsLater = setTimeout(() => {
      const taken: number[] = [];
      void Promise.all(wants.value.map(async (one) => {
        const call = setting(seat, one, taken);
        const known = call ? await costOf(call, by.address).catch((error: unknown) => ({ why: sentenceOf(error) })) : { why: 'No place is free.' };
        return { name: one.name, label: one.label, cost: known };
      })).then((found) => { if (exits.peek() === wants) exitCosts.value = found; });
    }, 600);
  });
  const read = computed(() => snapshot.value !== null);
  let asks = 0;
  effect(() => {
    const who = viewer.value;
    const known = read.value;
    asks += 1;
    const number = asks;
    opening.value = null;
    if (!who || who.seat !== null || !known) return;
    void untracked(() => costOf(clearingCall('open_account', [0], ''), who.address)).then((found) => {
      if (number === asks) opening.value = found;
    }).catch(() => undefined);
  });
}

/** What was in the ticket when its order was sent, until that is done or has failed. */
const submitted = signal<Draft | null>(null);

/** What is sent of an order. */
export const wanted = ({ message, args, label }: Composed): Wanted => clearingCall(message, args, label);

async function submit(): Promise<void> {
  const what = composed.value;
  const after = exits.value;
  const seat = viewer.value?.seat;
  const typed = draft.value;
  // A second click while the order is on its way is no second order; what was changed since is one.
  if (!what?.ok || !after.ok || seat === null || seat === undefined || submitted.value === typed) return;
  submitted.value = typed;
  const texts = [what.value.label, ...after.value.map(({ label }) => label)];
  const states: Attached['state'][] = texts.map(() => 'waits');
  const become = (place: number, state: Attached['state']): void => {
    states[place] = state;
    attached.value = after.value.length === 0 ? [] : texts.map((text, at) => ({ text, state: states[at] ?? 'waits' }));
  };
  become(0, 'now');
  const done = await send(wanted(what.value), trader());
  become(0, done ? 'done' : 'failed');
  if (submitted.value === typed) submitted.value = null;
  if (!done) return;
  // Whoever has begun to type the next one keeps it.
  if (draft.value === typed) fill({ lots: '', replaces: null, exits: false, takeProfit: '', stop: '' });
  const taken: number[] = [];
  for (const [place, one] of after.value.entries()) {
    become(place + 1, 'now');
    const call = setting(seat, one, taken);
    // A session key may promise no keeper's fee: the owner signs.
    become(place + 1, call && (await send(call, signer.value)) ? 'done' : 'failed');
  }
}

/** What became of an order and of the triggers after it, and what to do where not all of them are set. */
function AttachedSteps() {
  const all = attached.value;
  if (all.length === 0) return null;
  const [order, ...after] = all;
  const lost = after.filter(({ state }) => state === 'failed').length;
  return (
    <>
      <ol class="steps" id="attached" aria-label="The order and what follows it" aria-live="polite">
        {all.map(({ text, state }, place) => (
          <li key={text} data-state={state}><span class={state === 'done' ? 'buy' : state === 'failed' ? 'bad' : 'muted'}>{state === 'done' ? '✓' : state === 'failed' ? '✕' : place + 1}</span><span>{text}</span><span>{{ waits: 'waits', now: '…', done: 'done', failed: 'failed' }[state]}</span></li>
        ))}
      </ol>
      {order?.state === 'failed' && <p class="refusal" role="alert">The order failed, so nothing after it was sent.</p>}
      {lost > 0 && <p class="refusal" role="alert" id="unprotected">The order stands without {lost === after.length ? 'what was to close it' : 'all of what was to close it'}: set it under “Stop / take”, cancel the order, or close the position. Why it failed stands under Transactions.</p>}
      {!all.some(({ state }) => state === 'now') && <button type="button" class="button small" onClick={() => (attached.value = [])}>Close</button>}
    </>
  );
}

export function Ticket() {
  const month = shownMonth();
  const { side, kind } = draft.value;
  if (!month) return <Panel id="ticket" class="ticket" title="Order"><p class="nothing">No months are listed.</p></Panel>;
  return (
    <Panel id="ticket" class="ticket" title={`Order in ${monthName(month.expiry)}`} head={<><span class="grow" />{draft.value.replaces ? <button type="button" class="button small" onClick={() => (draft.value = EMPTY)}>New order</button> : null}</>}>
      {begins() && <Begin />}
      <Segments<Side> class="sides" label="Side" value={side} options={[['buy', 'Buy', 'to-buy'], ['sell', 'Sell', 'to-sell']]} onChange={(value) => fill({ side: value })} />
      <Segments<Kind> label="Kind of order" value={kind} options={[['limit', 'Limit'], ['market', 'Market'], ['trigger', 'Stop / take']]} onChange={(value) => fill({ kind: value, replaces: null })} />
      <Inputs month={month} />
      <Said month={month} />
      <AttachedSteps />
    </Panel>
  );
}

function Inputs({ month }: { month: Month }) {
  const { side, kind, price: text, lots, triggerPrice, above, onLast, feeUsd, policy, expiry, selfTrade, reduceOnly, slippageBps, exits, takeProfit, stop, replaces } = draft.value;
  const size = month.tick_size_atoms;
  const read = parseLots(lots);
  const step = (field: 'price' | 'triggerPrice' | 'takeProfit' | 'stop', value: string) => (ticks: number): void => {
    const now = parsePrice(value, size);
    const from = now.ok ? now.value : month.mark_ticks;
    fill({ [field]: plain(price(Math.max(1, from + ticks), size)) });
  };
  const opens = read.ok ? openedBy(month, side, read.value) : null;
  const value = read.ok ? BigInt(read.value) * BigInt(month.mark_ticks) * BigInt(month.tick_value_atoms) : 0n;
  return (
    <>
      {kind === 'trigger' && (
        <>
          <div class="pair">
            <div class="field"><label for="above">When the price is</label>
              <select id="above" class="select" value={above ? 'above' : 'below'} onChange={(event) => fill({ above: event.currentTarget.value === 'above' })}>
                <option value="below">at or below</option><option value="above">at or above</option>
              </select></div>
            <div class="field"><label for="looks">Looks at</label>
              <select id="looks" class="select" value={onLast ? 'last' : 'mark'} onChange={(event) => fill({ onLast: event.currentTarget.value === 'last' })}>
                <option value="mark">the mark</option><option value="last">the last trade</option>
              </select></div>
          </div>
          <Field id="trigger-price" label="Trigger price" unit="USD / M" value={triggerPrice} onInput={(next) => fill({ triggerPrice: next })} onStep={step('triggerPrice', triggerPrice)} placeholder={price(month.mark_ticks, size)} />
        </>
      )}
      {kind !== 'market' && <Field id="price" label={kind === 'trigger' ? 'Limit of the order' : 'Price'} unit="USD / M tokens" value={text} onInput={(next) => fill({ price: next })} onStep={step('price', text)} placeholder={price(month.mark_ticks, size)} />}
      {kind === 'market' && (
        <div class="field"><label for="slippage">Protection beyond the best price</label>
          <select id="slippage" class="select" value={String(slippageBps)} onChange={(event) => fill({ slippageBps: Number(event.currentTarget.value) })}>
            {[10, 50, 100, 300].map((bps) => <option key={bps} value={String(bps)}>{decimal(BigInt(bps), 2, 1)} %</option>)}
          </select></div>
      )}
      <Field id="lots" label="Size" unit="lots" inputMode="numeric" value={lots} placeholder="0" onInput={(next) => fill({ lots: next })}
        onStep={(by) => fill({ lots: String(Math.max(1, (read.ok ? read.value : 0) + by)) })}
        hint={<span class="spread"><span>{read.ok ? `${tokens(read.value, month.lot_millions)} tokens` : `a lot is ${tokens(1, month.lot_millions)} tokens`}</span><span>{read.ok ? `≈ ${usd(value)} USD` : ''}</span></span>} />
      <div class="row">
        {[1, 10, 50].map((by) => <button type="button" key={by} class="button small" onClick={() => fill({ lots: String((read.ok ? read.value : 0) + by) })}>+{by}</button>)}
        {[25, 50, 75].map((part) => <button type="button" key={part} class="button small" title="Of the largest size that your margin allows" onClick={() => void largest(month, part)}>{part} %</button>)}
        <button type="button" class="button small" title="The largest size that your margin allows" onClick={() => void largest(month, 100)}>Max</button>
      </div>
      <details>
        <summary>More</summary>
        <div class="more">
          {kind !== 'market' && (
            <div class="field"><label for="policy">{kind === 'trigger' ? 'What does not trade' : 'Policy'}</label>
              <select id="policy" class="select" value={String(policy)} onChange={(event) => fill({ policy: Number(event.currentTarget.value) })}>
                {kind === 'trigger' ? <><option value="0">rests at the limit</option><option value="1">is cancelled</option></> : POLICIES.map(([number, name]) => <option key={number} value={String(number)}>{name}</option>)}
              </select></div>
          )}
          {kind !== 'market' && (
            <div class="field"><label for="expiry">Good for</label>
              <select id="expiry" class="select" value={String(expiry)} onChange={(event) => fill({ expiry: Number(event.currentTarget.value) })}>
                {EXPIRIES.map(([seconds, name]) => <option key={seconds} value={String(seconds)}>{name}</option>)}
              </select></div>
          )}
          {kind !== 'trigger' && (
            <div class="field"><label for="self">Meeting your own order</label>
              <select id="self" class="select" value={String(selfTrade)} onChange={(event) => fill({ selfTrade: Number(event.currentTarget.value) })}>
                {SELF.map(([number, name]) => <option key={number} value={String(number)}>{name}</option>)}
              </select></div>
          )}
          {kind === 'trigger' && <Field id="keeper-fee" label="Fee of the keeper who executes it" unit="USD" value={feeUsd} onInput={(next) => fill({ feeUsd: next })} />}
        </div>
      </details>
      <label class="check"><input type="checkbox" id="reduce-only" checked={reduceOnly} onChange={(event) => fill({ reduceOnly: event.currentTarget.checked })} /> Reduce only</label>
      {kind === 'trigger' && reduceOnly && closable(heldIn(month), side === 'buy') === 0 && (
        <p class="hint warn" id="reduces-nothing">As things stand it would close nothing: it may only reduce, and you hold nothing in {monthName(month.expiry)} that {side === 'buy' ? 'buying' : 'selling'} closes.</p>
      )}
      {kind !== 'trigger' && !reduceOnly && !replaces && !asDelegate() && (
        <label class="check"><input type="checkbox" id="exits" checked={exits} disabled={!exits && opens === 0} onChange={(event) => fill({ exits: event.currentTarget.checked })} /> Take profit and stop</label>
      )}
      {kind !== 'trigger' && !reduceOnly && !replaces && !asDelegate() && !exits && opens === 0 && <p class="hint" id="no-exits">{CLOSES_ONLY}</p>}
      {withExits(draft.value) && (
        <>
          <div class="pair">
            <Field id="take-profit" label="Take profit at" unit="USD / M" value={takeProfit} onInput={(next) => fill({ takeProfit: next })} onStep={step('takeProfit', takeProfit)} placeholder="none" />
            <Field id="stop-loss" label="Stop at" unit="USD / M" value={stop} onInput={(next) => fill({ stop: next })} onStep={step('stop', stop)} placeholder="none" />
          </div>
          <p class="hint">Each is a trigger on the mark for {read.ok && opens !== null && opens > 0 && opens < read.value ? `the ${count(opens)} lots by which the order goes beyond what it closes` : 'all lots of the order'}, and a transaction of its own after it, which is signed by itself. They may only reduce: until the order has traded they close nothing. When one is executed, or the order cancelled, the other stays until you remove it under Triggers.</p>
        </>
      )}
    </>
  );
}

/** So many per cent of the largest size that the engine takes, which is found by halving; at least a lot of it. */
async function largest(month: Month, part: number): Promise<void> {
  const who = viewer.value;
  const known = snapshot.value;
  if (!who || who.seat === null || !known) return;
  const by = sentBy(known.account?.owner ?? who.address, trader()?.address);
  const fits = async (lots: number): Promise<boolean> => {
    const before = draft.value;
    draft.value = { ...before, lots: String(lots) };
    const what = compose(who.seat as number, month);
    draft.value = before;
    if (!what.ok) return false;
    const preview = await ask<Preview>({ do: 'preview', seat: who.seat, ...by, now: known.time, contract: 'clearing', message: what.value.message, arguments: what.value.args });
    return !isRefusal(preview.outcome);
  };
  let [low, high] = [0, month.terms.position_limit_lots + 1];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (await fits(middle)) low = middle;
    else high = middle;
  }
  fill({ lots: low > 0 ? String(Math.max(1, Math.floor((low * part) / 100))) : '' });
}

const healthOf = (standing: Standing | { error: string }): Health | null => ('health' in standing ? standing.health : null);

/** What binds, in words: the scenario's name and what it does to the month. */
function bindingWords(number: number, slot: number | null): string {
  const shock = slot === null ? undefined : cold.value?.risk.shocks_bps[slot]?.[number];
  return shock === undefined ? scenarioName(number) : `${scenarioName(number)}: this month ${shock > 0 ? '+' : '−'}${decimal(BigInt(Math.abs(shock)), 2, 1)} %`;
}

/** What a message trades at once in a month, by the events of its preview. */
interface Traded { instrument: number; buy: boolean; lots: bigint; value: bigint; fee: bigint }

function tradedOf(preview: Preview): Traded[] {
  const found: Traded[] = [];
  for (const { name, fields } of preview.events) {
    if (name !== 'Filled' || fields['taker'] !== viewer.value?.seat) continue;
    const [instrument, buy, lots] = [Number(fields['instrument']), fields['buy'] === true, BigInt(fields['lots'] as number)];
    let held = found.find((one) => one.instrument === instrument && one.buy === buy);
    if (!held) found.push((held = { instrument, buy, lots: 0n, value: 0n, fee: 0n }));
    held.lots += lots;
    held.value += lots * BigInt(fields['price'] as number);
    held.fee += BigInt(fields['taker_fee'] as number);
  }
  return found;
}

/** Lots of an order that rest, by what the contract would answer: one that only shrinks rests on without an event. */
function restsOf(preview: Preview, order: boolean): number {
  if (order && !isRefusal(preview.outcome) && preview.outcome.answer.length > 2) return Number(preview.outcome.answer[2]);
  return preview.events.filter(({ name, fields }) => name === 'Placed' && fields['seat'] === viewer.value?.seat).reduce((total, { fields }) => total + Number(fields['lots']), 0);
}

/** What trades, what rests, and of an order of so many lots what does neither. */
function willOf(preview: Preview, month: Month, asked: number | undefined): string {
  const traded = tradedOf(preview);
  const average = ({ lots, value }: Traded, size: number): string => decimal((value * BigInt(size) * 100n) / lots, 8, 5);
  const rests = restsOf(preview, asked !== undefined);
  const [first, second] = traded;
  const left = asked === undefined ? 0 : asked - rests - Number(first?.lots ?? 0n);
  const words = [
    second ? `Will ${traded.map((one) => `${one.buy ? 'buy' : 'sell'} ${count(one.lots)} ${nameOf(one.instrument)} at ${average(one, listed(one.instrument)?.tickSize ?? 1)}`).join(' and ')} on average`
      : first ? `Will trade ${count(first.lots)} now at ${average(first, month.tick_size_atoms)} on average` : 'Trades nothing now',
    rests > 0 ? `${count(rests)} will rest` : '', left > 0 ? `${count(left)} will be cancelled` : '',
  ];
  return words.filter((one) => one !== '').join(', ');
}

/** What a preview says, for the ticket and for a roll; `asked` is the size of an order. */
export function PreviewBlock({ preview, month, asked }: { preview: Preview; month: Month; asked?: number | undefined }) {
  useEffect(() => {
    if (!cold.peek()) void loadCold().catch(() => undefined);
  }, []);
  const [before, after] = [healthOf(preview.before), healthOf(preview.after)];
  const fee = tradedOf(preview).reduce((total, one) => total + one.fee, 0n);
  const size = month.tick_size_atoms;
  const liquidation = 'health' in preview.after ? preview.after.liquidation.find((one) => one.instrument === month.instrument) : undefined;
  const free = (health: Health | null): bigint | null => (health ? BigInt(health.initial_equity_atoms) - BigInt(health.initial_atoms) : null);
  const [freeBefore, freeAfter] = [free(before), free(after)];
  const change = (from: string | bigint | undefined, to: string | bigint | undefined) => <>{usd(from ?? 0n)} → {usd(to ?? 0n)}</>;
  return (
    <>
      <p class="will" id="will">{willOf(preview, month, asked)}</p>
      <dl>
        <dt>Equity</dt><dd>{change(before?.equity_atoms, after?.equity_atoms)}</dd>
        <dt>Initial margin</dt><dd>{change(before?.initial_atoms, after?.initial_atoms)}</dd>
        <dt>Maintenance</dt><dd>{change(before?.maintenance_atoms, after?.maintenance_atoms)}</dd>
        <dt>Free</dt><dd>{change(freeBefore ?? 0n, freeAfter ?? 0n)}</dd>
        <dt>Scenario</dt><dd>{after && BigInt(after.initial_atoms) > 0n ? bindingWords(after.scenario, month.slot) : '–'}</dd>
        <dt>Liq. below / above</dt><dd>{price(liquidation?.below_ticks, size)} / {price(liquidation?.above_ticks, size)}</dd>
        <dt>Trading fee</dt><dd>{usd(fee, 4)} USD</dd>
      </dl>
    </>
  );
}

/** A deposit in words: what comes back now is not something to pay. */
export function depositWords({ deposit }: Cost): string {
  if (deposit === null) return 'in the fee';
  return deposit < 0n ? `${dot(-deposit, 5)} DOT come back` : `${dot(deposit, 5)} DOT`;
}

/** What the chain takes of a transaction, in DOT, beside the exchange's own fee in US dollars. */
export function CostBlock({ cost: known }: { cost: Cost | { why: string } | null }) {
  const found = known && 'fee' in known ? known : null;
  return (
    <dl id="network-cost">
      <dt title="What the chain takes for the transaction; it is gone">Network fee</dt><dd>{found ? `${dot(found.fee, 5)} DOT` : '…'}</dd>
      <dt title="For what the order stores; it comes back when that goes">Refundable deposit</dt><dd>{found ? depositWords(found) : '…'}</dd>
    </dl>
  );
}

function Said({ month }: { month: Month }) {
  const what = composed.value;
  const about = said.value;
  const { side, lots } = draft.value;
  const who = viewer.value;
  if (!who || who.seat === null) return null;
  const now = chainNow();
  const after = exits.value;
  const lost = exitCosts.value.find(({ cost: known }) => 'why' in known);
  const refusal = what && !what.ok ? (lots === '' ? null : what.why) : !after.ok ? after.why : lost && 'why' in lost.cost ? `${lost.name}: ${lost.cost.why}` : about && isRefusal(about.preview.outcome) ? about.preview.outcome.sentence : cost.value && 'why' in cost.value ? cost.value.why : null;
  // While a new block is looked at, the button stays as it was, or a click in that moment would be lost; nothing is signed
  // before the node has run the order on its newest state.
  const ready = what?.ok && about?.draft === draft.value && about.month === month.instrument && !isRefusal(about.preview.outcome) && !(cost.value && 'why' in cost.value) && after.ok && !lost && submitted.value !== draft.value;
  const by = trader();
  return (
    <>
      {month.opens_at === WITH_THE_SETTLEMENT && month.status !== 'settled' && <p class="hint warn">The next mark may be known already: nothing trades until a print is settled.</p>}
      {month.opens_at > now && month.opens_at < WITH_THE_SETTLEMENT && month.status !== 'settled' && <p class="hint warn">The book collects orders: they rest and do not cross for {span(month.opens_at - now)} yet.</p>}
      {refusal && <p class="refusal" role="alert" id="refusal">{refusal}</p>}
      {about && what?.ok && !isRefusal(about.preview.outcome) && (
        <div class="preview" id="preview" aria-live="polite">
          <PreviewBlock preview={about.preview} month={month} asked={about.of.message === 'set_trigger' ? undefined : about.of.lots} />
          <CostBlock cost={cost.value} />
        </div>
      )}
      {after.ok && after.value.length > 0 && (
        <ul class="steps" id="exits-said" aria-label="After the order">
          {after.value.map(({ name, label }) => {
            const known = exitCosts.value.find((one) => one.label === label)?.cost;
            return <li key={name}><span>+</span><span>{label}<span class="hint">{known && 'fee' in known ? costWords(known, false) : '…'}, and {draft.value.feeUsd} USD to the keeper who executes it</span></span></li>;
          })}
        </ul>
      )}
      <button type="button" id="submit" class={`button wide ${side}-side`} disabled={!ready} onClick={() => void submit()}>
        {what?.ok ? what.value.label : side === 'buy' ? 'Buy' : 'Sell'}
      </button>
      {submitted.value === draft.value && <p class="hint" id="on-its-way" role="status">This order is being signed and sent. To send another one meanwhile, change something in it.</p>}
      {by?.kind === 'session' && <p class="hint">Signed by the session key, without a question.</p>}
      {session.value && !useSession.value && <p class="hint">The session key is not in use.</p>}
    </>
  );
}

/** Whether somebody has still to begin: no account, or one of theirs that has never ordered and holds nothing. */
function begins(): boolean {
  const who = viewer.value;
  if (!who || who.seat === null) return true;
  const account = snapshot.value?.account;
  return who.owner !== null && account?.seat === who.seat && account.next_order === 1 && account.positions.length === 0;
}

/** Fee and refundable deposit apart, in words; of what nobody has estimated yet rounded to what is known. */
function costWords({ fee, deposit }: Cost, about: boolean): string {
  const amount = (wei: bigint, places: number): string => (about ? `about ${dot(wei + 5n * 10n ** BigInt(17 - places), places)} DOT` : `${dot(wei, 5)} DOT`);
  return `${amount(fee, 3)} fee, ${deposit === null ? 'deposit included' : deposit === 0n ? 'no refundable deposit' : `${amount(deposit, 4)} refundable deposit`}`;
}

/** What a newcomer does first, each with what it costs, and what of it is done. */
function Begin() {
  const who = viewer.value;
  const known = snapshot.value;
  const wallet = known?.wallet;
  const gasPrice = head.value?.price ?? 0n;
  const [hasAccount, hasCash] = [who !== null && who.seat !== null, BigInt(known?.account?.cash_atoms ?? 0) > 0n];
  // What the ticket would send is the first order, once there is one in it that would be taken.
  const ordered = said.value?.of.message === 'place' && cost.value && 'fee' in cost.value ? cost.value : null;
  const costs = { account: opening.value, deposit: null, order: ordered };
  const costOfStep = (step: keyof typeof costs): string => costWords(costs[step] ?? usual(step, gasPrice), costs[step] === null);
  const left = (['account', 'deposit', 'order'] as const).filter((_, place) => ![hasAccount, hasCash][place]);
  const all = left.reduce((sum, step) => { const { fee, deposit } = costs[step] ?? usual(step, gasPrice); return sum + fee + (deposit ?? 0n); }, 0n);
  const steps: { name: string; text: string; done: boolean; hint?: string; id?: string; more?: ComponentChildren }[] = [
    { name: 'connect', text: 'Connect a wallet', done: who !== null, hint: 'costs nothing', more: !who && <button type="button" class="button small primary" onClick={() => (dialog.value = 'connect')}>Connect</button> },
    { name: 'dot', text: 'DOT for fees and deposits', done: (wallet?.dot ?? 0n) > 10n ** 17n, hint: `about ${dot(all + 5n * 10n ** 14n, 3)} DOT for what follows`, more: wallet ? dot(wallet.dot, 2) : '' },
    { name: 'usdc', text: 'USDC as collateral', done: (wallet?.usdc ?? 0n) > 0n || hasCash, more: wallet ? usd(wallet.usdc, 0) : '' },
    { name: 'account', text: 'Open an account', done: hasAccount, hint: costOfStep('account'), id: 'opening-cost', more: who && !hasAccount && <button type="button" class="button small primary" id="open-account" onClick={() => void openAccount()}>Open</button> },
    { name: 'deposit', text: 'Deposit: a signature and a transaction', done: hasCash, hint: costOfStep('deposit'), more: hasAccount && !hasCash && <button type="button" class="button small primary" onClick={() => (dialog.value = 'funds')}>Deposit</button> },
    { name: 'order', text: 'First order', done: false, hint: costOfStep('order') },
  ];
  return (
    <ol class="steps" id="begin" aria-label="How to begin">
      {steps.map(({ name, text, done, hint, id, more }, place) => (
        <li key={name} data-step={name} data-state={done ? 'done' : 'waits'}>
          <span class={done ? 'buy' : 'muted'}>{done ? <>✓<span class="visually-hidden"> done</span></> : place + 1}</span>
          <span>{text}{!done && hint && <span class="hint" id={id}>{hint}</span>}</span>
          <span>{more}</span>
        </li>
      ))}
    </ol>
  );
}

/** Keys, for those who have switched them on. */
export function followKeys(): void {
  document.addEventListener('keydown', (event) => {
    const target = event.target as HTMLElement;
    if (!settings.value.keys || event.ctrlKey || event.metaKey || event.altKey || /^(input|select|textarea)$/i.test(target.tagName)) return;
    // What is typed into a dialog is for it: Escape closes it, and leaves the ticket behind it as it is.
    if (document.querySelector('dialog[open]')) return;
    if (event.key === 'b' || event.key === 'B') fill({ side: 'buy' });
    else if (event.key === 's' || event.key === 'S') fill({ side: 'sell' });
    else if (event.key === 'Escape') draft.value = EMPTY;
    else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      const month = shownMonth();
      if (!month) return;
      const now = parsePrice(draft.value.price, month.tick_size_atoms);
      fill({ price: plain(price((now.ok ? now.value : month.mark_ticks) + (event.key === 'ArrowUp' ? 1 : -1), month.tick_size_atoms)) });
      event.preventDefault();
    }
  });
}
