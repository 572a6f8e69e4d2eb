// What the scripts of this folder share about the exchange on a development chain.
import { readFileSync } from 'node:fs';

/** The heading of the table of what clients cannot do on a node, in the page that SIT_NODE_PAGE or an argument names. */
const HEADING = '| what clients cannot do there | what they get |';

/** The rows of that table: what cannot be done, and what comes instead. */
export function missing(page) {
  const lines = readFileSync(page, 'utf8').split('\n');
  const first = lines.indexOf(HEADING) + 2;
  const rows = first < 2 ? [] : lines.slice(first, lines.findIndex((line, at) => at >= first && !line.startsWith('|')));
  if (rows.length === 0) throw new Error(`${page} has no table below ${HEADING}`);
  return new Map(rows.map((row) => row.split('|').slice(1, 3).map((cell) => cell.trim().replaceAll('`', ''))));
}

const skipped = process.env.SIT_NODE_PAGE ? missing(process.env.SIT_NODE_PAGE) : new Map();

/** Does a step, unless the chain is a node and its page says that nobody can do that there. */
export async function unless(what, does) {
  if (skipped.has(what)) console.log(`skipped: ${what}`);
  else await does();
}

/** The words of the page for what a filter with an argument left open is. */
const OPEN = 'viem: finds events by one of two arguments';

/**
 * Events of a contract with these arguments, whichever the others are; where a server takes no such question, those of all that
 * have these arguments.
 */
export async function eventsOf(client, { args, ...query }) {
  if (!skipped.has(OPEN)) return client.getContractEvents({ ...query, args });
  const all = await client.getContractEvents(query);
  const same = (one, other) => String(one).toLowerCase() === String(other).toLowerCase();
  return all.filter((log) => Object.entries(args).every(([name, value]) => same(log.args[name], value)));
}

/** Where the clock is moved: a node has a port of its own for that. */
export const clock = (url) => process.env.SIT_NODE_CLOCK ?? url;

const artifact = (name, ending) => `${process.env.SIT_CACHE}/contracts/${name}/${name}.${ending}`;

/** The ABI of a contract that was built on this machine. */
export const abi = (name) => JSON.parse(readFileSync(artifact(name, 'abi'), 'utf8'));
/** Its code, in hexadecimal. */
export const blob = (name) => `0x${readFileSync(artifact(name, 'polkavm')).toString('hex')}`;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Where the contracts are, once the exchange is open: a chain answers before it is. Of a node there is a record. */
export async function opened(ask) {
  if (process.env.SIT_NODE_RECORD) {
    const { contracts } = JSON.parse(readFileSync(process.env.SIT_NODE_RECORD, 'utf8'));
    return Object.fromEntries(Object.entries(contracts).map(([name, { address }]) => [name, address]));
  }
  for (let tries = 0; tries < 300; tries += 1) {
    if ((await ask('sit_market', [])).months.length > 0) return ask('sit_deployments', []);
    await pause(100);
  }
  throw new Error('the exchange is not open');
}

/** The lowest price that somebody has bid for the first month, in ticks. */
export async function lowestBid(placed) {
  for (let tries = 0; tries < 100; tries += 1) {
    const bids = (await placed()).filter((order) => Number(order.instrument) === 0 && order.buy);
    if (bids.length > 0) return Math.min(...bids.map((order) => Number(order.price)));
    await pause(200);
  }
  throw new Error('nobody bids');
}
