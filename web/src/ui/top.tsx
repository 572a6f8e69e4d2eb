// The bar at the top: where one is, how the chain is, and who one is.

import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { count, dot, parseDecimal, plain, usd } from '../amounts';
import { ask, chainId, chainNow, deployment, genesis, head, headCame, headHeard, isDevChain, link, restarted, rpc, snapshot, tick, viewer } from '../chain';
import { span, timeOfDay, utc } from '../clock';
import { WEI_OF_A_PLANCK } from '../cost';
import { indexState } from '../indexed';
import { NoPermit, permitted } from '../permit';
import { clearingCall, callOf, erc20Abi, send, sentenceOf } from '../send';
import type { Hex } from '../rpc';
import { change, settings, type Palette, type Theme } from '../settings';
import { vault as vaultAbi } from '../abi';
import { isRefusal, type Preview } from '../types';
import {
  asDelegate, connect, connectDev, devAccounts, disconnect, forgetSession, keepSession, loadDevAccounts, newSession, restoreSession, session,
  sessionSigner, signer, storeSession, switchChain, useSession, walletSentence, wallets, wrongChain, look, type Session,
} from '../wallet';
import { Dialog, Field, Segments, short } from './parts';

export type Page = 'trade' | 'market' | 'hedge';

export const dialog = signal<'connect' | 'funds' | 'settings' | 'session' | null>(null);

export function Top({ page }: { page: Page }) {
  const who = viewer.value;
  const pages: [Page, string][] = [['trade', 'Trade'], ['hedge', 'Hedge'], ['market', 'Market']];
  return (
    <header class="top">
      <span class="brand">
        <svg viewBox="0 0 32 32" aria-hidden="true"><path d="M4 22l7-8 6 5 11-13" fill="none" stroke="var(--accent)" stroke-width="3.4" stroke-linecap="round" stroke-linejoin="round" /><path d="M4 28h24" stroke="var(--strong)" stroke-width="2.4" stroke-linecap="round" /></svg>
        SIT Futures
      </span>
      <nav aria-label="Pages">
        {pages.map(([name, text]) => <a key={name} href={`#${name}`} aria-current={name === page ? 'page' : undefined}>{text}</a>)}
      </nav>
      <div class="status">
        <ChainState />
        <button type="button" class="button small" aria-label="Settings" onClick={() => (dialog.value = 'settings')}>⚙</button>
        {who ? (
          <button type="button" class="button" id="account-button" onClick={() => (dialog.value = 'funds')}>{signer.value?.kind === 'dev' ? signer.value.name : short(who.address)}{asDelegate() ? ' (delegate)' : ''}</button>
        ) : (
          <button type="button" class="button primary" id="connect-button" onClick={() => (dialog.value = 'connect')}>Connect</button>
        )}
      </div>
    </header>
  );
}

function ChainState() {
  void tick.value;
  const state = link.value;
  const known = head.value;
  // A development chain has a block when somebody sends something: of it only silence is told.
  const age = Math.floor((Date.now() - (isDevChain.value ? headHeard : headCame).value) / 1000);
  const silent = state.state !== 'live' || age > 30;
  const words = state.state === 'live' ? (silent ? `no block for ${span(age)}` : state.feed === 'socket' ? 'live' : 'asking') : state.state === 'starting' ? 'connecting' : 'no answer';
  return (
    <span role="group" aria-label="State of the chain" id="chain-state" class="row" title={known ? `Block ${known.number}, ${utc(known.time, true)}` : ''}>
      <span class={`dot ${silent ? 'bad' : state.state === 'live' && state.feed === 'asking' ? 'warn' : ''}`} aria-hidden="true" />
      {/* What is read out when it changes: no number of a block, no clock, no length of time. */}
      <span role="status" class="visually-hidden">{state.state === 'live' && silent ? 'no blocks come' : words}</span>
      <span aria-hidden="true">{words}</span>
      {known && <span>block {count(known.number)}</span>}
      {known && <span>{timeOfDay(chainNow())} UTC</span>}
    </span>
  );
}

