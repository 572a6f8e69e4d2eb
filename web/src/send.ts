// Transactions: checked before they are signed, followed until they are final, and every failure a sentence.

import { signal } from '@preact/signals';
import { decodeErrorResult, encodeFunctionData } from 'viem';
import { clearing as clearingAbi, governance as governanceAbi, incentives as incentivesAbi, oracle as oracleAbi, vault as vaultAbi } from './abi';
import { ask, deployment, explain, head, onBlock, reload, rpc, snapshot, viewer } from './chain';
import { split, type Cost } from './cost';
import { RpcError, Unreachable, type Hex } from './rpc';
import { sentBy } from './sender';
import { isRefusal, type Preview } from './types';
import { session, sessionSigner, signer, useSession, walletSentence, wrongChain, type Signer } from './wallet';

export const erc20Abi = [
  { type: 'function', name: 'approve', stateMutability: 'nonpayable', inputs: [{ name: 'spender', type: 'address' }, { name: 'value', type: 'uint256' }], outputs: [{ name: '', type: 'bool' }] },
  { type: 'function', name: 'balanceOf', stateMutability: 'view', inputs: [{ name: 'account', type: 'address' }], outputs: [{ name: '', type: 'uint256' }] },
] as const;

export type State = 'checking' | 'signing' | 'sent' | 'included' | 'final' | 'failed';

export interface Sent {
  id: number; label: string; state: State; hash?: Hex; block?: number; blockHash?: Hex; why?: string; at: number; cost?: Cost;
  by: string;
  /** Its deposit in planck, as the engine counted it when it was signed; `null` where it could not tell. */
  deposit?: string | null;
  /** What was sent, and by whom: why it was refused is asked for by it. */
  call?: { from: Hex; to: Hex; data: Hex };
}

export const sent = signal<Sent[]>([]);
let next = 1;

function update(id: number, change: Partial<Sent>): void {
  sent.value = sent.value.map((one) => (one.id === id ? { ...one, ...change } : one));
}

const ABIS = [clearingAbi, vaultAbi, oracleAbi, incentivesAbi, governanceAbi];

/** The sentence of what a node or a contract refused with. */
export function sentenceOf(error: unknown): string {
  if (error instanceof Unreachable) return error.message;
  if (error instanceof RpcError) {
    const data = typeof error.data === 'string' ? error.data : (error.data as { data?: string } | undefined)?.data;
    if (data?.startsWith('0x') && data.length >= 10) {
      for (const abi of ABIS) {
        try {
          const { errorName } = decodeErrorResult({ abi, data: data as Hex });
          return explain(errorName);
        } catch {
          // Another contract's error.
        }
      }
    }
    const named = /execution reverted: (\w+)/.exec(error.message);
    if (named?.[1]) return explain(named[1]);
    return sentenceCase(error.message);
  }
  return walletSentence(error);
}

function sentenceCase(text: string): string {
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

export interface Wanted {
  to: Hex; data: Hex; value?: bigint; label: string;
  /** The message of the clearing house, as the engine previews it. */
  previewed?: { message: string; args: readonly unknown[] };
}

/** A call of a contract as a transaction to be. */
export function callOf(to: Hex, abi: readonly unknown[], functionName: string, args: readonly unknown[], label: string): Wanted {
  return { to, data: encodeFunctionData({ abi, functionName, args } as never), label };
}

export function clearingCall(functionName: string, args: readonly unknown[], label: string): Wanted {
  const called = callOf(deployment.value?.clearing as Hex, clearingAbi, functionName, args, label);
  // A delegate's cell is shown by no view, so the engine cannot tell whether one is new.
  return functionName === 'set_delegate' ? called : { ...called, previewed: { message: functionName, args } };
}

/** The deposit of a message by the engine, in planck, from the block that is shown; `null` where it cannot tell. */
async function depositOf({ previewed }: Wanted, from: Hex): Promise<string | null> {
  const known = snapshot.peek();
  const who = viewer.peek();
  if (!previewed || !known || !who) return null;
  const args = previewed.args.map((arg) => (typeof arg === 'bigint' ? arg.toString() : arg));
  const by = sentBy(known.account?.owner ?? who.owner ?? who.address, from);
  try {
    const said = await ask<Preview>({ do: 'preview', seat: who.seat ?? 0, ...by, now: known.time, contract: 'clearing', message: previewed.message, arguments: args });
    return isRefusal(said.outcome) ? null : said.deposit_planck;
  } catch {
    return null;
  }
}

/** What a transaction would cost, fee and deposit apart; throws what the chain would refuse with. */
export async function costOf(wanted: Wanted, from: Hex): Promise<Cost> {
  const [{ wei }, deposit] = await Promise.all([estimate(wanted, from), depositOf(wanted, from)]);
  return split(wei, deposit);
}

/** What a transaction would cost at most, in wei; throws what the chain would refuse with. */
export async function estimate(wanted: Wanted, from: Hex): Promise<{ gas: bigint; wei: bigint }> {
  const gas = BigInt(await rpc.call<Hex>('eth_estimateGas', [{ from, to: wanted.to, data: wanted.data, value: `0x${(wanted.value ?? 0n).toString(16)}` }]));
  // State moves between estimate and inclusion; what is not used is not charged.
  const limit = gas + gas / 5n + 1n;
  return { gas: limit, wei: gas * (head.value?.price ?? 0n) };
}

/** Who signs an order: the session key if there is one, else the connected account. */
export function trader(): Signer | null {
  const key = session.value;
  if (key && useSession.value && key.expiry > (head.value?.time ?? 0)) return sessionSigner(key);
  return signer.value;
}

/** Checks, signs and sends; resolves when the block with it has come, false when it failed. */
export async function send(wanted: Wanted, by: Signer | null = signer.value): Promise<boolean> {
  const id = next;
  next += 1;
  sent.value = [{ id, label: wanted.label, state: 'checking' as const, at: Date.now(), by: by?.name ?? '' }, ...sent.value].slice(0, 50);
  const fail = (why: string): false => {
    update(id, { state: 'failed', why });
    return false;
  };
  if (!by) return fail('Nobody is connected who could sign.');
  if (by.kind === 'wallet' && wrongChain.value !== null) return fail('The wallet is on another chain: switch it first.');
  let gas: bigint;
  try {
    ({ gas } = await estimate(wanted, by.address));
  } catch (error) {
    return fail(`Not sent: ${sentenceOf(error)}`);
  }
  const deposit = await depositOf(wanted, by.address);
  update(id, { state: 'signing', deposit });
  let hash: Hex;
  try {
    hash = await by.send({ to: wanted.to, data: wanted.data, gas, ...(wanted.value === undefined ? {} : { value: wanted.value }) });
  } catch (error) {
    return fail(sentenceOf(error));
  }
  update(id, { state: 'sent', hash, call: { from: by.address, to: wanted.to, data: wanted.data } });
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    void follow();
  });
}

