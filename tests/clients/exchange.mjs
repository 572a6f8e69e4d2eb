// What the scripts of this folder share about the exchange on a development chain.
import { readFileSync } from 'node:fs';

const artifact = (name, ending) => `${process.env.SIT_CACHE}/contracts/${name}/${name}.${ending}`;

/** The ABI of a contract that was built on this machine. */
export const abi = (name) => JSON.parse(readFileSync(artifact(name, 'abi'), 'utf8'));
/** Its code, in hexadecimal. */
export const blob = (name) => `0x${readFileSync(artifact(name, 'polkavm')).toString('hex')}`;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Where the contracts are, once the exchange is open: a chain answers before it is. */
export async function opened(ask) {
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