/** Everything that stands in the way, each with what to do about it. */
export function Notices() {
  void tick.value;
  const state = link.value;
  const apart = head.value ? headCame.value / 1000 - head.value.time : 0;
  const skew = Math.abs(apart);
  return (
    <div aria-live="polite">
      {state.state === 'down' && <p class="notice bad-notice" id="notice-down">{state.why} What is shown is not current. The page tries again by itself.</p>}
      {state.state === 'unusable' && <p class="notice bad-notice">{state.why}</p>}
      {wrongChain.value !== null && (
        <div class="notice" id="notice-chain">
          <span class="grow">Your wallet is on chain {wrongChain.value}; the exchange is on chain {chainId.value}.</span>
          <button type="button" class="button small" onClick={() => void switchChain().catch((error: unknown) => (failure.value = walletSentence(error)))}>Switch the wallet</button>
        </div>
      )}
      {restarted.value && (
        <div class="notice" id="notice-restarted">
          <span class="grow">This chain began anew since your last visit. A wallet still counts your old transactions: in MetaMask, Settings, Advanced, “Clear activity tab data” for this account.</span>
          <button type="button" class="button small" onClick={() => (restarted.value = false)}>Understood</button>
        </div>
      )}
      {indexState.value.state === 'absent' && <p class="notice" id="notice-index">No index answers: charts and history reach back only as far as the chain’s last 3 000 blocks. Trading does not depend on it.</p>}
      {indexState.value.state === 'behind' && <p class="notice" id="notice-index">The index is {count((head.value?.number ?? 0) - indexState.value.block)} blocks behind; history is older than the rest of the page.</p>}
      {skew > 30 && head.value && !isDevChain.value && <p class="notice">The clocks of the chain and of this machine differ by {span(skew)}. Times here are the chain’s.{apart > 0 ? ' Where this machine’s clock is right, the node’s newest block is that old: ask another node.' : ''}</p>}
      {asDelegate() && <p class="notice" id="notice-delegate">You trade account {viewer.value?.seat} as its delegate: you see its owner’s account, and may trade within your scope. Anybody can name anybody: if you do not know its owner, or want to trade for yourself, open an account of your own with the button at the top.</p>}
      {failure.value && <div class="notice bad-notice"><span class="grow">{failure.value}</span><button type="button" class="button small" onClick={() => (failure.value = null)}>Close</button></div>}
    </div>
  );
}

export const failure = signal<string | null>(null);

export function Dialogs() {
  const close = (): void => { dialog.value = null; };
  switch (dialog.value) {
    case 'connect': return <Connect onClose={close} />;
    case 'funds': return <Funds onClose={close} />;
    case 'settings': return <Settings onClose={close} />;
    case 'session': return <SessionKey onClose={close} />;
    default: return null;
  }
}

function Connect({ onClose }: { onClose: () => void }) {
  useEffect(() => void loadDevAccounts(), []);
  const attempt = (work: Promise<void>): void => {
    work.then(onClose, (error: unknown) => { failure.value = walletSentence(error); onClose(); });
  };
  return (
    <Dialog title="Connect" onClose={onClose}>
      {wallets.value.map((wallet) => (
        <button type="button" class="choice" key={wallet.uuid} onClick={() => attempt(connect(wallet))}>
          {wallet.icon.startsWith('data:') && <img src={wallet.icon} alt="" />}
          <span>{wallet.name}<small>Signs in the wallet</small></span>
        </button>
      ))}
      {wallets.value.length === 0 && <p class="muted">No wallet is installed in this browser. MetaMask works, and every other one that follows EIP-6963.</p>}
      {isDevChain.value && (
        <>
          <h3>Accounts of the development chain</h3>
          <p class="hint">Everybody knows their keys; the node signs for them. No wallet is needed.</p>
          {devAccounts.value.map((account) => (
            <button type="button" class="choice" key={account.address} onClick={() => attempt(connectDev(account))}>
              <span class="grow">{account.name}<small>{short(account.address)}{account.role === 'yours' ? '' : `, ${account.role}`}</small></span>
              <span class="tag">{account.role === 'yours' ? 'yours' : 'sends by itself, too'}</span>
            </button>
          ))}
        </>
      )}
    </Dialog>
  );
}

const amount = signal('10000');
const working = signal(false);

/** Sends one after the other and stops at the first that fails. */
async function inTurn(...steps: (() => Promise<boolean>)[]): Promise<void> {
  working.value = true;
  try {
    for (const step of steps) if (!(await step())) break;
  } finally {
    working.value = false;
  }
}

let opening = false;

export async function openAccount(): Promise<void> {
  const who = viewer.value;
  // A second click opens no second account.
  if (!who || opening) return;
  opening = true;
  try {
    if (await send(clearingCall('open_account', [0], 'Open an account'))) await look(who.address);
  } finally {
    opening = false;
  }
}

