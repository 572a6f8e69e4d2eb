// What the page knows of the exchange: cells of one block, read from the chain itself and understood by the engine.

import { batch, signal } from '@preact/signals';
import { decodeFunctionResult, encodeFunctionData, keccak256 } from 'viem';
import { clearing as clearingAbi, oracle as oracleAbi, vault as vaultAbi } from './abi';
import { Engine, idKey, type CellId, type Question } from './engine';
import { addressesOf, otherChain, type Deployed } from './record';
import { Heads, Rpc, RpcError, Unreachable, type Call, type Feed, type Head, type Hex } from './rpc';
import type { Account, Book, Curve, IndexReport, Ledger, Order, Refusal, Risk, Stress } from './types';
import { isRefusal } from './types';

/** The node that the page was built for. */
declare const __RPC__: string;
/** The record of the exchange that the page was built for, if for one. */
declare const __RECORD__: Deployed | null;

export interface Deployment {
  clearing: Hex; vault: Hex; oracle: Hex; governance: Hex; incentives: Hex; token: Hex;
  /** Block before which nothing happened. */
  first: number;
}

export type Link =
  | { state: 'starting' }
  | { state: 'live'; feed: Feed }
  | { state: 'down'; why: string }
  | { state: 'unusable'; why: string };

/** Everything that is shown, of one block. */
export interface Snapshot {
  block: number; hash: Hex; time: number;
  curve: Curve; book: Book | null; account: Account | null; orders: Order[];
  wallet: { dot: bigint; usdc: bigint; allowance: bigint } | null;
}

export interface Cold { risk: Risk; ledger: Ledger; index: IndexReport; validity: number; block: number }

export const link = signal<Link>({ state: 'starting' });
export const head = signal<Head | null>(null);
/** When this machine heard of the head last: whether anybody answers. */
export const headHeard = signal(0);
/** When it heard of it first: carries the chain's clock on. A head that is told once more is no newer for that. */
export const headCame = signal(0);
export const snapshot = signal<Snapshot | null>(null);
export const cold = signal<Cold | null>(null);
export const selected = signal<number | null>(null);
export const chainId = signal<number | null>(null);
export const genesis = signal<Hex | null>(null);
/** The chain under this address began anew since the page last saw it. */
export const restarted = signal(false);
export const deployment = signal<Deployment | null>(null);
export const isDevChain = signal(false);
/** Second by second, while the tab is shown. */
export const tick = signal(0);

export const DEV_CHAIN = 420_420_420;
/** The product whose months are shown. */
export const PRODUCT = 0;
const SEEN = 'sit.genesis';

/** Seconds of the chain's clock, carried on by this machine's between blocks, at most for a minute. */
export function chainNow(): number {
  void tick.value;
  const known = head.value;
  if (!known) return 0;
  return known.time + Math.min(60, Math.max(0, Math.floor((Date.now() - headCame.value) / 1000)));
}

/** Whose account is shown, and who signs. */
export interface Viewer { address: Hex; seat: number | null; owner: Hex | null }
export const viewer = signal<Viewer | null>(null);

export let rpc: Rpc;
let engine: Engine;
let heads: Heads | undefined;

let node: string | null = null;

