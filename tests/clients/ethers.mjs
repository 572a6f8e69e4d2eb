// ethers 6 against a development chain: node ethers.mjs URL.
import assert from 'node:assert/strict';
import { Contract, JsonRpcProvider, Wallet, WebSocketProvider, parseEther } from 'ethers';

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
await token.on('Transfer', (from, to, value) => heard.push([from, to, value]));
await new Promise((resolve) => setTimeout(resolve, 300));
const had = await token.balanceOf(other);
receipt = await (await token.transfer(other, 7_000_000n)).wait();
assert.equal(await token.balanceOf(other), had + 7_000_000n);
assert.equal(receipt.logs[0].fragment.name, 'Transfer');
for (let tries = 0; heard.length === 0 && tries < 50; tries += 1) await new Promise((resolve) => setTimeout(resolve, 100));
assert.deepEqual(heard, [[wallet.address, other, 7_000_000n]]);
await token.removeAllListeners();
assert.equal((await token.queryFilter('Transfer', receipt.blockNumber, receipt.blockNumber)).length, 1);

// A signer whose key the chain has.
const signer = await provider.getSigner(2);
receipt = await (await signer.sendTransaction({ to: wallet.address, value: 10n ** 16n })).wait();
assert.equal(receipt.status, 1);

// A call that fails says why.
await assert.rejects(token.transfer.staticCall(other, 2n ** 127n), (error) => error.code === 'CALL_EXCEPTION' || /balance is too low/.test(error.message));
await assert.rejects(wallet.sendTransaction({ to: other, value: parseEther('100000000'), gasLimit: 1000 }), /insufficient funds/);

// The socket.
const socket = new WebSocketProvider(url.replace('http', 'ws'));
const heads = [];
await socket.on('block', (number) => heads.push(number));
const told = [];
await new Contract(USDC, abi, socket).on('Transfer', (...args) => told.push(args));
await new Promise((resolve) => setTimeout(resolve, 300));
await (await token.transfer(other, 1_000_000n)).wait();
for (let tries = 0; told.length === 0 && tries < 50; tries += 1) await new Promise((resolve) => setTimeout(resolve, 100));
assert.equal(told.length, 1);
assert.ok(heads.length >= 1);
await socket.destroy();
provider.destroy();
console.log('ethers: ok');
process.exit(0);
