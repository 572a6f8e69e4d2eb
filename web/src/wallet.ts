// Who signs: a wallet of the browser (EIP-6963, EIP-1193), an account of the development chain, or a session key.

import { signal } from '@preact/signals';
import { decodeEventLog, encodeEventTopics, getAddress } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { clearing as abi } from './abi';
import { chainId, chainNow, deployment, genesis, isDevChain, nodeUrl, reload, rpc, viewer } from './chain';
import { logsOf, type RawLog, type Topics } from './logs';
import type { Hex } from './rpc';

export interface Provider {
  request(call: { method: string; params?: unknown[] }): Promise<unknown>;
  on?(event: string, told: (value: never) => void): void;
}

export interface Announced { uuid: string; name: string; icon: string; rdns: string; provider: Provider }

export interface Transaction { to: Hex; data: Hex; value?: bigint; gas: bigint }

export interface Signer {
  kind: 'wallet' | 'dev' | 'session';
  name: string;
  address: Hex;
  /** Signs and sends; resolves to the hash as soon as the node has taken it. */
  send(transaction: Transaction): Promise<Hex>;
  /** Signs typed data (EIP-712), where whoever holds the key can. */
  signTyped?(data: object): Promise<Hex>;
}

export interface DevAccount { name: string; role: string; address: Hex }

export const wallets = signal<Announced[]>([]);
export const signer = signal<Signer | null>(null);
export const devAccounts = signal<DevAccount[]>([]);
/** The wallet is on another chain than the exchange. */
export const wrongChain = signal<number | null>(null);
export const session = signal<Session | null>(null);
/** Whether orders are signed by the session key. */
export const useSession = signal(false);

/** Listens for wallets, MetaMask first. */
export function discover(): void {
  window.addEventListener('eip6963:announceProvider', (event) => {
    const { info, provider } = (event as CustomEvent<{ info: Omit<Announced, 'provider'>; provider: Provider }>).detail;
    if (wallets.value.some((known) => known.uuid === info.uuid)) return;
    const rank = (known: Announced): number => (known.rdns.startsWith('io.metamask') ? 0 : 1);
    wallets.value = [...wallets.value, { ...info, provider }].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
  });
  window.dispatchEvent(new Event('eip6963:requestProvider'));
  // A wallet that does not announce itself.
  const lone = (window as { ethereum?: Provider }).ethereum;
  setTimeout(() => {
    if (lone && wallets.value.length === 0) {
      wallets.value = [{ uuid: 'window.ethereum', name: 'Browser wallet', icon: '', rdns: '', provider: lone }];
    }
  }, 300);
}

/** The development chain's accounts, which its node signs for. */
export async function loadDevAccounts(): Promise<void> {
  if (!isDevChain.value || devAccounts.value.length > 0) return;
  const info = await rpc.call<{ accounts: DevAccount[] }>('sit_info').catch(() => null);
  devAccounts.value = info?.accounts ?? [];
}

const hexNumber = (number: number | bigint): Hex => `0x${number.toString(16)}`;

/** What a wallet says in place of an answer, as a sentence. */
export function walletSentence(error: unknown): string {
  const { code, message } = error as { code?: number; message?: string };
  if (code === 4001 || code === 5000) return 'You rejected it in the wallet. Nothing was sent.';
  if (code === -32002) return 'The wallet waits for you: open it and answer its question.';
  if (code === 4900 || code === 4901) return 'The wallet is not connected to its chain.';
  return message ? `The wallet says: ${message}` : 'The wallet gave no answer.';
}

/** Who was connected in this tab: a reload connects them again, without a question. */
const LAST = 'sit.connected';

/** Connects again who was connected before the page was loaded anew; a wallet only if it still shares its accounts. */
export async function reconnect(): Promise<void> {
  const last = sessionStorage.getItem(LAST);
  if (!last || signer.value) return;
  const wallet = wallets.value.find((known) => known.rdns !== '' && known.rdns === last);
  if (wallet) {
    const shared = (await wallet.provider.request({ method: 'eth_accounts' }).catch(() => [])) as Hex[];
    if (shared.length > 0) await connect(wallet);
    return;
  }
  await loadDevAccounts();
  const account = devAccounts.value.find((known) => known.address === last);
  if (account) await connectDev(account);
}

