// The record of a deployment, with which a page can be built: where one exchange is, and on which chain.

import type { Deployment } from './chain';
import type { Hex } from './rpc';

/** As `sit deploy` writes it. */
export interface Deployed {
  name: string; chain: { id: number; genesis_hash: Hex }; first_block: number;
  contracts: Record<string, { address: Hex }>;
}

/** The addresses, and the block before which nothing happened. */
export function addressesOf({ contracts, first_block: first }: Deployed): Partial<Deployment> {
  const addresses = Object.fromEntries(Object.entries(contracts).map(([name, { address }]) => [name, address]));
  return { ...addresses, first } as Partial<Deployment>;
}

/** Why a chain is not the one of the record; `null` when it is. */
export function otherChain({ name, chain }: Deployed, id: number, genesis: Hex, url: string): string | null {
  if (id !== chain.id) return `The exchange “${name}” is on chain ${chain.id}, and the node at ${url} is of chain ${id}. Nothing is signed.`;
  if (genesis.toLowerCase() === chain.genesis_hash.toLowerCase()) return null;
  return `The chain at ${url} has the right id and another first block: it was started anew or is a copy, and “${name}” is not on it. Nothing is signed.`;
}
