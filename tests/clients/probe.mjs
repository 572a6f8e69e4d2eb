// What viem, ethers and cast can do with a chain, one line for each thing: node probe.mjs URL [NODE [PAGE]].
// NODE is where evm_* is answered, if that is not URL. PAGE has a table of what cannot be done: any other thing that cannot be
// done fails then, and so does one of the table that can.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, existsSync } from 'node:fs';
import { Contract, JsonRpcProvider, Wallet } from 'ethers';
import {
  createPublicClient, createWalletClient, decodeEventLog, defineChain, http, keccak256, parseAbi, parseEther, webSocket,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { missing } from './exchange.mjs';

const url = process.argv[2];
const node = process.argv[3] ?? url;
const expected = process.argv[4] ? missing(process.argv[4]) : null;
const KEYS = [
  '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80',
  '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d',
  '0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a',
];
const other = '0x90F79bf6EB2c4f870365E785982E1f101E93b906';
const USDC = '0x0000053900000000000000000000000001200000';
const erc20 = parseAbi([
  'function transfer(address to, uint256 value) returns (bool)',
  'function balanceOf(address) view returns (uint256)',
  'function symbol() view returns (string)',
  'event Transfer(address indexed from, address indexed to, uint256 value)',
]);
const chain = defineChain({
  id: 420420420, name: 'SIT', nativeCurrency: { name: 'DOT', symbol: 'DOT', decimals: 18 },
  rpcUrls: { default: { http: [url] } },
});
const account = privateKeyToAccount(KEYS[0]);
const client = createPublicClient({ chain, transport: http(url), pollingInterval: 50 });
const wallet = createWalletClient({ chain, account, transport: http(url) });
const socket = createPublicClient({ chain, transport: webSocket(url.replace('http', 'ws')) });
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A request as it is, to the chain or to what moves its clock. */
async function raw(method, params = [], to = url) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const answer = await (await fetch(to, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).json();
  if (answer.error) throw new Error(answer.error.message);
  return answer.result;
}

let cannot = 0;
const rows = [];
/** Does one thing, and says whether it could be done. */
async function can(what, does, patience = 20_000) {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error('no answer in time')), patience).unref());
  const begun = performance.now();
  try {
    await Promise.race([does(), late]);
    rows.push([what, 'yes', '']);
    console.log(`yes  ${what} (${Math.round(performance.now() - begun)} ms)`);
  } catch (error) {
    cannot += 1;
    const why = String(error.details ?? error.shortMessage ?? error.message).split('\n')[0].slice(0, 110);
    rows.push([what, 'no', why]);
    console.log(`no   ${what}: ${why}`);
  }
}

const mined = async (hash) => {
  const receipt = await client.waitForTransactionReceipt({ hash });
  assert.equal(receipt.status, 'success');
  return receipt;
};

// viem.
await can('viem: chain id and gas price of the Hub', async () => {
  assert.equal(await client.getChainId(), 420420420);
  assert.equal(await client.getGasPrice(), 8_000_000_000_000n);
});
await can('viem: sends DOT', async () => {
  const before = await client.getBalance({ address: other });
  const receipt = await mined(await wallet.sendTransaction({ to: other, value: parseEther('1') }));
  assert.equal(await client.getBalance({ address: other }), before + parseEther('1'));
  const block = await client.getBlock({ blockHash: receipt.blockHash, includeTransactions: true });
  assert.equal(block.transactions[0].hash, receipt.transactionHash);
});
let transfer;
await can('viem: simulates, writes and reads the token', async () => {
  const had = await client.readContract({ address: USDC, abi: erc20, functionName: 'balanceOf', args: [other] });
  const { request } = await client.simulateContract({ account, address: USDC, abi: erc20, functionName: 'transfer', args: [other, 5_000_000n] });
  transfer = await mined(await wallet.writeContract(request));
  assert.deepEqual(decodeEventLog({ abi: erc20, ...transfer.logs[0] }).args, { from: account.address, to: other, value: 5_000_000n });
  assert.equal(await client.readContract({ address: USDC, abi: erc20, functionName: 'balanceOf', args: [other] }), had + 5_000_000n);
});
await can('viem: finds events by one of two arguments', async () => {
  const logs = await client.getContractEvents({ address: USDC, abi: erc20, eventName: 'Transfer', args: { from: account.address }, fromBlock: transfer.blockNumber });
  assert.equal(logs.length, 1);
});
await can('viem: several at once, with numbers of their own', async () => {
  const nonce = await client.getTransactionCount({ address: account.address, blockTag: 'pending' });
  const many = await Promise.all([0, 1, 2, 3].map((step) => wallet.sendTransaction({ to: other, value: 10n ** 16n, nonce: nonce + step })));
  for (const hash of many) await mined(hash);
});
const artifact = (name) => `${process.env.SIT_CACHE}/contracts/${name}/${name}`;
let vault;
if (existsSync(`${artifact('vault')}.polkavm`)) {
  const abi = JSON.parse(readFileSync(`${artifact('vault')}.abi`, 'utf8'));
  await can('viem: deploys a blob, whose hash is that of the code on chain', async () => {
    const blob = readFileSync(`${artifact('vault')}.polkavm`);
    const hash = await wallet.deployContract({ abi, bytecode: `0x${blob.toString('hex')}`, args: [USDC, account.address] });
    vault = (await mined(hash)).contractAddress;
    assert.equal(keccak256(await client.getCode({ address: vault })), keccak256(blob));
  });
  const connect = { address: vault, abi, functionName: 'connect', args: [other] };
  await can('viem: names the error of a refusal that is simulated', () =>
    assert.rejects(client.simulateContract({ account: other, ...connect }), /NotAuthorised/));
  await can('viem: names the error of a refusal that is estimated', () =>
    assert.rejects(client.estimateContractGas({ account: other, ...connect }), /NotAuthorised/));
  await can('viem: a refusal on chain has a receipt', async () => {
    const stranger = createWalletClient({ chain, account: privateKeyToAccount(KEYS[1]), transport: http(url) });
    const receipt = await client.waitForTransactionReceipt({ hash: await stranger.writeContract({ ...connect, gas: 20_000n }) });
    assert.equal(receipt.status, 'reverted');
  });
}
await can('who has too little is told so', () =>
  assert.rejects(wallet.sendTransaction({ to: other, value: parseEther('100000000'), gas: 1000n }), /insufficient funds|Invalid Transaction|balance/i));
