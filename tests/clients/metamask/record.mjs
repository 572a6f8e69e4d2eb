// Records what MetaMask's controllers ask of a development chain: node record.mjs PROGRAM [FILE].
//
// PROGRAM is sit-devnet. Each step is what a person does in the extension; the controllers do the rest, and what they
// ask in it is written to FILE, with the fields of the answers that they read. What is written is asked again by
// crates/devnet/tests/clients/metamask.rs. An outcome that is not what a person would see ends this program.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { Interface } from '@ethersproject/abi';
import { RpcEndpointType } from '@metamask/network-controller';
import { Tape, kind } from './tape.mjs';
import { wallet } from './wallet.mjs';

const [program, file = 'recording.json'] = process.argv.slice(2);
const KEY = Buffer.from('59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d', 'hex');
const ACCOUNT = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8';
const OTHER = '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc';
const TOKEN = '0x0000053900000000000000000000000001200000';
const CHAIN = '0x190f1b44';
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// The chain, which makes a block when it is told to.
let chain;
async function start(port) {
  const child = spawn(program, ['--port', String(port), '--quiet', '--quiet-market', '--no-mining', '--start', '1796630400'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => line.startsWith('sit-devnet: ') && resolve(line.split(/\s+/)[1]));
    child.once('exit', (code) => reject(new Error(`the chain ended with ${code}`)));
  });
  chain = { child, url, port: Number(new URL(url).port) };
}
async function stop() {
  const ended = new Promise((resolve) => chain.child.once('exit', resolve));
  chain.child.kill();
  await ended;
}
process.on('exit', () => chain?.child.kill());
/** Asks the chain past the tape. */
async function node(method, ...params) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const answer = await (await fetch(chain.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).json();
  if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
  return answer.result;
}
const mine = () => node('evm_mine');
async function opened() {
  for (let tries = 0; tries < 600; tries += 1) {
    if ((await node('sit_market')).months.length > 0) return node('sit_deployments');
    await pause(100);
  }
  throw new Error('the exchange is not open');
}

// Another network, which the wallet is on before.
const other = createServer((request, response) => {
  let body = '';
  request.on('data', (part) => { body += part; });
  request.on('end', () => {
    const { id, method } = JSON.parse(body);
    const block = { number: '0x10', hash: `0x${'1'.repeat(64)}`, baseFeePerGas: '0x7', gasLimit: '0x1c9c380', timestamp: '0x1' };
    const result = { eth_blockNumber: '0x10', eth_getBlockByNumber: block, eth_getBalance: '0x0', eth_gasPrice: '0x7', eth_call: '0x' }[method] ?? null;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id, result }));
  });
});
await new Promise((resolve) => other.listen(0, '127.0.0.1', resolve));

await start(0);
const at = await opened();
const tape = new Tape(chain.url);
// The sender's bytes, and what they say.
const signed = new Map();
const account = {
  address: ACCOUNT,
  sign(transaction) {
    const done = transaction.sign(KEY);
    const { type, nonce, maxPriorityFeePerGas, maxFeePerGas, gasPrice, gasLimit, to, value, data } = done.toJSON();
    const fields = { type, nonce, gas: gasLimit, maxFeePerGas, maxPriorityFeePerGas, gasPrice, to, value, data };
    signed.set(`0x${Buffer.from(done.serialize()).toString('hex')}`, Object.fromEntries(Object.entries(fields).filter(([, field]) => field !== undefined)));
    return done;
  },
};
const POLLING = 250;
// Until the wallet looks with each block, and once more.
const WAIT = 10 * POLLING;
const elsewhere = `http://127.0.0.1:${other.address().port}`;
const it = wallet({ account, fetch: tape.fetch, elsewhere, polling: POLLING });

// Names for what differs from chain to chain.
const names = new Map([[ACCOUNT, 'account'], [OTHER, 'other'], [TOKEN, 'token'], [at.vault.toLowerCase(), 'vault'], [at.clearing.toLowerCase(), 'clearing']]);
let estimate;
let limit;
const named = (value, heads) => {
  if (Array.isArray(value)) return value.map((item) => named(item));
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, named(item)]));
  if (typeof value !== 'string') return value;
  if (heads && kind(value) === 'quantity') {
    const which = heads.indexOf(value);
    assert.ok(which >= 0, `${value} is none of ${heads}`);
    return ['{head}', '{head before}', '{highest head}'][which];
  }
  let text = value.toLowerCase();
  for (const [found, name] of names) text = text.replaceAll(found, `{${name}}`).replaceAll(found.slice(2), `{${name}}`);
  return /^(0x)?[0-9a-f{}\w ]*$/i.test(value) ? text : value;
};
/** Which parameter is a block. */
const BLOCK = { eth_call: 1, eth_getBalance: 1, eth_getCode: 1, eth_getTransactionCount: 1, eth_getBlockByNumber: 0, eth_feeHistory: 1, eth_estimateGas: 1, eth_getStorageAt: 2 };
/** Gas as a share of what the wallet was told. */
const share = (gas) => {
  if (estimate !== undefined && gas === estimate) return '{estimate}';
  if (limit !== undefined && BigInt(gas) === (BigInt(limit) * 35n) / 100n) return '{limit} * 35 / 100';
  return gas;
};
let hashes = 0;

