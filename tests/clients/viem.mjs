// viem 2 against a development chain: node viem.mjs URL. With SIT_EXCHANGE=1 the exchange is on it. On a node (scripts/node
// --clients) the steps that its page names are skipped.
import assert from 'node:assert/strict';
import {
  createPublicClient, createTestClient, createWalletClient, decodeEventLog, defineChain, http, keccak256, parseAbi, parseEther,
  parseSignature, webSocket,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { abi, blob, clock, eventsOf, lowestBid, opened, unless } from './exchange.mjs';

const url = process.argv[2];
const chain = defineChain({
  id: 420420420, name: 'sit-devnet', nativeCurrency: { name: 'DOT', symbol: 'DOT', decimals: 18 },
  rpcUrls: { default: { http: [url] } },
});
const account = privateKeyToAccount('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80');
const other = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
const client = createPublicClient({ chain, transport: http(url), pollingInterval: 50 });
const wallet = createWalletClient({ chain, account, transport: http(url) });
const test = createTestClient({ chain, mode: 'anvil', transport: http(clock(url)) });
const socket = createPublicClient({ chain, transport: webSocket(url.replace('http', 'ws')) });
const USDC = '0x0000053900000000000000000000000001200000';
const erc20 = parseAbi([
  'function transfer(address to, uint256 value) returns (bool)',
  'function approve(address spender, uint256 value) returns (bool)',
  'function balanceOf(address) view returns (uint256)',
  'function name() view returns (string)',
  'function nonces(address) view returns (uint256)',
  'function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)',
  'event Transfer(address indexed from, address indexed to, uint256 value)',
]);

assert.equal(await client.getChainId(), 420420420);
// The chain answers before the exchange on it is open; a snapshot that is taken meanwhile would take back what opens it.
const exchange = process.env.SIT_EXCHANGE ? await opened((method, params) => client.request({ method, params })) : null;
assert.equal(await client.getGasPrice(), 8_000_000_000_000n);

// Subscriptions of the socket, and filters of HTTP.
const heads = [];
let stopHeads = () => {};
await unless('hears heads over a WebSocket', () => {
  stopHeads = socket.watchBlocks({ onBlock: (block) => heads.push(block.number), onError: (error) => { throw error; } });
});
const heard = [];
const stopLogs = socket.watchContractEvent({ address: USDC, abi: erc20, eventName: 'Transfer', args: { from: account.address }, onLogs: (logs) => heard.push(...logs) });
const polled = [];
// All transfers: a server of pallet-revive takes no question with an argument left open.
const mine = (logs) => logs.filter((log) => log.args.from.toLowerCase() === account.address.toLowerCase());
const stopPolling = client.watchContractEvent({ address: USDC, abi: erc20, eventName: 'Transfer', onLogs: (logs) => polled.push(...mine(logs)) });
await new Promise((resolve) => setTimeout(resolve, 300));

// Money.
const before = await client.getBalance({ address: other });
let hash = await wallet.sendTransaction({ to: other, value: parseEther('1') });
let receipt = await client.waitForTransactionReceipt({ hash });
assert.equal(receipt.status, 'success');
assert.equal(await client.getBalance({ address: other }), before + parseEther('1'));
const block = await client.getBlock({ blockHash: receipt.blockHash, includeTransactions: true });
assert.equal(block.transactions[0].hash, hash);

// Tokens: simulated, written, read, heard.
const tokens = await client.readContract({ address: USDC, abi: erc20, functionName: 'balanceOf', args: [other] });
const { request } = await client.simulateContract({ account, address: USDC, abi: erc20, functionName: 'transfer', args: [other, 5_000_000n] });
receipt = await client.waitForTransactionReceipt({ hash: await wallet.writeContract(request) });
assert.equal(receipt.logs.length, 1);
const event = decodeEventLog({ abi: erc20, ...receipt.logs[0] });
assert.deepEqual(event.args, { from: account.address, to: other, value: 5_000_000n });
assert.equal(await client.readContract({ address: USDC, abi: erc20, functionName: 'balanceOf', args: [other] }), tokens + 5_000_000n);
const logs = await eventsOf(client, { address: USDC, abi: erc20, eventName: 'Transfer', args: { from: account.address }, fromBlock: receipt.blockNumber });
assert.equal(logs.length, 1);
await new Promise((resolve) => setTimeout(resolve, 500));
assert.equal(heard.length, 1, 'the socket has told one transfer');
assert.equal(polled.length, 1, 'the filter has told one transfer');
await unless('hears heads over a WebSocket', () => assert.ok(heads.length >= 2, `the socket has told ${heads.length} heads`));
stopHeads(); stopLogs(); stopPolling();

// Several at once, with numbers of their own.
const nonce = await client.getTransactionCount({ address: account.address, blockTag: 'pending' });
const many = await Promise.all([0, 1, 2, 3].map((step) => wallet.sendTransaction({ to: other, value: 1n * 10n ** 16n, nonce: nonce + step })));
for (const one of many) assert.equal((await client.waitForTransactionReceipt({ hash: one })).status, 'success');

// Time, snapshots.
let snapshot;
await unless('snapshots', async () => { snapshot = await test.snapshot(); });
const now = (await client.getBlock()).timestamp;
await test.increaseTime({ seconds: 3600 });
// The port of a node's clock has this name alone.
await (process.env.SIT_NODE_CLOCK ? test.request({ method: 'evm_mine' }) : test.mine({ blocks: 1 }));
for (let tries = 0; tries < 50 && (await client.getBlock()).timestamp < now + 3600n; tries += 1) await new Promise((resolve) => setTimeout(resolve, 100));
assert.ok((await client.getBlock()).timestamp >= now + 3600n);
await unless('snapshots', async () => {
  await test.revert({ id: snapshot });
  assert.ok((await client.getBlock()).timestamp < now + 3600n);
});
await unless('balances are set', async () => {
  await test.setBalance({ address: other, value: parseEther('7') });
  assert.equal(await client.getBalance({ address: other }), parseEther('7'));
});

// What is refused is told with its reason.
await unless('who has too little is told so', () =>
  assert.rejects(wallet.sendTransaction({ to: other, value: parseEther('100000000'), gas: 1000n }), /insufficient funds/));
const trace = await client.request({ method: 'debug_traceTransaction', params: [many[0], { tracer: 'callTracer' }] });
assert.equal(trace.from, account.address.toLowerCase());

if (exchange) {
  const at = exchange;
  // What runs is what was built.
  assert.equal(keccak256(await client.getCode({ address: at.clearing })), keccak256(blob('clearing')));
  // A contract of one's own, from the same blob.
  const [vault, clearing] = [abi('vault'), abi('clearing')];
  hash = await wallet.deployContract({ abi: vault, bytecode: blob('vault'), args: [USDC, account.address] });
  receipt = await client.waitForTransactionReceipt({ hash });
  assert.equal(receipt.status, 'success');
  assert.ok(receipt.contractAddress);
  const office = abi('clearing-office');
  const send = async (name, abi, functionName, args) => {
    const { request, result } = await client.simulateContract({ account, address: at[name], abi, functionName, args });
    const receipt = await client.waitForTransactionReceipt({ hash: await wallet.writeContract(request) });
    assert.equal(receipt.status, 'success', functionName);
    return { receipt, result };
  };
  const clearingAll = [...clearing, ...office.filter((item) => item.type === 'function')];
  const { result: seat } = await send('clearing', clearingAll, 'open_account', [0]);
  await client.waitForTransactionReceipt({ hash: await wallet.writeContract({ address: USDC, abi: erc20, functionName: 'approve', args: [at.vault, 100_000_000_000n] }) });
  const paid = await send('vault', vault, 'deposit', [seat, 100_000_000_000n]);
  assert.ok(paid.receipt.logs.some((log) => log.address === at.vault.toLowerCase()));
  // One transaction instead of two: the wallet signs the token's permit, and the deposit carries it.
  const token = (functionName, args = []) => client.readContract({ address: USDC, abi: erc20, functionName, args });
  const name = await token('name');
  assert.equal(name, 'USD Coin');
  const permit = async (signer, value, deadline, domain = {}) => {
    const signature = await signer.signTypedData({
      domain: { name, version: '1', chainId: chain.id, verifyingContract: USDC, ...domain },
      types: { Permit: ['address owner', 'address spender', 'uint256 value', 'uint256 nonce', 'uint256 deadline'].map((field) => {
        const [type, name] = field.split(' ');
        return { name, type };
      }) },
      primaryType: 'Permit',
      message: { owner: account.address, spender: at.vault, value, nonce: await token('nonces', [account.address]), deadline },
    });
    const { r, s, yParity } = parseSignature(signature);
    return [yParity + 27, r, s];
  };
  const deposit = (amount, deadline, signature) => ({
    account, address: at.vault, abi: vault, functionName: 'deposit_with_permit', args: [seat, amount, Number(deadline), ...signature],
  });
  const refused = (call) => assert.rejects(client.simulateContract(call), (error) => {
    assert.match(error.message, /Error: PermitRefused\(\)/);
    return true;
  });
  const [amount, time] = [7_000_000n, (await client.getBlock()).timestamp];
  const [deadline, past] = [time + 86_400n, time - 1n];
  const somebody = privateKeyToAccount('0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d');
  await refused(deposit(amount, past, await permit(account, amount, past)));
  await refused(deposit(amount, deadline, await permit(somebody, amount, deadline)));
  await refused(deposit(amount, deadline, await permit(account, amount, deadline, { chainId: 420420419 })));
  await refused(deposit(amount, deadline, await permit(account, amount, deadline, { name: 'USDC' })));
  let signature = await permit(account, amount, deadline);
  const cash = await token('balanceOf', [account.address]);
  const once = await send('vault', vault, 'deposit_with_permit', deposit(amount, deadline, signature).args);
  assert.equal(once.result, 100_000_000_000n + amount);
  assert.equal(await token('balanceOf', [account.address]), cash - amount);
  await refused(deposit(amount, deadline, signature));
  // Somebody hands the next one in before the deposit does: the allowance is there, and the deposit still works.
  signature = await permit(account, amount, deadline);
  const stealing = createWalletClient({ chain, account: somebody, transport: http(url) });
  hash = await stealing.writeContract({ address: USDC, abi: erc20, functionName: 'permit', args: [account.address, at.vault, amount, deadline, ...signature] });
  assert.equal((await client.waitForTransactionReceipt({ hash })).status, 'success');
  await send('vault', vault, 'deposit_with_permit', deposit(amount, deadline, signature).args);
  assert.equal(await token('balanceOf', [account.address]), cash - 2n * amount);

  // An order below the makers' bids rests, is heard of, and is cancelled.
  const price = await lowestBid(async () => {
    const placed = await client.getContractEvents({ address: at.clearing, abi: clearing, eventName: 'Placed', fromBlock: 0n });
    return placed.map((log) => log.args);
  }) - 5;
  const ours = await send('clearing', clearingAll, 'place', [[seat, 0, true, price, 3, 0, 1, false, 0, 0]]);
  const [number, filled, resting] = ours.result;
  assert.deepEqual([filled, resting], [0, 3]);
  const [rests] = await eventsOf(client, { address: at.clearing, abi: clearing, eventName: 'Placed', args: { seat }, fromBlock: ours.receipt.blockNumber });
  assert.deepEqual([rests.args.price, rests.args.lots, rests.args.number], [price, 3, number]);
  // Somebody else may not cancel it: the refusal is named, before it is sent and after.
  const stranger = privateKeyToAccount('0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d');
  const cancel = { address: at.clearing, abi: clearing, functionName: 'cancel', args: [seat, 0, price, number] };
  await assert.rejects(client.simulateContract({ account: stranger.address, ...cancel }), (error) => {
    assert.match(error.message, /Error: NotAuthorised\(\)/);
    return true;
  });
  const others = createWalletClient({ chain, account: stranger, transport: http(url) });
  const failed = await client.waitForTransactionReceipt({ hash: await others.writeContract({ ...cancel, gas: 20_000n }) });
  assert.equal(failed.status, 'reverted');
  await send('clearing', clearingAll, 'cancel', cancel.args);
  console.log(`seat ${seat} is open and has 100,000 USDC`);
}
socket.transport.getRpcClient?.().then?.((rpc) => rpc.close());
console.log('viem: ok');
process.exit(0);