await can('viem: hears events over a WebSocket', async () => {
  const heard = [];
  const stop = socket.watchContractEvent({ address: USDC, abi: erc20, eventName: 'Transfer', args: { from: account.address }, onLogs: (logs) => heard.push(...logs) });
  await pause(300);
  await mined(await wallet.writeContract({ address: USDC, abi: erc20, functionName: 'transfer', args: [other, 1n] }));
  for (let tries = 0; !heard.length && tries < 50; tries += 1) await pause(100);
  stop();
  assert.equal(heard.length, 1);
});
await can('hears heads over a WebSocket', async () => {
  const heads = [];
  const stop = socket.watchBlocks({ onBlock: (block) => heads.push(block.number), onError: () => {} });
  await pause(300);
  await mined(await wallet.sendTransaction({ to: other, value: 1n * 10n ** 16n }));
  for (let tries = 0; !heads.length && tries < 30; tries += 1) await pause(100);
  stop();
  assert.ok(heads.length);
});
await can('polls a filter (eth_newFilter)', async () => {
  const filter = await raw('eth_newFilter', [{ address: USDC }]);
  await raw('eth_getFilterChanges', [filter]);
});
for (const [what, params] of [
  ['traces a transaction (callTracer)', { tracer: 'callTracer' }],
  ['traces a transaction (prestateTracer)', { tracer: 'prestateTracer' }],
  ['traces a transaction (steps)', {}],
]) {
  await can(what, async () => assert.ok(await raw('debug_traceTransaction', [transfer.transactionHash, params])));
}
for (const [what, method, params] of [
  ['answers: receipts of a block', 'eth_getBlockReceipts', ['latest']],
  ['answers: fee history', 'eth_feeHistory', ['0x1', 'latest', [50]]],
  ['answers: proof of a cell', 'eth_getProof', [USDC, [], 'latest']],
  ['answers: pool', 'txpool_status', []],
  ['answers: eth_simulateV1', 'eth_simulateV1', [{ blockStateCalls: [{ calls: [] }] }, 'latest']],
  ['answers: unlocked accounts', 'eth_accounts', []],
]) await can(what, () => raw(method, params));
await can('several questions in one (a batch)', async () => {
  const body = JSON.stringify([1, 2].map((id) => ({ jsonrpc: '2.0', id, method: 'eth_blockNumber', params: [] })));
  const answer = await (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).json();
  assert.equal(answer.length, 2);
});
await can('Multicall3 at its usual address', async () =>
  assert.notEqual(await client.getCode({ address: '0xcA11bde05977b3631167028862bE2a173976CA11' }), undefined));
await can('old blocks: a balance before the first transfer', async () => {
  const had = await client.getBalance({ address: other, blockNumber: transfer.blockNumber - 2n });
  assert.ok(had < await client.getBalance({ address: other }));
});
await can('the clock is moved on by an hour', async () => {
  const before = (await client.getBlock()).timestamp;
  await raw('evm_increaseTime', [3600], node);
  await raw('evm_mine', [], node);
  for (let tries = 0; (await client.getBlock()).timestamp < before + 3600n; tries += 1) {
    assert.ok(tries < 50, 'the block has the old time');
    await pause(100);
  }
});
await can('the next block has a time that is asked for', async () => {
  const time = (await client.getBlock()).timestamp + 600n;
  await raw('evm_setNextBlockTimestamp', [Number(time)], node);
  const receipt = await mined(await wallet.sendTransaction({ to: other, value: 10n ** 16n }));
  assert.equal((await client.getBlock({ blockNumber: receipt.blockNumber })).timestamp, time);
});
await can('snapshots', () => raw('evm_snapshot', [], node));
await can('balances are set', () => raw('anvil_setBalance', [other, '0x1'], node));
await can('impersonation', () => raw('anvil_impersonateAccount', [other], node));

