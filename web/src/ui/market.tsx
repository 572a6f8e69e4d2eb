// The market beyond one's own orders: index, margin set, limits, fund, guard, makers, governance.

import { effect, signal, untracked } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { decodeEventLog, decodeFunctionData, encodeEventTopics } from 'viem';
import { clearing as clearingAbi, governance as governanceAbi, incentives as incentivesAbi, oracle as oracleAbi, vault as vaultAbi } from '../abi';
import { count, decimal, indexPrice, percent, price, ratioBps, usd } from '../amounts';
import { chainNow, cold, deployment, loadCold, loadStress, rpc, snapshot, view } from '../chain';
import { dateOf, monthName, span, utc } from '../clock';
import { covered } from '../cover';
import { logsOf, type Topics } from '../logs';
import type { Hex } from '../rpc';
import type { Ledger, Stress } from '../types';
import { months, nameOf, Panel, scenarioName, short } from './parts';
import { sessionState } from './trade';

interface Action { id: number; message: string; state: number; class: number; target: Hex; notBefore: number; notAfter: number; readyAt: number; approvals: number }
interface Maker { seat: number; status: number; since: number; strikes: number; due: bigint; warned: number }
interface Governed {
  roles: readonly [Hex, Hex, Hex, Hex, boolean]; delays: readonly [number, number, number, number];
  council: readonly [number, number, readonly Hex[]]; set: readonly [number, number, Hex]; actions: Action[]; makers: Maker[];
  limits: readonly [bigint, bigint]; audit: readonly [bigint, bigint, boolean]; programme: readonly [Hex, Hex, bigint, bigint, number] | null;
  block: number;
}

const ABIS: Record<string, readonly unknown[]> = { clearing: clearingAbi, vault: vaultAbi, oracle: oracleAbi, governance: governanceAbi, incentives: incentivesAbi };

const governed = signal<Governed | null>(null);
const problem = signal<string | null>(null);
let asked = 0;

/** Cold things change seldom: they are read again every twentieth block that is shown. */
function follow(): () => void {
  return effect(() => {
    const known = snapshot.value;
    if (!known || (asked > 0 && known.block >= asked && known.block < asked + 20)) return;
    asked = known.block;
    untracked(() => {
      void Promise.all([loadCold().then(lookAtAll), loadGoverned()]).then(() => (problem.value = null), (error: unknown) => (problem.value = (error as Error).message));
    });
  });
}

/** Jumps of all marks, in basis points. */
const JUMPS = [-5_000, -4_000, -3_000, -2_000, -1_000, 1_000, 2_000, 3_000, 4_000, 5_000] as const;
/** Accounts up to which all are read without being asked for. */
const FEW = 256;
const stress = signal<{ jumps: Stress[]; block: number } | null>(null);
const asking = signal(false);

/** Looks at all accounts after each of the jumps: by itself where they are few, and otherwise when somebody asks. */
async function lookAtAll(wanted?: boolean | void): Promise<void> {
  const seats = cold.peek()?.ledger.seats ?? 0;
  const block = snapshot.peek()?.block ?? 0;
  if (seats > FEW && wanted !== true) return;
  asking.value = true;
  try {
    stress.value = { jumps: await loadStress(seats, JUMPS), block };
  } finally {
    asking.value = false;
  }
}

/** What was read of an event's logs, up to which block and its hash: a later look reads on from there. */
interface Read { to: number; hash: Hex; args: unknown[] }
const readSo = new Map<string, Read>();