/** A step of a deposit, as it is shown. */
interface Step { text: string; state: 'waits' | 'now' | 'done' | 'failed' }
const depositing = signal<Step[]>([]);
const ALLOW = 'Allow the vault to take exactly this amount: a transaction';
const PAY = 'Deposit: a transaction';
const PERMIT = 'Sign a permit of exactly this amount: a signature, no transaction and no fee';
const PAY_WITH = 'Deposit with the permit: one transaction';

/**
 * Pays collateral in. What the vault may take already needs one transaction; otherwise a permit is signed and handed in
 * with the deposit, and where wallet or token know none, an allowance goes before it as a transaction of its own.
 */
export async function deposit(atoms: bigint): Promise<void> {
  const where = deployment.value;
  const seat = viewer.value?.seat;
  const by = signer.value;
  if (!where || !by || seat === null || seat === undefined) return;
  const show = (texts: string[], now: number, state: Step['state'] = 'now'): void => {
    depositing.value = texts.map((text, place) => ({ text, state: place < now ? 'done' : place === now ? state : 'waits' }));
  };
  const inSteps = async (texts: string[], works: (() => Promise<boolean>)[]): Promise<void> => {
    for (const [place, work] of works.entries()) {
      show(texts, texts.length - works.length + place);
      if (!(await work())) {
        show(texts, texts.length - works.length + place, 'failed');
        return;
      }
    }
    show(texts, texts.length);
  };
  const pay = (): Promise<boolean> => send(callOf(where.vault, vaultAbi, 'deposit', [seat, atoms], `Deposit ${usd(atoms)} USDC`));
  const allow = (): Promise<boolean> => send(callOf(where.token, erc20Abi, 'approve', [where.vault, atoms], `Allow the vault to take ${usd(atoms)} USDC`));
  working.value = true;
  try {
    if ((snapshot.value?.wallet?.allowance ?? 0n) >= atoms) {
      await inSteps([PAY], [pay]);
      return;
    }
    show([PERMIT, PAY_WITH], 0);
    try {
      const wanted = await permitted(by, seat, atoms);
      await inSteps([PERMIT, PAY_WITH], [() => send(wanted)]);
    } catch (error) {
      if (!(error instanceof NoPermit)) {
        show([PERMIT, PAY_WITH], 0, 'failed');
        failure.value = walletSentence(error);
        return;
      }
      await inSteps([`${ALLOW} (${error.message.replace(/\.$/, '').toLowerCase()})`, PAY], [allow, pay]);
    }
  } finally {
    working.value = false;
  }
}

/** The most that may be withdrawn now, by asking the engine: halves the interval until one atom is left. */
async function maxWithdrawal(seat: number, cash: bigint): Promise<bigint> {
  const owner = viewer.value?.owner ?? viewer.value?.address;
  const allowed = async (atoms: bigint): Promise<boolean> => {
    const said = await ask<Preview>({ do: 'preview', seat, caller: owner, now: chainNow(), contract: 'clearing', message: 'withdraw', arguments: [seat, atoms.toString()] });
    return !isRefusal(said.outcome);
  };
  if (cash === 0n || (await allowed(cash))) return cash;
  let [low, high] = [0n, cash];
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (await allowed(middle)) low = middle;
    else high = middle;
  }
  return low;
}

