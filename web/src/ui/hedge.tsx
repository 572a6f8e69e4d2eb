// For people who buy inference and never trade: how much of it, and until when, makes a plan of orders.

import { signal } from '@preact/signals';
import { count, parseDecimal, price, tokens, usd } from '../amounts';
import { select, snapshot } from '../chain';
import { monthName } from '../clock';
import { EMPTY, draft } from '../ticket';
import { Field, months, Panel } from './parts';

const usage = signal('2500');
const horizon = signal(3);
const part = signal(80);

export function Hedge() {
  const read = parseDecimal(usage.value, 3, 'Billions of tokens');
  const all = months().filter((month) => month.status === 'trading').slice(0, horizon.value);
  // Millions of tokens of a month that are to be hedged.
  const millions = read.ok ? (read.value * BigInt(part.value)) / 100n : 0n;
  const rows = all.map((month) => {
    const lots = month.lot_millions > 0 ? Number(millions / BigInt(month.lot_millions)) : 0;
    return { month, lots, value: BigInt(lots) * BigInt(month.mark_ticks) * BigInt(month.tick_value_atoms) };
  });
  const sum = rows.reduce((total, row) => total + row.value, 0n);
  return (
    <main class="cards">
      <h1 class="visually-hidden">Hedge</h1>
      <Panel class="third" title="What you use">
        <Field id="usage" label="Tokens of a month" unit="billion" value={usage.value} onInput={(value) => (usage.value = value)} hint={read.ok ? 'Input and output together, in standard tokens of the index.' : read.why} />
        <div class="field"><label for="horizon">For how many months</label>
          <select id="horizon" class="select" value={String(horizon.value)} onChange={(event) => (horizon.value = Number(event.currentTarget.value))}>{[1, 2, 3, 4, 6].map((number) => <option key={number} value={String(number)}>{number}</option>)}</select></div>
        <div class="field"><label for="part">Part of it that is hedged</label>
          <select id="part" class="select" value={String(part.value)} onChange={(event) => (part.value = Number(event.currentTarget.value))}>{[25, 50, 80, 100].map((number) => <option key={number} value={String(number)}>{number} %</option>)}</select></div>
      </Panel>
      <Panel title="The plan" class="full" live bare>
        <p class="body">Buying these lots fixes about {usd(sum, 0)} USD of cost at today’s marks: what the index rises by, the exchange pays you, and what it falls by, you pay the exchange, day by day. Lots are rounded down, so that you never hedge more than you use.</p>
        <div class="scroll" tabIndex={0} role="group" aria-label="Plan">
          <table class="table stack">
            <thead><tr><th scope="col">Month</th><th scope="col">Buy</th><th scope="col">Tokens</th><th scope="col">Mark</th><th scope="col">Value</th><th scope="col">Open interest</th><th scope="col">Order</th></tr></thead>
            <tbody>
              {rows.map(({ month, lots, value }) => (
                <tr key={month.instrument}>
                  <td data-label="Month"><strong>{monthName(month.expiry)}</strong></td>
                  <td data-label="Buy">{count(lots)} lots</td>
                  <td data-label="Tokens">{tokens(lots, month.lot_millions)}</td>
                  <td data-label="Mark">{price(month.mark_ticks, month.tick_size_atoms)}</td>
                  <td data-label="Value">{usd(value)}</td>
                  <td data-label="Open interest">{count(month.open_interest_lots)} lots</td>
                  <td data-label="Order"><button type="button" class="button small" disabled={lots === 0} onClick={() => { select(month.instrument); draft.value = { ...EMPTY, kind: 'market', lots: String(lots) }; location.hash = '#trade'; }}>Into the ticket</button></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <p class="body hint">A simple plan: it takes the same use in every month and the price of the index for yours. How well the index follows what you pay is the basis risk that stays. {snapshot.value ? '' : 'Reading the chain…'}</p>
      </Panel>
    </main>
  );
}