/** All that a contract has told by an event, up to a block of the chain: what was read before is kept while it is of this chain. */
async function told<T>(abi: readonly unknown[], address: Hex, eventName: string, { block: to, hash }: { block: number; hash: Hex }): Promise<T[]> {
  const key = `${address}.${eventName}`;
  const before = readSo.get(key);
  const kept = before && before.to <= to && (await hashOf(before.to)) === before.hash ? before : null;
  const topics = encodeEventTopics({ abi, eventName } as never) as Topics;
  const logs = await logsOf(address, topics, kept ? kept.to + 1 : deployment.value?.first ?? 0, to);
  const args = [...(kept?.args ?? []), ...logs.map((log) => (decodeEventLog({ abi, topics: log.topics, data: log.data } as never) as unknown as { args: T }).args)];
  readSo.set(key, { to, hash, args });
  return args as T[];
}

async function hashOf(block: number): Promise<Hex | undefined> {
  return (await rpc.call<{ hash: Hex } | null>('eth_getBlockByNumber', [`0x${block.toString(16)}`, false]))?.hash;
}

/** The name of the contract at an address. */
function contractAt(target: Hex): string | undefined {
  return Object.entries(deployment.value ?? {}).find(([, at]) => typeof at === 'string' && at.toLowerCase() === target.toLowerCase())?.[0];
}

/** What an action would send, as its contract's ABI names it; the selector of what it does not know. */
function messageOf(target: Hex, calldata: Hex): string {
  try {
    const { functionName, args } = decodeFunctionData({ abi: ABIS[contractAt(target) ?? ''] ?? [], data: calldata } as never) as { functionName: string; args?: readonly unknown[] };
    const words = (args ?? []).map((arg) => JSON.stringify(arg, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)).replaceAll('"', ''));
    return `${functionName}(${words.join(', ')})`;
  } catch {
    return calldata.slice(0, 10);
  }
}

async function loadGoverned(): Promise<void> {
  const where = deployment.value;
  if (!where || where.governance === '0x') return;
  const shown = snapshot.peek();
  if (!shown) return;
  const { block } = shown;
  const ask = <T,>(name: string, args: unknown[] = []): Promise<T> => view<T>(where.governance, governanceAbi, name, args, 'latest');
  const [roles, delays, council, set, limits, audit, proposed, applied, programme] = await Promise.all([
    ask<Governed['roles']>('roles'), ask<Governed['delays']>('delays'), ask<Governed['council']>('council'), ask<Governed['set']>('margin_set', [0]),
    view<Governed['limits']>(where.vault, vaultAbi, 'limits', [], 'latest'), view<Governed['audit']>(where.vault, vaultAbi, 'audit', [], 'latest'),
    told<{ id: number; target: Hex; call: Hex }>(governanceAbi, where.governance, 'Proposed', shown), told<{ seat: number }>(incentivesAbi, where.incentives, 'Applied', shown),
    view<NonNullable<Governed['programme']>>(where.incentives, incentivesAbi, 'programme', [], 'latest').catch(() => null),
  ]);
  const newest = [...proposed].sort((a, b) => b.id - a.id).slice(0, 12);
  const actions = await Promise.all(newest.map(async ({ id, call }) => {
    const [state, kind, target, , notBefore, notAfter, readyAt, approvals] = await ask<readonly [number, number, Hex, Hex, number, number, number, number]>('action', [id]);
    return { id, message: messageOf(target, call), state, class: kind, target, notBefore, notAfter, readyAt, approvals };
  }));
  const makers = await Promise.all([...new Set(applied.map(({ seat }) => seat))].slice(0, 24).map(async (seat) => {
    const [status, since, , strikes, due, , warned] = await view<readonly [number, number, number, number, bigint, bigint, number]>(where.incentives, incentivesAbi, 'maker', [seat], 'latest');
    return { seat, status, since, strikes, due, warned };
  }));
  governed.value = { roles, delays, council, set, limits, audit, actions, makers, programme, block };
}

const VALIDITY = ['invalid or stale', 'needs confirmation', 'valid'];
const GRADES = ['green', 'yellow', 'red'];
const CLASSES = ['routine', 'tighten', 'loosen', 'critical'];
const ACTION_STATES = ['proposed', 'queued', 'executed', 'cancelled'];
const MAKER_STATES = ['–', 'applied', 'designated', 'suspended', 'leaving', 'ended'];