/** Connects a wallet, and takes it to the exchange's chain. */
export async function connect({ provider, name, rdns }: Announced): Promise<void> {
  const [address] = (await provider.request({ method: 'eth_requestAccounts' })) as Hex[];
  if (!address) throw new Error('The wallet shares no account with this page.');
  await checkChain(provider);
  const become = (account: Hex): void => {
    signer.value = {
      kind: 'wallet', name, address: account,
      async send({ to, data, value, gas }) {
        await checkChain(provider);
        if (wrongChain.value !== null) throw new Error('The wallet is on another chain.');
        const call = { from: account, to, data, gas: hexNumber(gas), value: hexNumber(value ?? 0n) };
        return (await provider.request({ method: 'eth_sendTransaction', params: [call] })) as Hex;
      },
      async signTyped(data) {
        await checkChain(provider);
        if (wrongChain.value !== null) throw new Error('The wallet is on another chain.');
        return (await provider.request({ method: 'eth_signTypedData_v4', params: [account, JSON.stringify(data)] })) as Hex;
      },
    };
  };
  become(getAddress(address));
  current = provider;
  // A wallet that was connected before is heard no more: somebody else signs now, or nobody.
  provider.on?.('accountsChanged', ((accounts: Hex[]) => {
    if (current !== provider) return;
    if (accounts[0]) {
      become(getAddress(accounts[0]));
      void look(accounts[0]);
    } else {
      // It is locked, or shares nothing more; what it shares next is connected again.
      disconnect();
      current = provider;
    }
  }) as never);
  provider.on?.('chainChanged', (() => {
    if (current === provider) void checkChain(provider);
  }) as never);
  sessionStorage.setItem(LAST, rdns);
  await look(getAddress(address));
}

let current: Provider | null = null;

async function checkChain(provider: Provider): Promise<void> {
  const on = Number((await provider.request({ method: 'eth_chainId' })) as Hex);
  wrongChain.value = on === chainId.value ? null : on;
}

/** Has the wallet change to the exchange's chain, or learn it. */
export async function switchChain(): Promise<void> {
  const id = chainId.value;
  if (!current || id === null) return;
  const wanted = hexNumber(id);
  try {
    await current.request({ method: 'wallet_switchEthereumChain', params: [{ chainId: wanted }] });
  } catch (error) {
    if ((error as { code?: number }).code === 4001) throw error;
    const chainName = isDevChain.value ? 'SIT development chain' : `Polkadot Hub (${id})`;
    await current.request({
      method: 'wallet_addEthereumChain',
      params: [{ chainId: wanted, chainName, rpcUrls: [nodeUrl()], nativeCurrency: { name: 'DOT', symbol: 'DOT', decimals: 18 } }],
    });
  }
  await checkChain(current);
}

/** An account of the development chain: its node signs, no wallet is needed. */
export async function connectDev({ name, address }: DevAccount): Promise<void> {
  current = null;
  wrongChain.value = null;
  sessionStorage.setItem(LAST, address);
  signer.value = {
    kind: 'dev', name, address,
    send: ({ to, data, value, gas }) =>
      rpc.call<Hex>('eth_sendTransaction', [{ from: address, to, data, gas: hexNumber(gas), value: hexNumber(value ?? 0n) }]),
    signTyped: (data) => rpc.call<Hex>('eth_signTypedData_v4', [address, data]),
  };
  await look(address);
}

export function disconnect(): void {
  current = null;
  sessionStorage.removeItem(LAST);
  signer.value = null;
  viewer.value = null;
  wrongChain.value = null;
  useSession.value = false;
  session.value = null;
  reload();
}

const events = abi.filter((item) => item.type === 'event');

