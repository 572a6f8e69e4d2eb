// cast against a development chain: node cast.mjs URL CAST.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

const [url, cast] = process.argv.slice(2);
const run = (...args) => execFileSync(cast, args, { encoding: 'utf8', env: { ...process.env, ETH_RPC_URL: url }, stdio: ['ignore', 'pipe', 'pipe'] }).trim();
const fails = (...args) => {
  try {
    run(...args);
  } catch (error) {
    return String(error.stderr);
  }
  throw new Error(`cast ${args.join(' ')} did not fail`);
};
const KEY = '0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a';
const from = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';
const to = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
const USDC = '0x0000053900000000000000000000000001200000';

assert.equal(run('chain-id'), '420420420');
assert.equal(run('wallet', 'address', '--private-key', KEY), from);
assert.ok(BigInt(run('balance', from)) > 10n ** 20n);
assert.match(run('call', USDC, 'symbol()(string)'), /USDC/);
assert.match(run('call', USDC, 'decimals()(uint8)'), /6/);
assert.ok(Number(run('estimate', USDC, 'transfer(address,uint256)', to, '1000000', '--from', from)) > 100);
const sent = JSON.parse(run('send', '--json', '--private-key', KEY, USDC, 'transfer(address,uint256)', to, '1000000'));
assert.equal(sent.status, '0x1');
assert.equal(sent.logs.length, 1);
assert.match(run('receipt', sent.transactionHash), /status\s+1/);
assert.match(run('tx', sent.transactionHash), new RegExp(`from\\s+${from}`, 'i'));
assert.match(run('block', sent.blockNumber), /transactions/);
const logs = JSON.parse(run('logs', '--json', '--from-block', sent.blockNumber, '--to-block', sent.blockNumber, '--address', USDC, 'Transfer(address,address,uint256)'));
assert.equal(logs[0].transactionHash, sent.transactionHash);
assert.equal(JSON.parse(run('rpc', 'txpool_status')).queued, '0x0');
assert.equal(JSON.parse(run('send', '--json', '--private-key', KEY, to, '--value', '1ether')).status, '0x1');
// EVM code that returns nothing.
const created = JSON.parse(run('send', '--json', '--private-key', KEY, '--create', '0x60018060093d393df300'));
assert.equal(created.status, '0x1');
assert.ok(created.contractAddress);
assert.equal(run('code', created.contractAddress), '0x00');
assert.match(fails('send', '--private-key', KEY, to, '--value', '100000000ether', '--gas-limit', '1000'), /insufficient funds: needs/);
assert.match(fails('send', '--private-key', KEY, to, '--value', '1', '--nonce', '0', '--gas-limit', '1000'), /nonce too low: next is/);
console.log('cast: ok');