function Funds({ onClose }: { onClose: () => void }) {
  const who = viewer.value;
  const wallet = snapshot.value?.wallet;
  const account = snapshot.value?.account;
  const read = parseDecimal(amount.value, 6, 'USDC');
  const atoms = read.ok ? read.value : 0n;
  const seat = who?.seat ?? null;
  return (
    <Dialog title="Account" onClose={onClose}>
      <div class="spread"><span class="muted">{signer.value?.name}</span><span>{who ? short(who.address) : ''}</span></div>
      <dl class="list">
        <dt>DOT, for fees</dt><dd>{dot(wallet?.dot ?? 0n)} DOT</dd>
        <dt>USDC in the wallet</dt><dd>{usd(wallet?.usdc ?? 0n)} USDC</dd>
        <dt>Cash in the exchange</dt><dd>{account ? `${usd(account.cash_atoms)} USDC` : 'no account yet'}</dd>
        {seat !== null && <><dt>Seat</dt><dd>{seat}</dd></>}
      </dl>
      {(seat === null || asDelegate()) && (
        <button type="button" class={`button wide ${seat === null ? 'primary' : ''}`} id="open-own" disabled={working.value} onClick={() => void inTurn(async () => { await openAccount(); return true; })}>{seat === null ? 'Open an account' : 'Open an account of your own'}</button>
      )}
      {seat !== null && (
        <>
          <Field id="amount" label="Amount" unit="USDC" value={amount.value} onInput={(value) => (amount.value = value)} hint={read.ok ? undefined : read.why} />
          <div class="pair">
            <button type="button" class="button primary" id="deposit" disabled={!read.ok || atoms === 0n || working.value || asDelegate()} onClick={() => void deposit(atoms)}>Deposit</button>
            <button type="button" class="button" id="withdraw" disabled={!read.ok || atoms === 0n || working.value || asDelegate()} onClick={() => void inTurn(() => send(clearingCall('withdraw', [seat, atoms], `Withdraw ${usd(atoms)} USDC`)))}>Withdraw</button>
          </div>
          <div class="row">
            <button type="button" class="button small" onClick={() => (amount.value = plain(usd(wallet?.usdc ?? 0n, 6)))}>All of the wallet</button>
            <button type="button" class="button small" onClick={() => void maxWithdrawal(seat, BigInt(account?.cash_atoms ?? 0)).then((most) => (amount.value = plain(usd(most, 6))))}>All that may be withdrawn</button>
          </div>
          {depositing.value.length > 0 && (
            <ol class="steps" id="deposit-steps" aria-label="Steps of the deposit" aria-live="polite">
              {depositing.value.map(({ text, state }, place) => (
                <li key={text} data-state={state}><span class={state === 'done' ? 'buy' : state === 'failed' ? 'bad' : 'muted'}>{state === 'done' ? '✓' : state === 'failed' ? '✕' : place + 1}</span><span>{text}</span><span>{state === 'now' ? '…' : ''}</span></li>
              ))}
            </ol>
          )}
          <p class="hint">What stays must meet initial margin and a tenth of your positions’ value. A deposit asks for a signature and a transaction; a wallet that signs no permits for two transactions.</p>
          <div class="spread">
            <span>{session.value ? `Session key until ${utc(session.value.expiry)}` : 'No session key'}</span>
            <button type="button" class="button small" onClick={() => (dialog.value = 'session')}>Session key</button>
          </div>
        </>
      )}
      <button type="button" class="button" onClick={() => { disconnect(); onClose(); }}>Disconnect</button>
    </Dialog>
  );
}

const scope = signal({ hours: '8', max: '20', day: '100' });

/** What whoever gets hold of a session key can lose in a day: all of its lots, each at the limit that is further from the mark. */
function mostLost(dayLots: number): bigint {
  const months = snapshot.value?.curve.months.filter(({ status }) => status === 'trading') ?? [];
  const ofALot = months.map((one) => BigInt(Math.max(one.high_ticks - one.mark_ticks, one.mark_ticks - one.low_ticks)) * BigInt(one.tick_value_atoms));
  return BigInt(dayLots) * ofALot.reduce((most, one) => (one > most ? one : most), 0n);
}

/**
 * What a session key has left for fees goes back to whoever dismisses it, before the key is forgotten. What it costs to
 * send is kept back, at twice the price of now, as the key signs it, and an eighth more, by which a block may raise the
 * price meanwhile; a key that has less than that gives nothing.
 */
async function giveBack(held: Session, to: Hex): Promise<boolean> {
  const balance = BigInt(await rpc.call<Hex>('eth_getBalance', [held.address, 'latest']));
  if (balance < WEI_OF_A_PLANCK) return true;
  const call = { from: held.address, to, data: '0x', value: `0x${WEI_OF_A_PLANCK.toString(16)}` };
  const [gas, price] = [BigInt(await rpc.call<Hex>('eth_estimateGas', [call])), BigInt(await rpc.call<Hex>('eth_gasPrice'))];
  const left = (balance - (9n * price * (gas + gas / 5n + 1n)) / 4n) / WEI_OF_A_PLANCK;
  return left <= 0n || send({ to, data: '0x', value: left * WEI_OF_A_PLANCK, label: 'Take back what the session key has left for fees' }, sessionSigner(held));
}