/** The node's address: of the query, that of the index which serves this page, or the one that it was built for. */
export function nodeUrl(): string {
  const asked = new URLSearchParams(location.search).get('rpc');
  if (asked && /^https?:\/\//.test(asked)) return asked;
  return node ?? __RPC__;
}

type Indexed = Partial<Deployment> & { rpc: string | null };

/** Loads the engine, finds the exchange, and follows the chain. Tries again until there is one. */
export async function start(load: () => Promise<Engine>, indexed: () => Promise<Indexed | null>): Promise<void> {
  node = (await indexed())?.rpc ?? null;
  rpc = new Rpc(nodeUrl());
  setInterval(() => {
    if (!document.hidden) tick.value += 1;
  }, 1000);
  try {
    engine = await load();
  } catch {
    link.value = { state: 'unusable', why: 'This browser cannot run the exchange’s engine: WebAssembly is switched off.' };
    return;
  }
  for (;;) {
    try {
      await find(indexed);
      break;
    } catch (error) {
      const why = (error as Error).message;
      link.value = error instanceof Unreachable ? { state: 'down', why } : { state: 'unusable', why };
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    }
  }
  heads = new Heads(rpc, (next) => void onHead(next), onFeed);
}

async function find(indexed: () => Promise<Indexed | null>): Promise<void> {
  const [id, first] = await Promise.all([
    rpc.call<Hex>('eth_chainId'),
    rpc.call<{ hash: Hex } | null>('eth_getBlockByNumber', ['0x0', false]),
  ]);
  chainId.value = Number(id);
  const hash = first?.hash ?? '0x';
  const seen = JSON.parse(localStorage.getItem(SEEN) ?? '{}') as Record<string, Hex>;
  restarted.value = seen[id] !== undefined && seen[id] !== hash;
  localStorage.setItem(SEEN, JSON.stringify({ ...seen, [id]: hash }));
  genesis.value = hash;
  isDevChain.value = Number(id) === DEV_CHAIN;
  const other = __RECORD__ && otherChain(__RECORD__, Number(id), hash, rpc.url);
  if (other) throw new Error(other);
  const known: Partial<Deployment> | null = __RECORD__ ? addressesOf(__RECORD__) : await indexed();
  const found = known?.clearing ? known : await rpc.call<Partial<Deployment>>('sit_deployments').catch(() => null);
  if (!found?.clearing || !found.vault || !found.oracle || !found.token) {
    throw new Error(`There is no exchange on the chain ${Number(id)} at ${rpc.url}.`);
  }
  const at = { first: 0, governance: '0x', incentives: '0x', ...found } as Deployment;
  // The vault names the clearing house that it pays for, and the token that it holds: a wrong record shows here.
  const state = await view<readonly [Hex, Hex, bigint, bigint]>(at.vault, vaultAbi, 'state', [], 'latest');
  if (state[1].toLowerCase() !== at.clearing.toLowerCase() || state[0].toLowerCase() !== at.token.toLowerCase()) {
    throw new Error('The addresses of the exchange do not belong together: the vault pays for another clearing house. Nothing is signed.');
  }
  deployment.value = at;
}

// ---------------------------------------------------------------------------------------------------------------------
// Reading

type At = Hex | 'latest' | 'pending';

const block = (at: At): unknown => (at.startsWith('0x') ? { blockHash: at } : at);

/** A view of a contract. */
export async function view<T>(to: Hex, abi: readonly unknown[], functionName: string, args: unknown[], at: At): Promise<T> {
  const data = encodeFunctionData({ abi, functionName, args } as never);
  const answer = await rpc.call<Hex>('eth_call', [{ to, data }, block(at)]);
  return decodeFunctionResult({ abi, functionName, data: answer } as never) as T;
}

const cellCall = (at: Hex, [kind, a, b]: CellId): Call => ({
  method: 'eth_call',
  params: [{ to: deployment.value?.clearing, data: encodeFunctionData({ abi: clearingAbi, functionName: 'cell', args: [kind, a, b] }) }, block(at)],
});

async function cells(at: Hex, ids: CellId[]): Promise<[CellId, Hex][]> {
  const answers = await rpc.batch(ids.map((id) => cellCall(at, id)));
  return answers.map((answer, place) => {
    if (answer instanceof RpcError) throw answer;
    const bytes = decodeFunctionResult({ abi: clearingAbi, functionName: 'cell', data: answer as Hex });
    return [ids[place] as CellId, bytes];
  });
}

/** Cells that the engine has, all of the block `at`. */
let at: Hex | null = null;
let watched = new Map<string, CellId>();

/** One reader of the engine's cells at a time: nobody's cells are replaced between two questions. */
let queue: Promise<unknown> = Promise.resolve();
function exclusive<T>(work: () => Promise<T>): Promise<T> {
  const run = queue.then(work, work);
  queue = run.catch(() => undefined);
  return run;
}

/** Asks until no cell is missing; with `watch`, what it needed is read with each later block, too. Must run exclusively. */
async function settle<T>(question: Question, watch = true): Promise<T> {
  for (let round = 0; round < 24; round += 1) {
    const said = engine.ask<T>(question);
    if ('ok' in said) return said.ok;
    if (!at) throw new Unreachable('No block has been read yet.');
    if (watch) for (const id of said.missing) watched.set(idKey(id), id);
    engine.give(await cells(at, said.missing), true);
  }
  throw new Error('The engine asks for more cells than an answer can need.');
}

/** Asks the engine about the block that is shown. */
export function ask<T>(question: Question): Promise<T> {
  return exclusive(() => settle<T>(question));
}

/** A sentence for a contract's error. */
export function explain(error: string): string {
  for (const contract of ['clearing', 'vault', 'oracle', 'incentives', 'governance']) {
    const sentence = engine?.explain(contract, error);
    if (sentence) return sentence;
  }
  return `The contract refused with ${error}.`;
}

/** What an engine's message would do, from the block that is shown, for a caller. */
export async function preview<T>(seat: number, caller: Hex, message: string, args: unknown[]): Promise<T> {
  return ask<T>({ do: 'preview', seat, caller, now: chainNow(), contract: 'clearing', message, arguments: args });
}

// ---------------------------------------------------------------------------------------------------------------------
// Following the chain

/** Whether a block's logs may hold one of an address. */
export function mayHold(bloom: Hex, address: Hex): boolean {
  if (bloom.length !== 514) return true;
  const hash = keccak256(address);
  for (const place of [2, 6, 10]) {
    const bit = Number.parseInt(hash.slice(place, place + 4), 16) & 2047;
    const byte = Number.parseInt(bloom.slice(2 + 2 * (255 - (bit >> 3)), 4 + 2 * (255 - (bit >> 3))), 16);
    if (!(byte & (1 << (bit & 7)))) return false;
  }
  return true;
}

function onFeed(feed: Feed, why?: string): void {
  if (feed === 'none') link.value = { state: 'down', why: why ?? '' };
  else if (link.value.state !== 'live' || link.value.feed !== feed) link.value = { state: 'live', feed };
}

let wanted: Head | null = null;
let working = false;
let sinceFull = 0;
let quiet = true;

/** Called with each block that has been read, again while it stays the newest; and with a reorganisation. */
export const onBlock: ((head: Head, changed: boolean, reorganised: boolean) => void)[] = [];

async function onHead(next: Head): Promise<void> {
  const before = head.value;
  if (before?.hash === next.hash) {
    headHeard.value = Date.now();
    // What could not be read of it when it came is tried again.
    if (snapshot.value?.hash === next.hash) for (const told of onBlock) told(next, false, false);
    else {
      wanted = next;
      await refresh();
    }
    return;
  }
  if (before && next.number < before.number && next.time <= before.time) {
    // Either the node lags, or the chain has gone back: only a known height with another hash is the latter.
    const raw = await rpc.call<{ hash: Hex } | null>('eth_getBlockByNumber', [`0x${before.number.toString(16)}`, false]).catch(() => undefined);
    if (raw === undefined || raw?.hash === before.hash) return;
    await checkGenesis();
  }
  batch(() => {
    head.value = next;
    headHeard.value = Date.now();
    headCame.value = headHeard.value;
  });
  quiet &&= before !== null && next.parent === before.hash && deployment.value !== null && !mayHold(next.bloom, deployment.value.clearing);
  wanted = next;
  await refresh();
}

async function checkGenesis(): Promise<void> {
  const first = await rpc.call<{ hash: Hex } | null>('eth_getBlockByNumber', ['0x0', false]).catch(() => null);
  if (first && genesis.value && first.hash !== genesis.value) {
    restarted.value = true;
    location.reload();
  }
}

/** Reads the newest block; those that come meanwhile are read together afterwards. */
async function refresh(): Promise<void> {
  if (working) return;
  working = true;
  try {
    while (wanted) {
      const next = wanted;
      const unchanged = quiet && snapshot.value !== null && sinceFull < 10;
      wanted = null;
      quiet = true;
      try {
        await exclusive(() => load(next, unchanged));
        sinceFull = unchanged ? sinceFull + 1 : 0;
      } catch (error) {
        if (error instanceof Unreachable) onFeed('none', error.message);
        quiet = false;
      }
    }
  } finally {
    working = false;
  }
}

/** Reads again what is shown: after another month or another account was chosen. */
export function reload(): void {
  quiet = false;
  wanted = head.value;
  void refresh();
}

/** A month that is shown becomes another one: its book is read at once. */
export function select(instrument: number): void {
  selected.value = instrument;
  reload();
}

let loads = 0;

async function load(next: Head, unchanged: boolean): Promise<void> {
  const { token, vault } = deployment.value as Deployment;
  const reorganised = at !== null && !unchanged && snapshot.value !== null && snapshot.value.block >= next.number;
  if (!unchanged || at === null) {
    // Once in a while from nothing, so that what nobody looks at any more is not read for ever.
    loads += 1;
    if (loads % 64 === 0) watched = new Map();
    engine.give(await cells(next.hash, [...watched.values()]), false);
    at = next.hash;
  }
  const now = next.time;
  const curve = await settle<Curve>({ do: 'curve', product: PRODUCT, now });
  if (isRefusal(curve)) throw new Error(curve.sentence);
  if (selected.value === null || !curve.months.some((month) => month.instrument === selected.value)) {
    selected.value = (curve.months.find((month) => month.status === 'trading') ?? curve.months[0])?.instrument ?? null;
  }
  const who = viewer.value;
  const seat = who?.seat ?? null;
  const book = selected.value === null ? null : await settle<Book>({ do: 'book', instrument: selected.value, seat, now });
  const account = seat === null ? null : await settle<Account>({ do: 'account', seat, now });
  const orders = seat === null ? [] : await settle<Order[]>({ do: 'orders', seat });
  let wallet = snapshot.value?.wallet ?? null;
  if (who && (!unchanged || !wallet)) {
    const [dot, usdc, allowance] = await rpc.batch([
      { method: 'eth_getBalance', params: [who.address, block(next.hash)] },
      { method: 'eth_call', params: [{ to: token, data: `0x70a08231${who.address.slice(2).padStart(64, '0')}` }, block(next.hash)] },
      { method: 'eth_call', params: [{ to: token, data: `0xdd62ed3e${who.address.slice(2).padStart(64, '0')}${vault.slice(2).padStart(64, '0')}` }, block(next.hash)] },
    ]);
    const number = (answer: unknown): bigint => (typeof answer === 'string' ? BigInt(answer) : 0n);
    wallet = { dot: number(dot), usdc: number(usdc), allowance: number(allowance) };
  }
  snapshot.value = {
    block: next.number, hash: next.hash, time: next.time, curve,
    book: book && !isRefusal(book) ? book : null,
    account: account && !isRefusal(account) ? account : null,
    orders: Array.isArray(orders) ? orders : [],
    wallet: who ? wallet : null,
  };
  for (const told of onBlock) told(next, !unchanged, reorganised);
}

/**
 * How many blocks what is shown is behind the newest that was heard of, whether anything was heard lately, and whether the
 * node answers and has had no new block for a minute, which on a development chain says nothing.
 */
export function staleness(): { blocks: number; silent: boolean; still: boolean } {
  void tick.value;
  const behind = (head.value?.number ?? 0) - (snapshot.value?.block ?? 0);
  const silent = link.value.state !== 'live' || Date.now() - headHeard.value > 30_000;
  return { blocks: Math.max(0, behind), silent, still: !isDevChain.value && Date.now() - headCame.value > 60_000 };
}

// ---------------------------------------------------------------------------------------------------------------------
// What is read when a page asks for it

/** Margin set, ledger and index, as of the block that is shown. */
export async function loadCold(): Promise<void> {
  const shown = snapshot.value;
  const where = deployment.value;
  if (!shown || !where) return;
  const oracle = (kind: string, number = 0): Call => ({
    method: 'eth_call',
    params: [
      { to: where.oracle, data: encodeFunctionData({ abi: oracleAbi, functionName: 'cell', args: [kind.charCodeAt(0), PRODUCT as never, number, 0] }) },
      block(shown.hash),
    ],
  });
  const page = Math.floor(shown.curve.index_day / 64);
  const pages = page > 0 ? [page - 1, page] : [page];
  const answers = await rpc.batch([oracle('R'), oracle('S'), oracle('W'), ...pages.map((number) => oracle('P', number)),
    { method: 'eth_call', params: [{ to: where.oracle, data: encodeFunctionData({ abi: oracleAbi, functionName: 'validity', args: [PRODUCT as never] }) }, block(shown.hash)] }]);
  const bytes = (place: number): Hex => {
    const answer = answers[place];
    if (answer instanceof RpcError) throw answer;
    return decodeFunctionResult({ abi: oracleAbi, functionName: 'cell', data: answer as Hex }) as Hex;
  };
  const validity = answers[3 + pages.length];
  const [risk, ledger, index] = await exclusive(async () => [
    await settle<Risk>({ do: 'risk', product: PRODUCT }),
    await settle<Ledger>({ do: 'ledger', product: PRODUCT }),
    await settle<IndexReport>({
      do: 'index', setup: bytes(0), state: bytes(1), reporters: bytes(2),
      prints: pages.map((number, place) => ({ page: number, bytes: bytes(3 + place) })),
    }),
  ] as const);
  cold.value = { risk, ledger, index, validity: typeof validity === 'string' ? Number(validity) : 0, block: shown.block };
}

/** Tag of the cell of an account. */
const ACCOUNT = 65;

/**
 * What all accounts would owe if all marks jumped, jump by jump, of the block that is shown. Reads every account, and
 * keeps none: what is read with each block stays as little as it was.
 */
export function loadStress(seats: number, shifts: readonly number[]): Promise<Stress[]> {
  return exclusive(async () => {
    const block = at;
    if (!block) throw new Unreachable('No block has been read yet.');
    engine.give(await cells(block, Array.from({ length: seats }, (_, seat): CellId => [ACCOUNT, seat, 0])), true);
    const found: Stress[] = [];
    for (const shift_bps of shifts) {
      const stress = await settle<Stress | Refusal>({ do: 'stress', product: PRODUCT, seats, shift_bps }, false);
      if (isRefusal(stress)) throw new Error(stress.sentence);
      found.push(stress);
      // A frame may be drawn between two jumps.
      await new Promise((resolve) => setTimeout(resolve));
    }
    return found;
  });
}
