// The page on which one trades.

import { count, indexPrice, percent, price, ratioBps, tokens } from '../amounts';
import { chainNow, select, selected, snapshot } from '../chain';
import { dateOf, monthName, span, utc } from '../clock';
import { happenings, trades } from '../history';
import { WITH_THE_SETTLEMENT, type Month } from '../types';
import { AccountPanel } from './account';
import { BookPanel } from './book';
import { ChartPanel } from './chart';
import { Fact, months, shownMonth, staleMark } from './parts';
import { Ticket } from './ticket';

export function Trade() {
  return (
    <main class="trade" data-block={snapshot.value?.block} data-hash={snapshot.value?.hash}>
      <h1 class="visually-hidden">Trade</h1>
      <MonthStrip />
      <Head />
      <ChartPanel />
      <BookPanel />
      <Ticket />
      <AccountPanel />
      <nav class="jump" aria-label="Parts of the page"><a href="#trade" onClick={jump('ticket')}>Order</a><a href="#trade" onClick={jump('book')}>Book</a><a href="#trade" onClick={jump('chart')}>Chart</a><a href="#trade" onClick={jump('account')}>Account</a></nav>
    </main>
  );
}

const jump = (id: string) => (event: Event): void => {
  event.preventDefault();
  document.getElementById(id)?.scrollIntoView();
};

/** The change since the settlement mark, in basis points. */
function change(month: Month): number | null {
  const last = lastPrice(month);
  return last === null ? null : ratioBps(BigInt(last - month.settle_ticks), BigInt(month.settle_ticks));
}

function lastPrice(month: Month): number | null {
  const all = trades.value;
  for (let place = all.length - 1; place >= 0; place -= 1) if (all[place]?.instrument === month.instrument) return all[place]?.price ?? null;
  return month.last_ticks;
}

function MonthStrip() {
  const held = new Set(snapshot.value?.account?.positions.filter((one) => one.net_lots !== 0).map((one) => one.instrument));
  const all = months();
  if (all.length === 0) return <div class="months"><p class="nothing">Reading the chain…</p></div>;
  return (
    <div class="months" role="group" aria-label="Months" id="months">
      {all.map((month, place) => {
        const moved = change(month);
        return (
          <button type="button" key={month.instrument} class="month" aria-pressed={month.instrument === selected.value} onClick={() => select(month.instrument)}>
            <span class="name"><span>{monthName(month.expiry)}</span><span class={`tag ${held.has(month.instrument) ? 'own' : ''}`}>{held.has(month.instrument) ? 'yours' : month.status === 'settled' ? 'settled' : place === 0 ? 'front' : ''}</span></span>
            <span class="price">{price(month.final_ticks ?? lastPrice(month) ?? month.mark_ticks, month.tick_size_atoms)}</span>
            <span class="name"><span class="tag">OI {count(month.open_interest_lots)}</span><span class={`tag ${moved === null ? '' : moved > 0 ? 'buy' : moved < 0 ? 'sell' : ''}`} title="Last price against the settlement mark">{moved === null ? '' : `${moved > 0 ? '▲ ' : moved < 0 ? '▼ ' : ''}${percent(Math.abs(moved))}`}</span></span>
          </button>
        );
      })}
    </div>
  );
}

/** What may be done in a month now, in words. */
export function sessionState(month: Month, now: number): string {
  const curve = snapshot.value?.curve;
  if (month.status === 'settled') return 'settled';
  if (now >= month.expiry) return 'trading has ended';
  if (!curve?.session) return `closed until ${utc(curve?.next_session ?? 0)}`;
  if (month.allocating) return 'stands still while a loss is allocated';
  if (month.halted_until > now) return `halted for ${span(month.halted_until - now)}`;
  if (month.opens_at === WITH_THE_SETTLEMENT) return 'closed until a print is settled';
  if (month.opens_at > now) return `opening in ${span(month.opens_at - now)}`;
  if (curve.guard.keeps_risk_out || month.status === 'reduce-only') return 'only reductions, at the mark';
  return 'open';
}

function Head() {
  const month = shownMonth();
  const known = snapshot.value;
  if (!month || !known) return <section class="panel head" />;
  const now = chainNow();
  const size = month.tick_size_atoms;
  const last = lastPrice(month);
  const index = BigInt(known.curve.index_price_atoms);
  const traded = BigInt(last ?? month.mark_ticks) * BigInt(size);
  const basis = ratioBps(traded - index, index);
  const left = month.expiry - now;
  const yearly = basis !== null && left > 0 ? (BigInt(basis) * 31_536_000n) / BigInt(left) : null;
  const day = trades.value.filter((trade) => trade.instrument === month.instrument && trade.time > now - 86_400);
  const volume = day.reduce((total, trade) => total + trade.lots, 0);
  const state = sessionState(month, now);
  const stale = staleMark();
  const settled = happenings.value.filter(({ name, args }) => name === 'MarkSet' && args['instrument'] === month.instrument).at(-1);
  return (
    <section class="panel head" aria-label={`Market of ${monthName(month.expiry)}`} id="head">
      <div class="facts">
        <div class="title"><span>{monthName(month.expiry)}</span><small>USD a million tokens; lot {tokens(1, month.lot_millions)}</small></div>
        <div class="last"><span class="visually-hidden">Last price </span>{price(last, size)}</div>
        <dl class="facts inner">
        <Fact term="Settlement mark" title={settled ? `Set ${utc(settled.time)}` : ''}>{price(month.settle_ticks, size)}</Fact>
        <Fact term="Index" title={`Print of ${dateOf(known.curve.index_day * 86_400)}`}>{indexPrice(index, size)}</Fact>
        <Fact term="Basis" title="Last price less index, of the index; and a year of it">{basis === null ? '–' : `${percent(basis)}${yearly === null ? '' : ` (${percent(yearly, 0)} a year)`}`}</Fact>
        <Fact term="Day’s limits">{price(month.low_ticks, size)} – {price(month.high_ticks, size)}{month.wide ? ' (second)' : ''}</Fact>
        <Fact term="Open interest">{count(month.open_interest_lots)} lots</Fact>
        <Fact term="Volume, 24 h">{count(volume)} lots</Fact>
        <Fact term="Last trading time" title={utc(month.expiry)}>{dateOf(month.expiry)}, in {span(left)}</Fact>
        <Fact term="Session"><span id="session-state" class={state === 'open' ? 'buy' : 'warn'}>{state}</span></Fact>
        {stale && <Fact term="As of"><span class="warn">{stale}</span></Fact>}
        </dl>
      </div>
    </section>
  );
}
