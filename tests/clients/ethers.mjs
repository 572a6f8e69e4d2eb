// ethers 6 against a development chain: node ethers.mjs URL. With SIT_EXCHANGE=1 the exchange is on it.
import assert from 'node:assert/strict';
import { Contract, ContractFactory, JsonRpcProvider, Wallet, WebSocketProvider, keccak256, parseEther } from 'ethers';
import { abi as built, blob, lowestBid, opened, unless } from './exchange.mjs';

const url = process.argv[2];
const provider = new JsonRpcProvider(url, undefined, { cacheTimeout: -1, pollingInterval: 50 });
const wallet = new Wallet('0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d', provider);
const other = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';
const USDC = '0x0000053900000000000000000000000001200000';
const abi = [
  'function transfer(address to, uint256 value) returns (bool)',
  'function balanceOf(address) view returns (uint256)',
  'event Transfer(address indexed from, address indexed to, uint256 value)',
];

assert.equal((await provider.getNetwork()).chainId, 420420420n);
// The chain answers before the exchange on it is open, and what opens it moves tokens, too.
const exchange = process.env.SIT_EXCHANGE ? await opened((method, params) => provider.send(method, params)) : null;
const fees = await provider.getFeeData();
assert.equal(fees.gasPrice, 8_000_000_000_000n);

const before = await provider.getBalance(other);
let sent = await wallet.sendTransaction({ to: other, value: parseEther('1') });
let receipt = await sent.wait();
assert.equal(receipt.status, 1);
assert.equal(await provider.getBalance(other), before + parseEther('1'));
assert.equal((await provider.getTransaction(sent.hash)).blockHash, receipt.blockHash);
const block = await provider.getBlock(receipt.blockNumber, true);
assert.equal(block.prefetchedTransactions[0].hash, sent.hash);
assert.equal(await provider.getTransactionCount(wallet.address, 'pending'), sent.nonce + 1);

// Events over HTTP: eth_newFilter, without which ethers ends the process.
const token = new Contract(USDC, abi, wallet);
const heard = [];
await unless('polls a filter (eth_newFilter)', () =>
  token.on(token.filters.Transfer(wallet.address), ({ args: [from, to, value] }) => heard.push([from, to, value])));
await new Promise((resolve) => setTimeout(resolve, 300));
const had = await token.balanceOf(other);
receipt = await (await token.transfer(other, 7_000_000n)).wait();
assert.equal(await token.balanceOf(other), had + 7_000_000n);
assert.equal(receipt.logs[0].fragment.name, 'Transfer');
await unless('polls a filter (eth_newFilter)', async () => {
  for (let tries = 0; heard.length === 0 && tries < 50; tries += 1) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual(heard, [[wallet.address, other, 7_000_000n]]);
  await token.removeAllListeners();
});
assert.equal((await token.queryFilter(token.filters.Transfer(wallet.address), receipt.blockNumber, receipt.blockNumber)).length, 1);

// A signer whose key the chain has.
const signer = await provider.getSigner(2);
receipt = await (await signer.sendTransaction({ to: wallet.address, value: 10n ** 16n })).wait();
assert.equal(receipt.status, 1);

// A call that fails says why.
await assert.rejects(token.transfer.staticCall(other, 2n ** 127n), (error) => error.code === 'CALL_EXCEPTION' || /balance is too low/.test(error.message));
await unless('who has too little is told so', () =>
  assert.rejects(wallet.sendTransaction({ to: other, value: parseEther('100000000'), gasLimit: 1000 }), /insufficient funds/));

// The socket.
const socket = new WebSocketProvider(url.replace('http', 'ws'));
const heads = [];
await unless('hears heads over a WebSocket', () => socket.on('block', (number) => heads.push(number)));
const told = [];
await new Contract(USDC, abi, socket).on(token.filters.Transfer(wallet.address), (...args) => told.push(args));
await new Promise((resolve) => setTimeout(resolve, 300));
await (await token.transfer(other, 1_000_000n)).wait();
for (let tries = 0; told.length === 0 && tries < 50; tries += 1) await new Promise((resolve) => setTimeout(resolve, 100));
assert.equal(told.length, 1);
await unless('hears heads over a WebSocket', () => assert.ok(heads.length >= 1));
await socket.destroy();

if (exchange) {
  const at = exchange;
  const [vault, clearing] = [built('vault'), [...built('clearing'), ...built('clearing-office').filter((item) => item.type === 'function')]];
  assert.equal(keccak256(await provider.getCode(at.clearing)), keccak256(blob('clearing')));
  // A contract of one's own, from the blob.
  const made = await new ContractFactory(vault, blob('vault'), wallet).deploy(USDC, wallet.address);
  await made.waitForDeployment();
  assert.equal(keccak256(await provider.getCode(await made.getAddress())), keccak256(blob('vault')));
  // An account, and money in it.
  const house = new Contract(at.clearing, clearing, wallet);
  const seat = await house.open_account.staticCall(0);
  await (await house.open_account(0)).wait();
  await (await new Contract(USDC, ['function approve(address spender, uint256 value) returns (bool)'], wallet).approve(at.vault, 100_000_000_000n)).wait();
  const custody = new Contract(at.vault, vault, wallet);
  receipt = await (await custody.deposit(seat, 100_000_000_000n)).wait();
  assert.ok(receipt.logs.some((log) => log.address.toLowerCase() === at.vault.toLowerCase()));
  // An order below the makers' bids rests, is read as an event, and is cancelled; somebody else may not cancel it.
  const price = await lowestBid(async () => (await house.queryFilter('Placed', 0)).map((log) => log.args)) - 5;
  const order = [seat, 0, true, price, 3, 0, 1, false, 0, 0];
  const [number, filled, resting] = await house.place.staticCall(order);
  assert.deepEqual([filled, resting], [0n, 3n]);
  receipt = await (await house.place(order)).wait();
  const told = receipt.logs.map((log) => house.interface.parseLog(log)).find((log) => log?.name === 'Placed');
  assert.deepEqual([told.args.seat, told.args.price, told.args.lots, told.args.number], [seat, BigInt(price), 3n, number]);
  const stranger = house.connect(await provider.getSigner(2));
  await assert.rejects(stranger.cancel.staticCall(seat, 0, price, number), (error) => error.revert?.name === 'NotAuthorised');
  await assert.rejects((async () => (await stranger.cancel(seat, 0, price, number, { gasLimit: 20_000 })).wait())(), (error) => error.receipt?.status === 0);
  await (await house.cancel(seat, 0, price, number)).wait();
  console.log(`seat ${seat} is open and has 100,000 USDC`);
}
provider.destroy();
console.log('ethers: ok');
process.exit(0);