export function Market() {
  const known = snapshot.value;
  const about = cold.value;
  useEffect(() => {
    asked = 0;
    return follow();
  }, []);
  if (!known || !about) {
    return <main class="cards"><h1 class="visually-hidden">Market</h1><section class="panel full"><p class="nothing">{problem.value ?? 'Reading the chain…'}</p></section></main>;
  }
  return (
    <main class="cards">
      <h1 class="visually-hidden">Market</h1>
      <Index />
      <Guard />
      <Fund />
      <Margin />
      <Limits />
      <Makers />
      <Governance />
    </main>
  );
}

function Index() {
  const about = cold.value;
  const size = months()[0]?.tick_size_atoms ?? 100;
  if (!about) return null;
  const { last, pending, basket, rules, reporters, prints } = about.index;
  const providers = basket.scores.map((score, provider) => ({ score, provider })).filter(({ score }) => score > 0);
  const values = prints.map(([, atoms]) => Number(atoms));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const points = values.map((value, place) => `${((100 * place) / Math.max(1, values.length - 1)).toFixed(2)},${(38 - (34 * (value - low)) / Math.max(1, high - low)).toFixed(2)}`);
  return (
    <Panel title="Index" of={about.block} live>
      <dl class="list">
        <dt>State</dt><dd class={about.validity === 2 ? 'buy' : 'warn'}>{VALIDITY[about.validity] ?? 'unknown'}</dd>
        <dt>Last print</dt><dd>{last ? `${indexPrice(last.price_atoms, size)} USD of ${dateOf(last.day)}` : 'none yet'}</dd>
        <dt>Published</dt><dd>{last ? `${utc(last.published_at)}, ${span(chainNow() - last.published_at)} ago` : '–'}</dd>
        <dt>Waits for confirmation</dt><dd>{pending ? `${indexPrice(pending.price_atoms, size)} since ${utc(pending.since)}` : 'nothing'}</dd>
        <dt>Prints so far</dt><dd>{count(about.index.sequence)}</dd>
        <dt>Largest weight of a provider</dt><dd>{percent(rules['cap_bps'] ?? 0, 0)}</dd>
        <dt>Window of the final price</dt><dd>{rules['window_days']} days</dd>
      </dl>
      {values.length > 1 && <svg class="depth" viewBox="0 0 100 40" preserveAspectRatio="none" role="img" aria-label={`Prints of the last ${values.length} days between ${indexPrice(String(low), size)} and ${indexPrice(String(high), size)}`}><polyline points={points.join(' ')} fill="none" stroke="var(--warn)" stroke-width="1.5" vector-effect="non-scaling-stroke" /></svg>}
      <h3>Providers in the basket (version {basket.version})</h3>
      <div class="scroll" tabIndex={0} role="group" aria-label="Providers"><table class="table"><thead><tr><th scope="col">Provider</th><th scope="col">Quality score</th><th scope="col">Of the reference</th></tr></thead>
        <tbody>{providers.map(({ provider, score }) => <tr key={provider}><td>No {provider + 1}</td><td>{count(score)}</td><td>{decimal(BigInt(score), 3, 3)}</td></tr>)}</tbody></table></div>
      <h3>Reporters</h3>
      <div class="scroll" tabIndex={0} role="group" aria-label="Reporters"><table class="table"><thead><tr><th scope="col">Reporter</th><th scope="col">Batches</th><th scope="col">Missed</th><th scope="col">Deviated</th></tr></thead>
        <tbody>{reporters.map((one) => <tr key={one.place}><td>{short(one.address)}</td><td>{count(one.submissions)}</td><td>{count(one.misses)}</td><td>{count(one.deviations)}</td></tr>)}</tbody></table></div>
    </Panel>
  );
}