/** Finds the account of an address: its own, or one that it trades for. */
export async function look(address: Hex): Promise<void> {
  const known = { address, seat: null, owner: null };
  viewer.value = known;
  session.value = null;
  useSession.value = false;
  const where = deployment.value;
  if (!where) return;
  const search = (topics: Topics): Promise<RawLog[]> => logsOf(where.clearing, topics, where.first);
  const opened = encodeEventTopics({ abi: events, eventName: 'Opened', args: { owner: address } }) as Hex[];
  const [own] = await search(opened);
  // Whoever has become somebody else meanwhile is looked for again: what was found is of the one before.
  if (viewer.value !== known) return;
  if (own) {
    const { args } = decodeEventLog({ abi: events, eventName: 'Opened', topics: own.topics, data: own.data });
    viewer.value = { address, seat: args.seat, owner: address };
  } else {
    const named = encodeEventTopics({ abi: events, eventName: 'DelegateSet', args: { delegate: address } }) as (Hex | null)[];
    const delegated = await search(named);
    if (viewer.value !== known) return;
    // The newest word of each account counts: who was dismissed, or whose time is over, trades for it no more.
    const until = new Map<number, number>();
    for (const { topics, data } of delegated) {
      const { args } = decodeEventLog({ abi: events, eventName: 'DelegateSet', topics, data });
      until.delete(args.seat);
      if (args.expiry > chainNow()) until.set(args.seat, args.expiry);
    }
    const seat = [...until.keys()].at(-1);
    if (seat !== undefined) viewer.value = { address, seat, owner: null };
  }
  restoreSession();
  reload();
}

// ---------------------------------------------------------------------------------------------------------------------
// Session keys

export interface Session { key: Hex; address: Hex; seat: number; expiry: number; maxLots: number; dayLots: number }

const store = (seat: number | null): string => `sit.session.${genesis.value ?? ''}.${seat ?? ''}`;

/** A key of this browser that may trade and nothing else; it is worth what its scope allows, so it lies in the open. */
export function newSession(seat: number, expiry: number, maxLots: number, dayLots: number): Session {
  const key = generatePrivateKey();
  return { key, address: privateKeyToAccount(key).address, seat, expiry, maxLots, dayLots };
}

/** The key that this browser's storage has for an account; another tab may have made it. */
const storedSession = (seat: number | null): Session | null => {
  const held = localStorage.getItem(store(seat));
  return held ? (JSON.parse(held) as Session) : null;
};

/** Keeps a key in this browser's storage, for the account that it trades for. */
export function storeSession(made: Session): void {
  localStorage.setItem(store(made.seat), JSON.stringify(made));
}

/** Has a key sign orders, or only shows it; whoever has become somebody else meanwhile finds it when they are back. */
export function keepSession(made: Session, signs: boolean): void {
  if (viewer.value?.seat !== made.seat) return;
  session.value = made;
  useSession.value = signs;
}

/** Forgets a key; what another tab has made for the same account stays. */
export function forgetSession(held: Session): void {
  if (storedSession(held.seat)?.address === held.address) localStorage.removeItem(store(held.seat));
  if (session.value?.address === held.address) restoreSession();
}

/** Shows the key that the storage has for the account that is shown. */
export function restoreSession(): void {
  session.value = storedSession(viewer.value?.seat ?? null);
  useSession.value = session.value !== null;
}

/** The session key as a signer, with a count of its own for what it sends. */
export function sessionSigner(made: Session): Signer {
  const account = privateKeyToAccount(made.key);
  return {
    kind: 'session', name: 'session key', address: account.address,
    async send({ to, data, value, gas }) {
      const [nonce, price] = await Promise.all([
        rpc.call<Hex>('eth_getTransactionCount', [account.address, 'pending']),
        rpc.call<Hex>('eth_gasPrice'),
      ]);
      const raw = await account.signTransaction({
        type: 'eip1559', chainId: chainId.value ?? 0, nonce: Number(nonce), to, data, value: value ?? 0n, gas,
        maxFeePerGas: BigInt(price) * 2n, maxPriorityFeePerGas: 0n,
      });
      return rpc.call<Hex>('eth_sendRawTransaction', [raw]);
    },
  };
}

/** Whether the viewer trades an account that is not their own. */
export const asDelegate = (): boolean => viewer.value !== null && viewer.value.seat !== null && viewer.value.owner === null;