/** One call as it is written down. */
function line({ method, params, answer, reads, heads }) {
  const { result, error } = answer;
  let asked = params.map((item, index) => named(item, BLOCK[method] === index && heads));
  if (method === 'eth_sendRawTransaction') {
    const fields = signed.get(params[0]);
    asked = [{ ...named(fields), gas: share(fields.gas) }];
    if (result && !names.has(result)) names.set(result, `transaction ${(hashes += 1)}`);
  }
  const call = { method, params: asked };
  // What is after the colon are figures, and reasons that are the chain's own.
  if (error) return { ...call, error: { code: error.code, message: error.message.split(':')[0] } };
  if (method === 'eth_estimateGas') estimate = result;
  if (result?.gasLimit) limit = result.gasLimit;
  if (typeof result !== 'object' || result === null) {
    const exact = ['eth_call', 'eth_chainId', 'eth_sendRawTransaction'].includes(method) || result === '0x' || result === null;
    return { ...call, answer: exact ? named(result) : method === 'eth_getCode' ? 'data' : kind(result) };
  }
  if (result.blockHash && method === 'eth_getTransactionReceipt') names.set(result.blockHash, `block of ${names.get(params[0])}`);
  const fields = {};
  for (const path of [...reads].sort()) {
    const value = path.split(/\.|(?=\[\])/).reduce((part, key) => (key === '[]' ? part?.[0] : part?.[key]), result);
    if (typeof value === 'object' && value !== null) continue;
    fields[path] = path === 'status' ? value : kind(value ?? null);
  }
  return { ...call, answer: fields };
}

const steps = [];
/** Does what a person does, waits until nothing new is asked, and keeps what was asked, each thing once. */
async function step(what, does, still = 3 * POLLING) {
  tape.begin();
  const came = await does();
  while (Date.now() - tape.lastNew < still) await pause(50);
  const lines = [];
  const seen = new Map();
  for (const call of tape.calls) {
    const entry = line(call);
    const known = JSON.stringify([entry.method, entry.params, entry.error ?? (typeof entry.answer === 'object' && entry.answer ? 'object' : entry.answer)]);
    // Who asks twice may read more the second time.
    if (seen.has(known)) {
      if (typeof entry.answer === 'object') Object.assign(seen.get(known).answer ?? {}, entry.answer);
      continue;
    }
    seen.set(known, entry);
    lines.push(entry);
  }
  for (const entry of lines) {
    if (entry.answer && typeof entry.answer === 'object') entry.answer = Object.fromEntries(Object.entries(entry.answer).sort(([one], [two]) => (one < two ? -1 : 1)));
  }
  steps.push({ step: what, calls: lines });
  console.log(`${what}: ${lines.length}`);
  return came;
}
/** Blocks that are made between steps. */
async function block(count = 1) {
  for (let made = 0; made < count; made += 1) await mine();
  steps.push({ mine: count });
}

const details = (id) => it.transactions.state.transactions.find((one) => one.id === id);
/** What the person signs: the wallet shows it, they confirm. */
async function confirm(params, options = {}) {
  const { result, transactionMeta } = await it.transactions.addTransaction({ from: ACCOUNT, ...params }, { networkClientId, origin: 'metamask', ...options });
  result.catch(() => {});
  await pause(2 * POLLING);
  it.approvals.accept(transactionMeta.id, { txMeta: details(transactionMeta.id) }, { waitForResult: true }).catch(() => {});
  return transactionMeta;
}
const status = async (id, wanted) => {
  for (let tries = 0; details(id)?.status !== wanted && tries < 100; tries += 1) await pause(100);
  assert.equal(details(id)?.status, wanted, JSON.stringify(details(id)?.error ?? null));
};
const abi = ['clearing', 'clearing-office', 'vault'].flatMap((name) => JSON.parse(readFileSync(`${process.env.SIT_CACHE}/contracts/${name}/${name}.abi`, 'utf8')));
const message = (name, ...values) => {
  const item = abi.find((one) => one.type === 'function' && one.name === name);
  return new Interface([item]).encodeFunctionData(name, values);
};