function Guard() {
  const curve = snapshot.value?.curve;
  const about = cold.value;
  if (!curve || !about) return null;
  const scopes = [[1, 'orders and listings'], [2, 'liquidations'], [4, 'settlements, and with them orders, liquidations and withdrawals beside positions']] as const;
  const paused = scopes.filter(([bit]) => curve.guard.paused & bit).map(([, name]) => name);
  return (
    <Panel title="Guard and backtest" of={about.block} live>
      <dl class="list">
        <dt>Session</dt><dd>{curve.session ? 'open' : `closed until ${utc(curve.next_session)}`}</dd>
        <dt>Paused</dt><dd class={paused.length > 0 ? 'warn' : ''}>{paused.length > 0 ? `${paused.join(', ')} since ${utc(curve.guard.since)}` : 'nothing'}</dd>
        <dt>Index, as the clearing house noted it</dt><dd>{VALIDITY[curve.validity] ?? 'unknown'}</dd>
        <dt>Print of today</dt><dd>{curve.print_due ? 'due: the book collects orders' : 'not due'}</dd>
        <dt>Grade of the backtest</dt><dd class={['buy', 'warn', 'bad'][about.risk.grade] ?? ''}>{GRADES[about.risk.grade] ?? '–'}</dd>
        <dt>Surcharge on every shock</dt><dd>{percent(about.risk.surcharge_bps)}</dd>
        <dt>Holidays announced</dt><dd>{curve.holidays.length > 0 ? curve.holidays.map(dateOf).join(', ') : 'none'}</dd>
      </dl>
      <div class="scroll" tabIndex={0} role="group" aria-label="Backtest"><table class="table"><thead><tr><th scope="col">Months</th><th scope="col">Observed</th><th scope="col">Beyond margin, long</th><th scope="col">Beyond margin, short</th><th scope="col">Grade</th></tr></thead>
        <tbody>{about.risk.series.map((series, place) => <tr key={place}><td>{['front', 'middle', 'back'][place] ?? place}</td><td>{series.observed} of 250</td><td>{series.sides[0]?.exceeded}{series.sides[0]?.clustered ? ', clustered' : ''}</td><td>{series.sides[1]?.exceeded}{series.sides[1]?.clustered ? ', clustered' : ''}</td><td>{GRADES[series.grade]}</td></tr>)}</tbody></table></div>
    </Panel>
  );
}

function Fund() {
  const about = cold.value;
  const known = governed.value;
  if (!about) return null;
  const { ledger } = about;
  const open = months().reduce((total, month) => total + BigInt(month.open_interest_lots) * BigInt(month.mark_ticks) * BigInt(month.tick_value_atoms), 0n);
  const cover = ratioBps(BigInt(ledger.fund_atoms), open);
  const limit = (bps: number, atoms: string): string => (bps === 0 && BigInt(atoms) >= 2n ** 63n ? 'none' : `${percent(bps, 0)} of collateral or ${usd(atoms, 0)} USD`);
  return (
    <Panel title="Money" of={about.block} live>
      <dl class="list">
        <dt>Collateral of all accounts</dt><dd>{usd(ledger.custody_atoms)}</dd>
        <dt>Insurance fund</dt><dd>{usd(ledger.fund_atoms)}</dd>
        <dt>Fund, of the value of open interest</dt><dd>{cover === null ? '–' : percent(cover)}</dd>
        <dt>Most that one month may draw</dt><dd>{percent(ledger.fund_cap_bps, 0)} of the fund</dd>
        <dt>Losses nobody has paid yet</dt><dd class={BigInt(ledger.uncovered_atoms) > 0n ? 'warn' : ''}>{usd(ledger.uncovered_atoms)}</dd>
        <dt>Programme of the makers</dt><dd>{usd(ledger.incentives_atoms)}</dd>
        <dt>Treasury</dt><dd>{usd(ledger.treasury_atoms)}</dd>
        <dt>Books balance</dt><dd class={ledger.balances ? 'buy' : 'bad'}>{ledger.balances ? 'yes, to the atom' : 'NO'}</dd>
        <dt>Vault agrees</dt><dd class={known?.audit[2] ? 'buy' : 'warn'}>{known ? (known.audit[2] ? 'yes' : 'NO') : '…'}</dd>
        <dt>Net outflow of an hour, at most</dt><dd>{limit(ledger.hour_bps, ledger.hour_amount_atoms)}</dd>
        <dt>Net outflow of a day, at most</dt><dd>{limit(ledger.day_bps, ledger.day_amount_atoms)}</dd>
        <dt>Vault’s own limits</dt><dd>{known ? `${usd(known.limits[0], 0)} an hour, ${usd(known.limits[1], 0)} a day` : '…'}</dd>
      </dl>
      <Cover ledger={ledger} />
    </Panel>
  );
}

