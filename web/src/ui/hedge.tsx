// For people who buy or sell inference and never trade: usage in, plan out, orders to sign, status. The plan is that of
// `sit hedge plan`, by the same code (crates/hedge) in the page's engine, and so is what the bill costs with and without
// the hedge; orders are signed one after the other.

import { computed, effect, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { count, decimal, parseDecimal, price, signed, tokens, usd } from '../amounts';
import { ask, chainNow, select, snapshot, viewer } from '../chain';
import { dateOf, monthName } from '../clock';
import { send, sent, trader } from '../send';
import { EMPTY, draft } from '../ticket';
import { isRefusal, type Band, type HedgeBand, type HedgePlan, type Month, type Refusal } from '../types';
import { Field, months, Panel, Segments } from './parts';
import { marketOrder, wanted as sendable } from './ticket';

type Who = 'buyer' | 'provider';

/** What is asked; `example` while nobody has put in anything of their own. */
interface Asked {
  usage: string; models: string; who: Who; growth: string; horizon: string; ratio: string; round: 'down' | 'near' | 'up';
  cached: '' | 'count' | 'leave'; days: '' | 'first' | 'last'; example: boolean; confidence: string; prices: string; column: string;
}

/** Three whole months before the chain's present one, so that the example tells a growth. */
function example(): Pick<Asked, 'usage' | 'models'> {
  const now = new Date(chainNow() * 1000);
  const rows = [3, 2, 1].map((back, place) => {
    const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1)).toISOString().slice(0, 7);
    const billions = [3_000, 3_300, 3_630][place] ?? 0;
    return `${month},acme-large,${billions}000000,${Math.round(billions / 3)}000000`;
  });
  return { usage: `date,model,input_tokens,output_tokens\n${rows.join('\n')}\n`, models: 'model,input,output,quality\nacme-large,2.50,10,1000\n' };
}

const asked = signal<Asked>({ usage: '', models: '', who: 'buyer', growth: '', horizon: '6', ratio: '80', round: 'down', cached: '', days: '', example: true, confidence: '99', prices: '', column: '' });
const change = (part: Partial<Asked>): void => { asked.value = { ...asked.value, ...part }; };
const plan = signal<HedgePlan | Refusal | null>(null);

/** All that a plan needs of the chain; it changes once a day, not with every block. */
const today = computed(() => (snapshot.value ? dateOf(snapshot.value.time) : null));
const lot = computed(() => months()[0]?.lot_millions ?? null);

/** What is in the fields, read exactly, as the engine takes it; or what is wrong with it. */
const question = computed<{ ok: true; value: Record<string, unknown> } | { ok: false; why: string } | null>(() => {
  const { usage, models, growth, horizon, ratio, round, cached, days } = asked.value;
  if (today.value === null || lot.value === null) return null;
  const number = /^\d{1,2}$/.test(horizon) ? Number(horizon) : 0;
  if (number < 1 || number > 36) return { ok: false, why: 'The plan has 1 to 36 months.' };
  const share = parseDecimal(ratio, 2, 'The part that is hedged');
  if (!share.ok) return share;
  let grown: number | null = null;
  if (growth !== '') {
    const read = parseDecimal(growth.replace(/^[-−]/, ''), 2, 'Growth');
    if (!read.ok) return read;
    grown = (/^[-−]/.test(growth) ? -1 : 1) * Number(read.value);
  }
  return {
    ok: true,
    value: {
      usage, models: [models], today: today.value, months: number, ratio_bps: Number(share.value), growth_bps: grown, round,
      lot: lot.value * 1_000_000, cached: cached === '' ? null : cached === 'count', day_first: days === '' ? null : days === 'first',
    },
  };
});

/** The engine is asked when something of the question has changed. */
export function followHedge(): void {
  followBand();
  let asks = 0;
  effect(() => {
    if (asked.value.example && asked.value.usage === '' && today.value !== null) change(example());
  });
  effect(() => {
    const wanted = question.value;
    asks += 1;
    const number = asks;
    if (!wanted?.ok) {
      plan.value = null;
      return;
    }
    void ask<HedgePlan | Refusal>({ do: 'hedge', ...wanted.value }).then((said) => {
      if (number === asks) plan.value = said;
    }).catch((error: unknown) => {
      if (number === asks) plan.value = { error: 'Hedge', sentence: (error as Error).message };
    });
  });
}