let networkClientId;
await step('types the URL into the form for networks', async () => {
  // The form asks by itself, without a controller.
  const body = JSON.stringify({ id: Date.now().toString(), jsonrpc: '2.0', method: 'eth_chainId', params: [] });
  const answer = await tape.fetch(chain.url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  assert.equal((await answer.json()).result, CHAIN);
});
await step('saves the network and selects it', async () => {
  const added = it.network.addNetwork({
    chainId: CHAIN, name: 'SIT', nativeCurrency: 'DOT', blockExplorerUrls: [], defaultRpcEndpointIndex: 0,
    rpcEndpoints: [{ url: chain.url, name: 'SIT', type: RpcEndpointType.Custom, failoverUrls: [] }],
  });
  ({ networkClientId } = added.rpcEndpoints[0]);
  await it.network.setActiveNetwork(networkClientId);
  assert.equal(await it.network.getEIP1559Compatibility(networkClientId), true);
  assert.equal(it.network.state.networksMetadata[networkClientId].status, 'available');
});
const balance = () => it.tracker.state.accountsByChainId[CHAIN]?.[Object.keys(it.tracker.state.accountsByChainId[CHAIN]).find((one) => one.toLowerCase() === ACCOUNT)]?.balance;
await step('sees the account', async () => {
  it.tracker.startPolling({ networkClientIds: [networkClientId], queryAllAccounts: true });
  it.fees.startPolling({ networkClientId });
  const lock = await it.transactions.getNonceLock(ACCOUNT, networkClientId);
  lock.releaseLock();
  assert.equal(lock.nextNonce, 0);
  await pause(4 * POLLING);
  assert.equal(BigInt(balance()), BigInt(await node('eth_getBalance', ACCOUNT, 'latest')));
  assert.equal(it.fees.state.gasFeeEstimatesByChainId[CHAIN].gasEstimateType, 'eth_gasPrice');
});
await step('imports the token', async () => {
  const token = await it.contracts.getTokenStandardAndDetails(TOKEN, ACCOUNT, undefined, networkClientId);
  assert.deepEqual([token.standard, token.symbol, token.decimals, BigInt(token.balance)], ['ERC20', 'USDC', '6', 10_000_000_000_000n]);
  assert.ok(await it.contracts.getERC20TokenName(TOKEN, networkClientId));
  await it.tokens.addToken({ address: TOKEN, symbol: 'USDC', decimals: 6, networkClientId });
});
await step('sees the balance of the token', async () => {
  await it.balances.updateBalances({ chainIds: [CHAIN] });
  const held = Object.values(it.balances.state.tokenBalances).flatMap((chains) => Object.entries(chains[CHAIN] ?? {}));
  assert.deepEqual(held.filter(([address]) => address.toLowerCase() === TOKEN).map(([, atoms]) => BigInt(atoms)), [10_000_000_000_000n]);
});

await block();
await step('sees the balance of the token in the next block', () => it.balances.updateBalances({ chainIds: [CHAIN] }));

let sent = await step('sends DOT', () => confirm({ to: OTHER, value: '0xde0b6b3a7640000' }));
await status(sent.id, 'submitted');
await step('waits', () => pause(WAIT));
await block();
await step('sees that it is confirmed', () => status(sent.id, 'confirmed'));

/** Sends, waits, and sees it confirmed: what a transaction takes after the first one. */
async function through(what, params) {
  const { id } = await step(what, async () => {
    if (params.data) await it.transactions.handleMethodData(params.data.slice(0, 10), networkClientId);
    return confirm(params);
  });
  await status(id, 'submitted');
  await block();
  await step(`${what}: confirmed`, () => status(id, 'confirmed'));
}
const erc20 = new Interface(['function approve(address spender, uint256 value)', 'function transfer(address to, uint256 value)']);
await through('sends the token', { to: TOKEN, data: erc20.encodeFunctionData('transfer', [OTHER, 5_000_000]) });
await through('allows the vault to take the token', { to: TOKEN, data: erc20.encodeFunctionData('approve', [at.vault, 100_000_000_000]) });
const seat = BigInt(await node('eth_call', { from: ACCOUNT, to: at.clearing, data: message('open_account', 0) }, 'latest'));
assert.equal(seat, 0n, 'nobody else has an account');
const [{ mark }] = (await node('sit_market')).months;
names.set(mark.toString(16).padStart(64, '0'), 'mark');
await through('opens an account of the exchange', { to: at.clearing, data: message('open_account', 0) });
await through('deposits', { to: at.vault, data: message('deposit', seat, 100_000_000_000) });
await through('places an order', { to: at.clearing, data: message('place', [seat, 0, true, mark, 3, 0, 1, false, 0, 0]) });

/** What has taken a transaction's place. */
const replacing = (id, type) => it.transactions.state.transactions.find((one) => one.type === type && one.txParams.nonce === details(id).txParams.nonce);
/** Sends what no block takes, has something else take its place, and sees that confirmed. */
async function replaced(sends, replaces, type, params, options) {
  const { id } = await step(`${sends}, and nothing takes it`, () => confirm({ to: OTHER, value: '0x2386f26fc10000', ...params }, options));
  await step(replaces, () => (type === 'cancel' ? it.transactions.stopTransaction(id) : it.transactions.speedUpTransaction(id)));
  await block();
  await step(`${replaces}: confirmed`, async () => {
    await status(replacing(id, type).id, 'confirmed');
    await status(id, 'dropped');
  });
}
await replaced('sends', 'speeds it up', 'retry');
// A page may suggest any fee, and a tenth more of it is no whole number.
const suggested = { maxFeePerGas: '0x746a5288001', maxPriorityFeePerGas: '0x1' };
await replaced('sends for the fee of a page', 'speeds that up', 'retry', suggested, { origin: 'http://127.0.0.1:8546' });
await replaced('sends again', 'cancels it', 'cancel');
const [one, two] = await step('sends two in a row', async () => [
  await confirm({ to: OTHER, value: '0x2386f26fc10000' }), await confirm({ to: OTHER, value: '0x2386f26fc10000' }),
]);
await block();
await step('sends two in a row: confirmed', async () => {
  await status(one.id, 'confirmed');
  await status(two.id, 'confirmed');
});

const refused = { to: TOKEN, data: erc20.encodeFunctionData('transfer', [OTHER, 2n ** 100n]) };
sent = await step('sends what the contract refuses', () => confirm(refused));
assert.ok(details(sent.id).simulationFails, 'the wallet warns');
// Without an estimate it offers 35 % of the block's gas limit, which is as high as a number can be on the Hub, too.
await status(sent.id, 'failed');
sent = await step('sends what the contract refuses, with a gas of its own', () => confirm({ ...refused, gas: '0x4000' }));
await status(sent.id, 'submitted');
await block();
await step('sends what the contract refuses, with a gas of its own: failed', () => status(sent.id, 'failed'));
sent = await step('sends more than there is', () => confirm({ to: OTHER, value: `0x${(10n ** 25n).toString(16)}` }));
await status(sent.id, 'failed');

await step('switches to another network', () => it.network.setActiveNetwork('elsewhere'));
await block(2);
await step('switches back', () => it.network.setActiveNetwork(networkClientId));

sent = await step('sends, and the chain begins anew', () => confirm({ to: OTHER, value: '0x2386f26fc10000' }), WAIT);
// What polls says that nobody answers.
const { error, warn } = console;
Object.assign(console, { error: () => {}, warn: () => {} });
await stop();
await pause(4 * POLLING);
await start(chain.port);
await opened();
Object.assign(console, { error, warn });
steps.push({ restart: true });
await step('waits for what the chain has forgotten', () => pause(WAIT));
await status(sent.id, 'submitted');
await step('sees the account on the new chain', () => it.tracker.refresh([networkClientId], true));
await step('sees the token on the new chain', () => it.balances.updateBalances({ chainIds: [CHAIN] }));
// While something waits, the wallet takes no block for the newest that is older than the one it knows: it goes on with
// the numbers of the chain before.
sent = await step('sends without clearing its activity', () => confirm({ to: OTHER, value: '0x2386f26fc10000' }), WAIT);
await block();
await step('waits behind the gap', () => pause(WAIT));
await status(sent.id, 'submitted');
await step('clears its activity', async () => {
  it.transactions.wipeTransactions({ chainId: CHAIN, address: ACCOUNT });
  await it.network.resetConnection();
}, WAIT);
await step('sees the account when it is cleared', () => it.tracker.refresh([networkClientId], true));
await step('sees the token when it is cleared', () => it.balances.updateBalances({ chainIds: [CHAIN] }));
await through('sends on the new chain', { to: OTHER, value: '0x2386f26fc10000' });

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const packages = Object.entries(dependencies).filter(([name]) => name.startsWith('@metamask/'));
const text = steps.map(({ calls, ...rest }) => (calls ? `{"step": ${JSON.stringify(rest.step)}, "calls": [${calls.map((call) => `\n  ${JSON.stringify(call)}`).join(',')}]}` : JSON.stringify(rest)));
writeFileSync(file, `{"packages": ${JSON.stringify(Object.fromEntries(packages))},\n"steps": [\n${text.join(',\n')}\n]}\n`);
process.exit(0);