/** How much of what nobody has paid the insurance fund covers, in words; whether it is bearable says the engine. */
function coverWords({ fund_atoms: fund, uncovered_atoms: uncovered, losses_are_bearable: bearable }: Ledger): { level: '' | 'mid' | 'low'; figure: string; words: string } {
  const [held, owed] = [BigInt(fund), BigInt(uncovered)];
  if (owed === 0n) return { level: '', figure: 'nothing to cover', words: 'No loss is reported that nobody has paid' };
  const figure = percent(ratioBps(held, owed) ?? 0, 1);
  if (held >= owed) return { level: '', figure, words: 'The fund covers all losses that are reported' };
  return bearable
    ? { level: 'mid', figure, words: 'The fund covers a part of the losses that are reported; what is beyond it is allocated to winners' }
    : { level: 'low', figure, words: 'Losses exceed the fund by more than a hundredth of all collateral: no withdrawal leaves' };
}

const jump = (bps: number): string => `${bps < 0 ? '−' : '+'}${decimal(BigInt(Math.abs(bps)), 2, 0)} %`;

/** What the two largest would owe after a jump of all marks, against the fund: a picture, and all of it as text. */
function CoverTwo({ fund, seats }: { fund: bigint; seats: number }) {
  const known = stress.value;
  if (!known) {
    return seats > FEW
      ? <p class="row"><button type="button" class="button small" id="look-at-all" disabled={asking.value} onClick={() => void lookAtAll(true)}>{asking.value ? 'Reading…' : `Read all ${count(seats)} accounts`}</button><span class="hint">to see what the two largest would owe after a jump of all marks</span></p>
      : <p class="nothing">Reading the accounts…</p>;
  }
  const { jumps, block } = known;
  const { down, up } = covered(jumps, fund);
  const most = jumps.reduce((high, { two_atoms: two }) => (BigInt(two) > high ? BigInt(two) : high), fund > 0n ? fund : 1n);
  const [W, H, FOOT] = [360, 120, 18];
  const height = (amount: bigint): number => Number((amount * 1000n) / most) * ((H - FOOT - 8) / 1000);
  const width = W / jumps.length;
  const figure = `${down === 0 ? 'none down' : `down to ${jump(down)}`}, ${up === 0 ? 'none up' : `up to ${jump(up)}`}`;
  const line = H - FOOT - height(fund);
  return (
    <>
      <p class="spread"><span>Jumps of all marks whose two largest losses the fund covers</span><strong id="cover-two">{figure}</strong></p>
      <svg class="jumps" viewBox={`0 0 ${W} ${H}`} role="img" aria-label={`The fund of ${usd(fund, 0)} USD covers what the two largest would owe beyond their equity after jumps ${figure}, of those from ${jump(JUMPS[0])} to ${jump(JUMPS[JUMPS.length - 1] ?? 0)}.`}>
        {jumps.map((one, place) => {
          const two = BigInt(one.two_atoms);
          const tall = Math.max(two > 0n ? 1 : 0, height(two));
          return (
            <g key={one.shift_bps}>
              <rect x={place * width + 4} y={H - FOOT - tall} width={width - 8} height={tall} fill={two > fund ? 'var(--bad)' : 'var(--accent)'} />
              <text x={(place + 0.5) * width} y={H - 5} text-anchor="middle">{jump(one.shift_bps)}</text>
            </g>
          );
        })}
        <line x1="0" x2={W} y1={line} y2={line} stroke="var(--text)" stroke-width="1.5" stroke-dasharray="5 3" />
        <text x={W - 2} y={line + (line > 16 ? -4 : 12)} text-anchor="end">the fund</text>
      </svg>
      <div class="scroll" tabIndex={0} role="group" aria-label="Jumps of all marks"><table class="table stack">
        <thead><tr><th scope="col">Jump of all marks</th><th scope="col">Who owe then</th><th scope="col">The two largest owe</th><th scope="col">All owe</th><th scope="col">The fund covers the two</th></tr></thead>
        <tbody>{jumps.map((one) => (
          <tr key={one.shift_bps} data-jump={one.shift_bps} data-two={one.two_atoms}>
            <td data-label="Jump of all marks"><strong>{jump(one.shift_bps)}</strong></td>
            <td data-label="Who owe then">{count(one.accounts)}</td>
            <td data-label="The two largest owe">{usd(one.two_atoms)}</td>
            <td data-label="All owe">{usd(one.owed_atoms)}</td>
            <td data-label="The fund covers the two" class={BigInt(one.two_atoms) > fund ? 'bad' : ''}>{BigInt(one.two_atoms) > fund ? 'no' : 'yes'}</td>
          </tr>
        ))}</tbody>
      </table></div>
      <p class="hint">If all marks jumped at once and nobody paid in: what accounts would owe beyond their equity, by the engine on the cells of all {count(seats)} accounts at block {count(block)}.</p>
    </>
  );
}