/** Whether somebody looks at the page: nobody else needs a simulation. */
const looking = signal(false);
const band = signal<HedgeBand | Refusal | 'computing' | null>(null);

/** What the simulation is asked: the plan's question, who asks, and on which prices. */
const bandQuestion = computed<string | null>(() => {
  const { who, confidence, prices, column } = asked.value;
  const sure = parseDecimal(confidence, 2, 'The confidence');
  if (!looking.value || !question.value?.ok || !plan.value || isRefusal(plan.value) || !sure.ok || sure.value > 10_000n) return null;
  const history = prices === '' ? {} : { prices, column };
  return JSON.stringify({ do: 'band', ...question.value.value, sells: who === 'provider', confidence_bps: Number(sure.value), seed: 1, ...history });
});

/** Simulates in another thread; a question that comes meanwhile ends the one before it. */
function followBand(): void {
  effect(() => {
    const wanted = bandQuestion.value;
    band.value = wanted === null ? null : 'computing';
    if (wanted === null) return undefined;
    let worker: Worker | null = null;
    const timer = setTimeout(() => {
      worker = new Worker(new URL('../band.worker.ts', import.meta.url), { type: 'module' });
      const done = (answer: HedgeBand | Refusal): void => {
        band.value = answer;
        worker?.terminate();
      };
      worker.onmessage = ({ data }: MessageEvent<HedgeBand | Refusal>) => done(data);
      worker.onerror = () => done({ error: 'Band', sentence: 'This browser runs no thread for the simulation: `sit hedge plan` gives the same figures.' });
      worker.postMessage(JSON.parse(wanted));
    }, 400);
    return () => {
      clearTimeout(timer);
      worker?.terminate();
    };
  });
}

/** The program's words for its options are the page's for its fields. */
const inWords = (sentence: string): string => sentence
  .replaceAll(/--models FILE \([^)]*\)/g, 'the prices of the models').replaceAll(/--growth, such as [^:]*$/g, 'the field “Growth a month”')
  .replaceAll('--growth', 'the field “Growth a month”').replaceAll('--cached', 'the field “Tokens from a cache”').replaceAll('--date-format', 'the field “Dates with slashes”');

const monthOfName = (name: string): Month | undefined => months().find((month) => dateOf(month.expiry).slice(0, 7) === name);
const nameOfMonth = (name: string): string => monthName(Date.parse(`${name}-15T00:00:00Z`) / 1000);

interface Row { name: string; month: Month | undefined; lots: number; held: number; left: number }

/** Orders of a plan against what the account holds. */
function rowsOf(said: HedgePlan, who: Who): Row[] {
  const sign = who === 'buyer' ? 1 : -1;
  return said.orders.map(({ month: name, lots: text }) => {
    const month = monthOfName(name);
    const lots = Number(text);
    const net = snapshot.value?.account?.positions.find((one) => one.instrument === month?.instrument)?.net_lots ?? 0;
    const held = Math.max(0, net * sign);
    return { name, month, lots, held, left: Math.max(0, lots - held) };
  });
}

const working = signal(false);

/** Signs and sends what is left of the plan, month by month, at market with a protection; stops at the first that fails. */
async function sendAll(rows: Row[], who: Who): Promise<void> {
  working.value = true;
  try {
    const seat = viewer.value?.seat;
    for (const { month, left } of rows) {
      if (!month || left === 0 || seat === null || seat === undefined) continue;
      select(month.instrument);
      const side = who === 'buyer' ? 'buy' : 'sell';
      // The book of the month that was just chosen comes with the next look at the chain.
      for (let tries = 0; snapshot.peek()?.book?.instrument !== month.instrument && tries < 100; tries += 1) await new Promise((resolve) => setTimeout(resolve, 50));
      const order = marketOrder(seat, month, side, left, 100);
      if (!order.ok) {
        stopped.value = `${monthName(month.expiry)}: ${order.why}`;
        return;
      }
      if (!(await send(sendable(order.value), trader()))) {
        stopped.value = `${monthName(month.expiry)} was not sent: ${sent.peek()[0]?.why ?? 'see the transactions'}`;
        return;
      }
    }
    stopped.value = null;
  } finally {
    working.value = false;
  }
}
const stopped = signal<string | null>(null);