function SessionKey({ onClose }: { onClose: () => void }) {
  const held = session.value;
  const seat = viewer.value?.seat ?? null;
  const { hours, max, day } = scope.value;
  const numbers = [hours, max, day].map((text) => Number(/^\d{1,7}$/.test(text) ? text : 'NaN'));
  const fine = numbers.every((number) => number > 0) && (numbers[0] ?? 0) <= 720;
  const name = async (): Promise<void> => {
    const where = deployment.value;
    if (!where || seat === null || !fine) return;
    const [hoursOf = 0, maxLots = 0, dayLots = 0] = numbers;
    // Another tab may have named one meanwhile: a second one would take its place in the storage.
    restoreSession();
    if (session.value) return;
    // Whoever begins signs all of it, also where the wallet changes its account in between.
    const by = signer.value;
    const made = newSession(seat, chainNow() + hoursOf * 3600, maxLots, dayLots);
    await inTurn(
      () => send(clearingCall('set_delegate', [seat, made.address, maxLots, dayLots, made.expiry, '0x'], `Name a session key: ${maxLots} lots an order, ${dayLots} a day`), by),
      // It is in the storage before it has anything: what is sent to a key that nobody has is lost.
      async () => { storeSession(made); return true; },
      // One that got nothing cannot sign: it is shown, to be dismissed.
      async () => {
        const given = await send({ to: made.address, data: '0x', value: 2n * 10n ** 18n, label: 'Give the session key 2 DOT for fees' }, by);
        keepSession(made, given);
        return given;
      },
    );
  };
  const dismiss = async (): Promise<void> => {
    const to = viewer.value?.address;
    const by = signer.value;
    if (!held || !to) return;
    await inTurn(
      () => send(clearingCall('set_delegate', [held.seat, held.address, 0, 0, 0, '0x'], 'Dismiss the session key'), by),
      // Where it does not come back the key is kept, and whoever dismisses it once more tries again.
      () => giveBack(held, to).catch((error: unknown) => { failure.value = sentenceOf(error); return false; }),
      async () => { forgetSession(held); return true; },
    );
  };
  return (
    <Dialog title="Session key" onClose={onClose}>
      <p class="hint">A key of this browser that trades for your account without a question for each order. It may place, cancel and roll within its scope; it can never withdraw. It lies in this browser’s storage without a password: whoever reads that can lose for you, by trading, what the lots of a day allow{held || fine ? <>, about <strong id="most-lost">{usd(mostLost(held ? held.dayLots : numbers[2] ?? 0), 0)} USD</strong> at the limits of now</> : ''}.</p>
      {held ? (
        <>
          <dl class="list">
            <dt>Key</dt><dd>{short(held.address)}</dd>
            <dt>Good until</dt><dd>{utc(held.expiry)}</dd>
            <dt>Largest order</dt><dd>{count(held.maxLots)} lots</dd>
            <dt>Of a day</dt><dd>{count(held.dayLots)} lots</dd>
          </dl>
          <label class="check"><input type="checkbox" checked={useSession.value} onChange={(event) => (useSession.value = event.currentTarget.checked)} /> Sign orders with it</label>
          <button type="button" class="button" disabled={working.value} onClick={() => void dismiss()}>Dismiss it</button>
        </>
      ) : (
        <>
          <Field id="session-hours" label="Good for" unit="hours" value={hours} inputMode="numeric" onInput={(value) => (scope.value = { ...scope.value, hours: value })} />
          <div class="pair">
            <Field id="session-max" label="Largest order" unit="lots" value={max} inputMode="numeric" onInput={(value) => (scope.value = { ...scope.value, max: value })} />
            <Field id="session-day" label="Of a day together" unit="lots" value={day} inputMode="numeric" onInput={(value) => (scope.value = { ...scope.value, day: value })} />
          </div>
          <button type="button" class="button primary wide" disabled={!fine || working.value || seat === null} onClick={() => void name()}>Name the key (two signatures)</button>
        </>
      )}
    </Dialog>
  );
}

function Settings({ onClose }: { onClose: () => void }) {
  const { theme, palette, keys } = settings.value;
  return (
    <Dialog title="Settings" onClose={onClose}>
      <div class="field"><span class="label">Appearance</span><Segments<Theme> label="Appearance" value={theme} options={[['dark', 'Dark'], ['light', 'Light']]} onChange={(value) => change({ theme: value })} /></div>
      <div class="field"><span class="label">Colours of buy and sell</span><Segments<Palette> label="Colours" value={palette} options={[['default', 'Green, red'], ['blue-orange', 'Blue, orange'], ['inverted', 'Red, green']]} onChange={(value) => change({ palette: value })} /></div>
      <label class="check"><input type="checkbox" checked={keys} onChange={(event) => change({ keys: event.currentTarget.checked })} /> Keys: B buy, S sell, ↑ ↓ price by a tick, Esc clears the ticket</label>
      <dl class="list">
        <dt>Node</dt><dd>{rpc?.url}</dd>
        <dt>Chain</dt><dd>{chainId.value}</dd>
        <dt>First block</dt><dd>{genesis.value ? short(genesis.value) : '–'}</dd>
        <dt>Clearing house</dt><dd>{deployment.value ? short(deployment.value.clearing) : '–'}</dd>
      </dl>
    </Dialog>
  );
}