/** The insurance fund against what it has to cover: the two largest after a jump, what is owed now, and by month. */
function Cover({ ledger }: { ledger: Ledger }) {
  const [fund, uncovered] = [BigInt(ledger.fund_atoms), BigInt(ledger.uncovered_atoms)];
  const whole = [fund, uncovered, 1n].reduce((a, b) => (a > b ? a : b));
  const part = (amount: bigint): number => Number((amount * 1000n) / whole) / 10;
  const { level, figure, words } = coverWords(ledger);
  return (
    <div id="cover">
      <h3>Cover meter</h3>
      <CoverTwo fund={fund} seats={ledger.seats} />
      <p class="spread"><span>Fund, of the losses to be covered</span><strong class={level === 'low' ? 'bad' : level === 'mid' ? 'warn' : 'buy'} id="cover-figure">{figure}</strong></p>
      <div class="meter" role="img" aria-label={`Cover meter: ${words}. Fund ${usd(fund)} USD, losses to be covered ${usd(uncovered)} USD, cover ${figure}.`}>
        <span class={`fill ${level}`} style={{ width: `${part(fund)}%` }} />
        {uncovered > 0n && <span class="mark" style={{ left: `calc(${part(uncovered)}% - 2px)` }} />}
      </div>
      <p class="hint" id="cover-words">{words}. The bar is the fund, the mark what accounts under liquidation owe beyond all that they have.</p>
      <div class="scroll" tabIndex={0} role="group" aria-label="Fund by month"><table class="table stack">
        <thead><tr><th scope="col">Month</th><th scope="col">Paid for it</th><th scope="col">May be paid for one default</th><th scope="col">Waits to be allocated</th></tr></thead>
        <tbody>{ledger.months.map((month) => (
          <tr key={month.instrument}>
            <td data-label="Month"><strong>{nameOf(month.instrument)}</strong></td>
            <td data-label="Paid for it">{usd(month.drawn_atoms)}</td>
            <td data-label="May be paid for one default">{usd(month.allowance_atoms)}</td>
            <td data-label="Waits to be allocated" class={BigInt(month.deficit_atoms) > 0n ? 'warn' : ''}>{usd(month.deficit_atoms)}</td>
          </tr>
        ))}</tbody>
      </table></div>
    </div>
  );
}