function Text({ id, label, value, rows, onInput, hint }: { id: string; label: string; value: string; rows: number; onInput: (value: string) => void; hint: string }) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea id={id} class="text" rows={rows} spellcheck={false} value={value} onInput={(event) => onInput(event.currentTarget.value)} />
      <div class="row"><input type="file" aria-label={`${label}: a file`} accept=".csv,.json,.tsv,text/plain" onChange={(event) => { void event.currentTarget.files?.[0]?.text().then(onInput); }} /></div>
      <span class="hint">{hint}</span>
    </div>
  );
}

function Choice<T extends string>({ id, label, value, options, onChange }: { id: string; label: string; value: T; options: readonly (readonly [T, string])[]; onChange: (value: T) => void }) {
  return (
    <div class="field"><label for={id}>{label}</label>
      <select id={id} class="select" value={value} onChange={(event) => onChange(event.currentTarget.value as T)}>{options.map(([name, text]) => <option key={name} value={name}>{text}</option>)}</select></div>
  );
}

export function Hedge() {
  useEffect(() => {
    looking.value = true;
    return () => { looking.value = false; };
  }, []);
  const { usage, models, who, growth, horizon, ratio, round, cached, days, example: isExample } = asked.value;
  const wanted = question.value;
  return (
    <main class="cards">
      <h1 class="visually-hidden">Hedge</h1>
      <Panel title="What you use">
        <Segments<Who> label="Who you are" value={who} options={[['buyer', 'I buy tokens'], ['provider', 'I sell tokens']]} onChange={(value) => change({ who: value })} />
        <Text id="usage" label="Usage of whole months" rows={6} value={usage} onInput={(value) => change({ usage: value, example: false })} hint="date,model,input_tokens,output_tokens; or an export of OpenAI, Anthropic, LiteLLM or OpenRouter, as CSV or JSON. It stays in this browser." />
        <Text id="models" label="List prices of these models" rows={3} value={models} onInput={(value) => change({ models: value, example: false })} hint="model,input,output,quality in US dollars per million tokens; or LiteLLM’s price map. The reference has quality 1000." />
        {isExample && <p class="hint warn" id="example">This is an example: put your own usage and prices in its place.</p>}
      </Panel>
      <Panel title="What you want">
        <div class="pair">
          <Field id="horizon" label="For how many months" unit="months" inputMode="numeric" value={horizon} onInput={(value) => change({ horizon: value })} />
          <Field id="part" label="Part of it that is hedged" unit="%" value={ratio} onInput={(value) => change({ ratio: value })} />
        </div>
        <div class="pair">
          <Field id="growth" label="Growth a month" unit="%" value={growth} placeholder="from the usage" onInput={(value) => change({ growth: value })} />
          <Choice id="round" label="A part of a lot" value={round} options={[['down', 'is left out'], ['near', 'to the nearest'], ['up', 'becomes a whole']]} onChange={(value) => change({ round: value })} />
        </div>
        <div class="pair">
          <Choice id="cached" label="Tokens from a cache" value={cached} options={[['', 'there are none'], ['count', 'count'], ['leave', 'are left out']]} onChange={(value) => change({ cached: value })} />
          <Choice id="days" label="Dates with slashes" value={days} options={[['', 'there are none'], ['first', '31/12/2026'], ['last', '12/31/2026']]} onChange={(value) => change({ days: value })} />
        </div>
        <p class="hint">Exposure is counted in SIT, standard inference tokens: what the usage costs at your list prices, over the price that the index gives the model.</p>
      </Panel>
      <Panel title="The plan" class="full" live bare>
        {wanted && !wanted.ok ? <p class="refusal body" role="alert" id="plan-refusal">{wanted.why}</p>
          : plan.value && isRefusal(plan.value) ? <p class="refusal body" role="alert" id="plan-refusal">{inWords(plan.value.sentence)}</p>
          : plan.value ? <Planned said={plan.value} who={who} />
          : <p class="nothing">Reading the chain…</p>}
      </Panel>
      {plan.value && !isRefusal(plan.value) && <Panel title={`The ${who === 'buyer' ? 'bill' : 'revenue'} with and without the hedge`} class="full" bare><Bill who={who} /></Panel>}
    </main>
  );
}