/** Who wait for what was sent, by its number. */
const waiting = new Map<number, (done: boolean) => void>();

interface Receipt { status: Hex; blockNumber: Hex; blockHash: Hex; gasUsed: Hex; effectiveGasPrice?: Hex; revertReason?: string }

let following = false;

/** Asks after what is on its way; called with every block. */
async function follow(): Promise<void> {
  const open = sent.value.filter((one) => one.hash && (one.state === 'sent' || one.state === 'included'));
  if (open.length === 0 || following) return;
  following = true;
  try {
    const answers = await rpc.batch([
      { method: 'eth_getBlockByNumber', params: ['finalized', false] },
      ...open.map((one) => ({ method: 'eth_getTransactionReceipt', params: [one.hash] })),
    ]);
    const final = answers[0] instanceof RpcError || !answers[0] ? 0 : Number((answers[0] as { number: Hex }).number);
    for (const [place, one] of open.entries()) {
      const receipt = answers[place + 1];
      if (receipt instanceof RpcError) continue;
      const done = waiting.get(one.id);
      if (!receipt) {
        // Its block was replaced: it waits again.
        if (one.state === 'included') update(one.id, { state: 'sent', why: 'Its block was replaced by another one; it waits for the next.' });
        continue;
      }
      const { status, blockNumber, blockHash, gasUsed, effectiveGasPrice } = receipt as Receipt;
      const paid = BigInt(gasUsed) * BigInt(effectiveGasPrice ?? '0x0');
      if (BigInt(status) === 0n) {
        // What failed has stored nothing.
        update(one.id, { state: 'failed', block: Number(blockNumber), cost: split(paid, '0'), why: await reason(one, receipt as Receipt) });
        done?.(false);
        waiting.delete(one.id);
        continue;
      }
      const state = Number(blockNumber) <= final ? 'final' : 'included';
      const changed = { state, block: Number(blockNumber), blockHash, cost: split(paid, one.deposit ?? null) } as const;
      if (one.state !== state || one.blockHash !== blockHash) sent.value = sent.value.map(({ why: _, ...held }) => (held.id === one.id ? { ...held, ...changed } : held));
      done?.(true);
      waiting.delete(one.id);
      if (one.state === 'sent') reload();
    }
  } catch {
    // The node is away; the next block asks again.
  } finally {
    following = false;
  }
}

/**
 * Why a transaction failed that was included: by its receipt, where the node says so there; otherwise it is run once more,
 * on the state before its block, and on the one after it, which has what came before it in the block, and its time.
 */
async function reason({ call }: Sent, { blockNumber, revertReason }: Receipt): Promise<string> {
  if (revertReason && revertReason !== '0x') return sentenceOf(new RpcError(3, 'The contract refused it', revertReason));
  for (const block of call ? [Number(blockNumber) - 1, Number(blockNumber)] : []) {
    try {
      await rpc.call('eth_call', [call, `0x${block.toString(16)}`]);
    } catch (error) {
      return sentenceOf(error);
    }
  }
  return 'The state had moved by the time it was included. Look at the present one and try again.';
}

export function followTransactions(): void {
  onBlock.push(() => void follow());
}