function Margin() {
  const about = cold.value;
  const set = governed.value?.set;
  if (!about) return null;
  const all = months().filter((month) => month.status !== 'settled');
  const { risk } = about;
  return (
    <Panel title="Margin set" of={about.block} live>
      <dl class="list">
        <dt>Set</dt><dd>{set ? `No ${set[0]}, in force since ${utc(set[1])}` : '…'}</dd>
        <dt>Certificate</dt><dd title={set?.[2]}>{set ? `${set[2].slice(0, 18)}…` : '…'}</dd>
        <dt>Maintenance, of initial margin</dt><dd>{percent(risk.maintenance_bps)}</dd>
        <dt>Liquidation stops at</dt><dd>{percent(risk.liquidation_end_bps)}</dd>
        <dt>Floor, of the value</dt><dd>{percent(risk.floor_bps)}</dd>
        <dt>Buffer now, of its target</dt><dd>{percent(risk.buffer_bps)} of {percent(risk.buffer_target_bps)}</dd>
        <dt>Add-on for size</dt><dd>from {count(risk.size_lower_lots)} to {count(risk.size_upper_lots)} lots</dd>
      </dl>
      <p class="hint">What each month’s mark does in each of the sixteen joint scenarios, in per cent. Anyone recomputes them with <code>sit-sim verify</code> and compares the hash.</p>
      <div class="scroll" tabIndex={0} role="group" aria-label="Scenarios">
        <table class="table heat">
          <thead><tr><th scope="col">Scenario</th>{all.map((month) => <th scope="col" key={month.instrument}>{monthName(month.expiry)}</th>)}</tr></thead>
          <tbody>
            {Array.from({ length: 16 }, (_, scenario) => (
              <tr key={scenario}><td>{scenarioName(scenario)}</td>{all.map((month) => {
                const shock = month.slot === null ? 0 : risk.shocks_bps[month.slot]?.[scenario] ?? 0;
                return <td key={month.instrument} class={shock > 9 ? 'buy' : shock < -9 ? 'sell' : 'muted'}>{shock > 9 ? '+' : shock < -9 ? '−' : ''}{decimal(BigInt(Math.abs(shock)), 2, 1)}</td>;
              })}</tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function Limits() {
  const now = chainNow();
  return (
    <Panel title="Months" class="full" live bare>
      <div class="scroll" tabIndex={0} role="group" aria-label="Months and their terms">
        <table class="table stack">
          <thead><tr><th scope="col">Month</th><th scope="col">State</th><th scope="col">Mark</th><th scope="col">From the book</th><th scope="col">Day’s limits</th><th scope="col">Open interest</th><th scope="col">Cap</th><th scope="col">Position limit</th><th scope="col">Taker / maker fee</th><th scope="col">Makers owe</th><th scope="col">Holders</th></tr></thead>
          <tbody>
            {months().map((month) => (
              <tr key={month.instrument}>
                <td data-label="Month"><strong>{monthName(month.expiry)}</strong></td>
                <td data-label="State">{sessionState(month, now)}</td>
                <td data-label="Mark">{price(month.mark_ticks, month.tick_size_atoms)}</td>
                <td data-label="From the book">{month.pull_ticks} ticks</td>
                <td data-label="Day’s limits">{price(month.low_ticks, month.tick_size_atoms)} – {price(month.high_ticks, month.tick_size_atoms)}</td>
                <td data-label="Open interest">{count(month.open_interest_lots)}</td>
                <td data-label="Cap">{count(month.terms.open_interest_cap_lots)}</td>
                <td data-label="Position limit">{count(month.terms.position_limit_lots)}</td>
                <td data-label="Taker / maker fee">{decimal(BigInt(month.terms.taker_fee_ppm), 4, 3)} / {decimal(BigInt(month.terms.maker_fee_ppm), 4, 3)} %</td>
                <td data-label="Makers owe">{month.terms.maker_lots} lots within {percent(month.terms.maker_spread_front_bps)} or {percent(month.terms.maker_spread_back_bps)}</td>
                <td data-label="Holders">{count(month.holders)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function Makers() {
  const known = governed.value;
  return (
    <Panel title="Market makers" of={known?.block} live bare>
      {known?.programme && <dl class="list body"><dt>Budget of the week</dt><dd>{usd(known.programme[2])}</dd><dt>Owed to makers</dt><dd>{usd(known.programme[3])}</dd><dt>Week to be closed next</dt><dd>{known.programme[4]}</dd></dl>}
      {!known || known.makers.length === 0 ? <p class="nothing">{known ? 'Nobody has applied.' : 'Reading…'}</p> : (
        <div class="scroll" tabIndex={0} role="group" aria-label="Makers"><table class="table"><thead><tr><th scope="col">Seat</th><th scope="col">Standing</th><th scope="col">Since</th><th scope="col">Weeks without reward</th><th scope="col">Due, USD</th></tr></thead>
          <tbody>{known.makers.map((maker) => <tr key={maker.seat}><td>{maker.seat}</td><td>{MAKER_STATES[maker.status] ?? '–'}{maker.warned > 0 && <span class="warn">, warned {utc(maker.warned)}: capital is missing</span>}</td><td>{utc(maker.since)}</td><td>{maker.strikes}</td><td>{usd(maker.due)}</td></tr>)}</tbody></table></div>
      )}
    </Panel>
  );
}

/** What becomes of an action, and when. */
function clock(action: Action, now: number): string {
  if (action.state === 0) return action.notAfter > now ? `may be approved for ${span(action.notAfter - now)}` : 'its time is over';
  if (action.state !== 1) return '–';
  const from = Math.max(action.readyAt, action.notBefore);
  if (now < from) return `executable in ${span(from - now)}, ${utc(from)}`;
  return now < action.notAfter ? `executable for ${span(action.notAfter - now)}` : 'its time is over';
}

function Governance() {
  const known = governed.value;
  if (!known) return <Panel title="Governance"><p class="nothing">{problem.value ?? 'Reading…'}</p></Panel>;
  return (
    <Panel title="Governance" of={known.block} live bare>
      <dl class="list body">
        <dt>Governor</dt><dd>{short(known.roles[0])}</dd>
        <dt>Guardian</dt><dd>{short(known.roles[1])}</dd>
        <dt>Genesis</dt><dd>{known.roles[4] ? 'over' : 'not over'}</dd>
        <dt>Council</dt><dd>{known.council[1]} of {known.council[2].length} approve</dd>
        <dt>Delays</dt><dd>tighten {span(known.delays[0])}, routine {span(known.delays[1])}, loosen {span(known.delays[2])}, critical {span(known.delays[3])}</dd>
      </dl>
      {known.actions.length === 0 ? <p class="nothing">No actions were proposed.</p> : (
        <div class="scroll" tabIndex={0} role="group" aria-label="Actions"><table class="table stack"><thead><tr><th scope="col">Action</th><th scope="col">State</th><th scope="col">Class</th><th scope="col">Message</th><th scope="col">Approvals</th><th scope="col">Clock</th></tr></thead>
          <tbody>{known.actions.map((action) => <tr key={action.id}><td data-label="Action">{action.id}</td><td data-label="State">{ACTION_STATES[action.state]}</td><td data-label="Class">{CLASSES[action.class]}</td><td data-label="Message" class="call" title={action.message}>{contractAt(action.target) ?? short(action.target)}.{action.message}</td><td data-label="Approvals">{action.approvals}</td><td data-label="Clock">{clock(action, chainNow())}</td></tr>)}</tbody></table></div>
      )}
    </Panel>
  );
}