function Planned({ said, who }: { said: HedgePlan; who: Who }) {
  const rows = rowsOf(said, who);
  const account = snapshot.value?.account;
  const side = who === 'buyer' ? 'buy' : 'sell';
  const verb = who === 'buyer' ? 'Buy' : 'Sell';
  const valueOf = (month: Month | undefined, lots: number): bigint => (month ? BigInt(lots) * BigInt(month.mark_ticks) * BigInt(month.tick_value_atoms) : 0n);
  const sum = rows.reduce((total, { month, lots }) => total + valueOf(month, lots), 0n);
  const left = rows.reduce((total, row) => total + (row.month ? row.left : 0), 0);
  const variation = rows.reduce((total, { month }) => total + BigInt(account?.positions.find((one) => one.instrument === month?.instrument)?.variation_atoms ?? 0), 0n);
  const beyond = said.months.filter(({ contract }) => contract === null).length;
  return (
    <>
      <p class="body" id="understood">{said.source}: {count(said.rows)} rows, {said.first} to {said.last}, {said.models.length === 1 ? 'one model' : `${count(said.models.length)} models`}; growth of {(said.growth_bps / 100).toFixed(2)} % a month; {count(Number(BigInt(said.sit) / 1_000_000n))} million SIT in {said.months.length} months.</p>
      <div class="scroll" tabIndex={0} role="group" aria-label="Exposure by month">
        <table class="table stack" id="exposure">
          <thead><tr><th scope="col">Month of use</th><th scope="col">SIT, millions</th><th scope="col">Lots</th><th scope="col">Contract</th></tr></thead>
          <tbody>{said.months.map(({ month, sit, lots, contract }) => (
            <tr key={month} data-month={month} data-lots={lots} data-sit={sit}>
              <td data-label="Month of use"><strong>{nameOfMonth(month)}</strong></td>
              <td data-label="SIT, millions">{count(Number(BigInt(sit) / 1_000_000n))}</td>
              <td data-label="Lots">{count(Number(lots))}</td>
              <td data-label="Contract">{contract ? nameOfMonth(contract) : 'not listed yet'}</td>
            </tr>
          ))}</tbody>
        </table>
      </div>
      <p class="body">{who === 'buyer' ? 'Buying' : 'Selling'} these lots fixes about {usd(sum, 0)} USD of {who === 'buyer' ? 'cost' : 'revenue'} at today’s marks: what the index {who === 'buyer' ? 'rises' : 'falls'} by, the exchange pays you, and what it {who === 'buyer' ? 'falls' : 'rises'} by, you pay the exchange, day by day.</p>
      <div class="scroll" tabIndex={0} role="group" aria-label="Orders of the plan">
        <table class="table stack" id="plan">
          <thead><tr><th scope="col">Contract</th><th scope="col">{verb}</th><th scope="col">Tokens</th><th scope="col">Mark</th><th scope="col">Value</th><th scope="col">Held</th><th scope="col">Left</th><th scope="col">Order</th></tr></thead>
          <tbody>
            {rows.map(({ name, month, lots, held, left: rest }) => (
              <tr key={name}>
                <td data-label="Contract"><strong>{nameOfMonth(name)}</strong></td>
                <td data-label={verb}>{count(lots)} lots</td>
                <td data-label="Tokens">{month ? tokens(lots, month.lot_millions) : '–'}</td>
                <td data-label="Mark">{month ? price(month.mark_ticks, month.tick_size_atoms) : '–'}</td>
                <td data-label="Value">{usd(valueOf(month, lots))}</td>
                <td data-label="Held">{count(held)}</td>
                <td data-label="Left">{count(rest)}</td>
                <td data-label="Order"><button type="button" class="button small" disabled={!month || rest === 0} onClick={() => { if (!month) return; select(month.instrument); draft.value = { ...EMPTY, side, kind: 'market', lots: String(rest) }; location.hash = '#trade'; }}>Into the ticket</button></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div class="body">
        <button type="button" class="button primary" id="send-plan" disabled={!account || left === 0 || working.value} onClick={() => void sendAll(rows, who)}>{left === 0 ? 'Nothing is left to send' : `Sign and send what is left: ${count(left)} lots`}</button>
        {!account && <p class="hint">Connect and open an account to send it.</p>}
        {stopped.value && <p class="refusal" role="alert">{stopped.value}</p>}
        {account && <p class="hint" id="hedge-status">Of the plan {count(rows.reduce((total, { lots, held }) => total + Math.min(lots, held), 0))} of {count(rows.reduce((total, { lots }) => total + lots, 0))} lots are locked; not settled yet in these months: {signed(variation)} USD. What was paid stands in the ledger.</p>}
        {beyond > 0 && <p class="hint">{beyond} of the months have no contract yet and count as not hedged: plan again when they are listed.</p>}
        <p class="hint">How well the index follows what you pay is the basis risk that stays. Initial margin and a reserve for the daily payments come on top: the ticket shows the margin of each order before it is signed.</p>
      </div>
    </>
  );
}

/** US dollars with two decimals, as the simulation writes them, with their thousands apart. */
const dollars = (text: string, places = 2): string => decimal(BigInt(text.replace('.', '')), 2, places);

/** What the bill comes to with and without the hedge, as `sit hedge plan` gives it: a picture, and all of it as text. */
function Bill({ who }: { who: Who }) {
  const said = band.value;
  const { prices, column, confidence } = asked.value;
  const what = who === 'buyer' ? 'cost' : 'revenue';
  const parts = (of: Band): string[] => [of.p5, of.p50, of.p95].map((text) => dollars(text));
  return (
    <>
      <div class="body pair">
        <Field id="confidence" label="Confidence of the cash need" unit="%" value={confidence} onInput={(value) => change({ confidence: value })} />
        <div class="field"><label for="history">A price history of your own, as CSV</label><input id="history" type="file" accept=".csv,.tsv,text/plain" onChange={(event) => { void event.currentTarget.files?.[0]?.text().then((text) => change({ prices: text })); }} /></div>
        {prices !== '' && <Field id="column" label="Column of its prices" unit="name" inputMode="text" value={column} onInput={(value) => change({ column: value })} />}
        {prices !== '' && <div class="field"><button type="button" class="button small" onClick={() => change({ prices: '', column: '' })}>Without it</button></div>}
      </div>
      {said === null ? <p class="nothing">{parseDecimal(confidence, 2, 'The confidence').ok ? 'The plan comes first.' : 'The confidence is a share in per cent.'}</p>
        : said === 'computing' ? <p class="nothing" id="band-computing">The simulation runs, in this browser…</p>
        : isRefusal(said) ? <p class="refusal body" role="alert" id="band-refusal">{said.sentence}</p>
        : (
          <>
            <div class="body">
              <BandPlot said={said} what={what} />
              <p class="legend"><span><i class="dashed" style={{ color: 'var(--warn)' }} />without the hedge: dashes</span><span><i style={{ color: 'var(--accent)' }} />with it: a solid line</span><span>Bands from 5 to 95 %, lines at 50 %, all months up to each together</span></p>
            </div>
            <div class="scroll" tabIndex={0} role="group" aria-label={`The ${what} with and without the hedge`}>
              <table class="table stack" id="bands">
                <thead><tr><th scope="col">USD in all</th><th scope="col">5 %</th><th scope="col">50 %</th><th scope="col">95 %</th></tr></thead>
                <tbody>{([['without', said.without], ['with', said.with]] as const).map(([name, of]) => (
                  <tr key={name} data-what={name} data-p5={of.p5} data-p50={of.p50} data-p95={of.p95}>
                    <td data-label="USD in all"><strong>{what} {name} the hedge</strong></td>
                    {parts(of).map((text, place) => <td key={place} data-label={['5 %', '50 %', '95 %'][place]}>{text}</td>)}
                  </tr>
                ))}</tbody>
              </table>
            </div>
            <p class="body" id="band-cash" data-variation={said.variation} data-initial={said.initial} data-cash={said.cash}>Initial margin of the orders: <strong>{dollars(said.initial)} USD</strong>. Cash for margin and daily payments together at their worst: <strong>{dollars(said.cash)} USD</strong> at a confidence of {confidence} %; for the payments alone {dollars(said.variation)} USD.</p>
            <div class="scroll" tabIndex={0} role="group" aria-label="The same up to each month">
              <table class="table stack" id="band-months">
                <thead><tr><th scope="col">Up to</th><th scope="col">Without, 5 %</th><th scope="col">50 %</th><th scope="col">95 %</th><th scope="col">With, 5 %</th><th scope="col">50 %</th><th scope="col">95 %</th><th scope="col">Margin</th><th scope="col">Margin and payments</th></tr></thead>
                <tbody>{said.by_month.map((one) => (
                  <tr key={one.month}>
                    <td data-label="Up to"><strong>{nameOfMonth(one.month)}</strong></td>
                    {parts(one.without).map((text, place) => <td key={`a${place}`} data-label={`Without, ${['5 %', '50 %', '95 %'][place]}`}>{text}</td>)}
                    {parts(one.with).map((text, place) => <td key={`b${place}`} data-label={`With, ${['5 %', '50 %', '95 %'][place]}`}>{text}</td>)}
                    <td data-label="Margin">{dollars(one.margin)}</td>
                    <td data-label="Margin and payments">{dollars(one.cash)}</td>
                  </tr>
                ))}</tbody>
              </table>
            </div>
            <p class="body hint">{prices === '' ? 'The prices are simulated from a sample that the project makes itself, no market’s: give a history of your own. ' : ''}1,024 paths of the price, drawn as <code>sit hedge plan</code> draws them. The hedge narrows the band; it does not move its middle for free.</p>
          </>
        )}
    </>
  );
}

/** Bands of the bill up to each month, without the hedge behind, with it in front. */
function BandPlot({ said, what }: { said: HedgeBand; what: string }) {
  const [W, H, LEFT, RIGHT, TOP, FOOT] = [720, 240, 92, 20, 12, 30];
  const all = said.by_month;
  const number = (text: string): number => Number(text);
  const most = Math.max(1, ...all.flatMap((one) => [number(one.without.p95), number(one.with.p95)]));
  const least = Math.min(0, ...all.flatMap((one) => [number(one.without.p5), number(one.with.p5)]));
  const x = (place: number): string => (LEFT + ((W - LEFT - RIGHT) * (place + 1)) / Math.max(1, all.length)).toFixed(1);
  const y = (value: number): string => (H - FOOT - ((H - FOOT - TOP) * (value - least)) / (most - least)).toFixed(1);
  const origin = `${LEFT},${y(0)}`;
  const points = (of: (one: HedgeBand['by_month'][number]) => string): string[] => all.map((one, place) => `${x(place)},${y(number(of(one)))}`);
  const area = (of: 'without' | 'with'): string => [origin, ...points((one) => one[of].p95), ...points((one) => one[of].p5).reverse()].join(' ');
  const middle = (of: 'without' | 'with'): string => [origin, ...points((one) => one[of].p50)].join(' ');
  const words = (of: Band): string => `${dollars(of.p5, 0)} to ${dollars(of.p95, 0)} USD, ${dollars(of.p50, 0)} in the middle`;
  const step = Math.ceil(all.length / 12);
  return (
    <svg class="curve band" viewBox={`0 0 ${W} ${H}`} role="img" aria-label={`The ${what} of ${all.length} months. Without the hedge ${words(said.without)}; with it ${words(said.with)}.`}>
      {[0, 0.25, 0.5, 0.75, 1].map((part) => {
        const value = least + (most - least) * part;
        return <g key={part}><line x1={LEFT} x2={W - RIGHT} y1={y(value)} y2={y(value)} stroke="var(--line)" /><text x={LEFT - 6} y={Number(y(value)) + 4} text-anchor="end">{count(Math.round(value))}</text></g>;
      })}
      <polygon points={area('without')} fill="var(--warn)" fill-opacity=".18" stroke="var(--warn)" stroke-dasharray="5 4" />
      <polygon points={area('with')} fill="var(--accent)" fill-opacity=".28" stroke="var(--accent)" />
      <polyline points={middle('without')} fill="none" stroke="var(--warn)" stroke-width="2" stroke-dasharray="5 4" />
      <polyline points={middle('with')} fill="none" stroke="var(--accent)" stroke-width="2" />
      {all.map((one, place) => (place % step === step - 1 || all.length <= 12) && <text key={one.month} x={x(place)} y={H - 10} text-anchor={place === all.length - 1 ? 'end' : 'middle'}>{nameOfMonth(one.month)}</text>)}
    </svg>
  );
}
