// Logs of a contract: the one place that asks a node for them, in as many requests as it wants.

import { rpc } from './chain';
import { RpcError, type Hex } from './rpc';

export interface RawLog { blockNumber: Hex; blockTimestamp?: Hex; logIndex: Hex; transactionHash: Hex; topics: [Hex, ...Hex[]]; data: Hex }

export type Topics = (Hex | Hex[] | null)[];

/** Ranges of one request, when the node takes no longer ones: a chain of a million blocks is some tens of requests then. */
const TOGETHER = 16;

/** Blocks that the node last answered for at once. Many nodes refuse more than so many, and each has a limit of its own. */
let size = Number.MAX_SAFE_INTEGER;

/** Whether the node takes `null` for any topic, as far as is known: pallet-revive's server does not (eth-rpc 0.20). */
let takesNull = true;

/** Whether a log has these topics; `null` stands for any. */
const has = (log: RawLog, topics: Topics): boolean => topics.every((wanted, place) => {
  const topic = log.topics[place]?.toLowerCase();
  if (topic === undefined || wanted === null) return topic !== undefined;
  return (Array.isArray(wanted) ? wanted : [wanted]).some((one) => one.toLowerCase() === topic);
});

const hex = (number: number): Hex => `0x${number.toString(16)}`;

/**
 * The logs of an address in the blocks `from` to `to`, both included, in their order; without `to` up to the newest. What a
 * node refuses is asked for again in halves, until one block's are; what it takes is the measure of what follows. Where it
 * refuses one block's too, a `null` among the topics may be why: then what comes before is asked for, and the rest is looked at here.
 */
export async function logsOf(address: Hex, topics: Topics, from: number, to?: number): Promise<RawLog[]> {
  const end = to ?? Number(await rpc.call<Hex>('eth_blockNumber'));
  const found: RawLog[] = [];
  let refused = Number.MAX_SAFE_INTEGER;
  const before = topics.includes(null) ? topics.slice(0, topics.indexOf(null)) : topics;
  let wanted = takesNull ? topics : before;
  for (let next = from; next <= end; ) {
    const asked: [number, number][] = [];
    for (let low = next; low <= end && asked.length < TOGETHER; low += size) asked.push([low, Math.min(end, low + size - 1)]);
    const answers = await rpc.batch(asked.map(([low, high]) => ({ method: 'eth_getLogs', params: [{ address, topics: wanted, fromBlock: hex(low), toBlock: hex(high) }] })));
    let held = true;
    for (const [place, [low, high]] of asked.entries()) {
      const answer = answers[place];
      if (answer instanceof RpcError) {
        held = false;
        if (high > low) {
          refused = high - low + 1;
          size = Math.floor(refused / 2);
        } else if (wanted.length > before.length) {
          wanted = before;
          size = Number.MAX_SAFE_INTEGER;
          refused = size;
        } else throw answer;
        break;
      }
      // It is the question that the node did not take, and no passing fault: without the open part it has answered.
      if (wanted.length < topics.length) takesNull = false;
      for (const log of answer as RawLog[]) if (has(log, topics)) found.push(log);
      next = high + 1;
    }
    // A range of many logs may have been refused for what is in it: the next ones may be longer again.
    if (held && size < end && size * 2 < refused) size *= 2;
  }
  return found;
}
