// A deposit in one transaction: the owner signs a permit of exactly its amount (EIP-2612), and the vault hands it in.

import { decodeFunctionResult, domainSeparator, encodeFunctionData, parseSignature } from 'viem';
import { vault as vaultAbi } from './abi';
import { chainId, chainNow, deployment, rpc } from './chain';
import { usd } from './amounts';
import { RpcError, type Hex } from './rpc';
import { callOf, type Wanted } from './send';
import type { Signer } from './wallet';

const tokenAbi = [
  { type: 'function', name: 'name', stateMutability: 'view', inputs: [], outputs: [{ name: '', type: 'string' }] },
  { type: 'function', name: 'nonces', stateMutability: 'view', inputs: [{ name: 'owner', type: 'address' }], outputs: [{ name: '', type: 'uint256' }] },
  { type: 'function', name: 'DOMAIN_SEPARATOR', stateMutability: 'view', inputs: [], outputs: [{ name: '', type: 'bytes32' }] },
] as const;

/** Seconds of the chain's clock that a permit is good for; only the vault can use it, and only for its owner. */
const GOOD_FOR = 3_600;

/** What a permit cannot be had for: the token takes none, or the wallet signs none. Not that somebody said no. */
export class NoPermit extends Error {}

/** Whether a wallet means by this error that it cannot sign such a thing. */
function cannot(error: unknown): boolean {
  const { code, message } = error as { code?: number; message?: string };
  return code === 4200 || code === -32601 || code === -32004 || /not (supported|implemented|found)|unsupported/i.test(message ?? '');
}

/**
 * The deposit with the owner's permit for exactly its amount. Throws [`NoPermit`] where there can be none, and what the
 * wallet says where somebody refuses.
 */
export async function permitted(by: Signer, seat: number, atoms: bigint): Promise<Wanted> {
  const where = deployment.value;
  if (!where || !by.signTyped) throw new NoPermit('This account signs no permits.');
  const view = (functionName: 'name' | 'nonces' | 'DOMAIN_SEPARATOR') => ({
    method: 'eth_call',
    params: [{ to: where.token, data: encodeFunctionData({ abi: tokenAbi, functionName, args: functionName === 'nonces' ? [by.address] : [] } as never) }, 'latest'],
  });
  const [name, nonce, separator] = (await rpc.batch([view('name'), view('nonces'), view('DOMAIN_SEPARATOR')])).map((answer, place) => {
    if (answer instanceof RpcError || answer === '0x') throw new NoPermit('This token takes no permits.');
    const functionName = (['name', 'nonces', 'DOMAIN_SEPARATOR'] as const)[place] as 'name';
    return decodeFunctionResult({ abi: tokenAbi, functionName, data: answer as Hex }) as unknown;
  });
  const domain = { name: name as string, version: '1', chainId: chainId.value ?? 0, verifyingContract: where.token };
  // What is signed has to be what the token checks, or the deposit fails after the question.
  if (domainSeparator({ domain }) !== separator) throw new NoPermit('This token signs in a domain that the page does not know.');
  const deadline = chainNow() + GOOD_FOR;
  const field = (field: string, type: string) => ({ name: field, type });
  const typed = {
    domain: { ...domain, chainId: String(domain.chainId) },
    primaryType: 'Permit',
    types: {
      EIP712Domain: [field('name', 'string'), field('version', 'string'), field('chainId', 'uint256'), field('verifyingContract', 'address')],
      Permit: [field('owner', 'address'), field('spender', 'address'), field('value', 'uint256'), field('nonce', 'uint256'), field('deadline', 'uint256')],
    },
    message: { owner: by.address, spender: where.vault, value: String(atoms), nonce: String(nonce), deadline: String(deadline) },
  };
  let signature: Hex;
  try {
    signature = await by.signTyped(typed);
  } catch (error) {
    if (cannot(error)) throw new NoPermit('This wallet signs no permits.');
    throw error;
  }
  const { r, s, yParity } = parseSignature(signature);
  return callOf(where.vault, vaultAbi, 'deposit_with_permit', [seat, atoms, deadline, 27 + yParity, r, s], `Deposit ${usd(atoms)} USDC`);
}