// ethers.
const provider = new JsonRpcProvider(url, undefined, { cacheTimeout: -1, pollingInterval: 50 });
const signer = new Wallet(KEYS[1], provider);
const token = new Contract(USDC, ['function transfer(address to, uint256 value) returns (bool)', 'function balanceOf(address) view returns (uint256)', 'event Transfer(address indexed from, address indexed to, uint256 value)'], signer);
await can('ethers: sends DOT', async () => {
  const receipt = await (await signer.sendTransaction({ to: other, value: parseEther('1') })).wait();
  assert.equal(receipt.status, 1);
});
await can('ethers: writes and reads the token', async () => {
  const had = await token.balanceOf(other);
  const receipt = await (await token.transfer(other, 7_000_000n)).wait();
  assert.equal(receipt.logs[0].fragment.name, 'Transfer');
  assert.equal(await token.balanceOf(other), had + 7_000_000n);
  assert.equal((await token.queryFilter(token.filters.Transfer(signer.address), receipt.blockNumber, receipt.blockNumber)).length, 1);
});
await can('ethers: a call that fails says why', () =>
  assert.rejects(token.transfer.staticCall(other, 2n ** 127n), (error) => error.code === 'CALL_EXCEPTION' || /balance is too low/.test(error.message)));
provider.destroy();

// cast.
const cast = ['amd64', 'arm64'].map((arch) => `node_modules/@foundry-rs/cast-linux-${arch}/bin/cast`).find(existsSync);
if (cast) {
  const run = (...args) => execFileSync(cast, args, { encoding: 'utf8', env: { ...process.env, ETH_RPC_URL: url }, stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  await can('cast: reads the token', async () => assert.match(run('call', USDC, 'symbol()(string)'), /USDC/));
  let sent;
  await can('cast: sends, and finds receipt and transaction', async () => {
    sent = JSON.parse(run('send', '--json', '--private-key', KEYS[2], USDC, 'transfer(address,uint256)', other, '1000000'));
    assert.equal(sent.status, '0x1');
    assert.match(run('receipt', sent.transactionHash), /status\s+1/);
    assert.match(run('tx', sent.transactionHash), /from/);
  });
  await can('cast: finds the logs of one block', async () => {
    const logs = JSON.parse(run('logs', '--json', '--from-block', sent.blockNumber, '--to-block', sent.blockNumber, '--address', USDC, 'Transfer(address,address,uint256)'));
    assert.equal(logs[0].transactionHash, sent.transactionHash);
  });
  const fails = (...args) => {
    try {
      run(...args);
    } catch (error) {
      return String(error.stderr);
    }
    throw new Error('it does not fail');
  };
  await can('who counts from a used number is told the next one', async () =>
    assert.match(fails('send', '--private-key', KEYS[2], other, '--value', '1', '--nonce', '0', '--gas-limit', '1000'), /nonce too low: next is/));
  await can('EIP-7702 is refused by its name', async () =>
    assert.match(fails('send', '--private-key', KEYS[2], '--auth', USDC, '--gas-limit', '100000', other), /transaction type 4 \(EIP-7702\) is not supported/));
  if (vault) {
    await can('a refusal says its name in words', async () => assert.match(fails('call', vault, 'connect(address)', other), /NotAuthorised\(\)/));
  }
  await can('cast: deploys EVM code', async () => {
    const created = JSON.parse(run('send', '--json', '--private-key', KEYS[2], '--create', '0x60018060093d393df300'));
    assert.equal(run('code', created.contractAddress), '0x00');
  });
}
socket.transport.getRpcClient?.().then?.((rpc) => rpc.close());
console.log(`${rows.length - cannot} of ${rows.length} things can be done`);
const different = [];
if (expected) {
  const done = new Map(rows);
  for (const [what, could] of rows) {
    if (could === 'no' && !expected.has(what)) different.push(`"${what}" cannot be done, and the table does not say so`);
  }
  for (const what of expected.keys()) {
    if (done.get(what) === 'yes') different.push(`"${what}" can be done, and the table says that it cannot`);
    if (!done.has(what)) different.push(`"${what}" of the table was not tried`);
  }
  different.forEach((line) => console.error(`error: ${line}`));
}
process.exit(different.length === 0 ? 0 : 1);
