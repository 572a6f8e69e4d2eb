// cast against a development chain: node cast.mjs URL CAST. With SIT_EXCHANGE=1 the exchange is on it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { abi, blob, lowestBid, opened, unless } from './exchange.mjs';

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
// The chain answers before the exchange on it is open.
const exchange = process.env.SIT_EXCHANGE ? await opened(async (method) => JSON.parse(run('rpc', method))) : null;
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
await unless('answers: pool', () => assert.equal(JSON.parse(run('rpc', 'txpool_status')).queued, '0x0'));
assert.equal(JSON.parse(run('send', '--json', '--private-key', KEY, to, '--value', '1ether')).status, '0x1');
// EVM code that returns nothing.
const created = JSON.parse(run('send', '--json', '--private-key', KEY, '--create', '0x60018060093d393df300'));
assert.equal(created.status, '0x1');
assert.ok(created.contractAddress);
assert.equal(run('code', created.contractAddress), '0x00');
await unless('who has too little is told so', () =>
  assert.match(fails('send', '--private-key', KEY, to, '--value', '100000000ether', '--gas-limit', '1000'), /insufficient funds: needs/));
await unless('who counts from a used number is told the next one', () =>
  assert.match(fails('send', '--private-key', KEY, to, '--value', '1', '--nonce', '0', '--gas-limit', '1000'), /nonce too low: next is/));
// A wallet that wants to be a contract for a while (EIP-7702): the Hub has none of that.
await unless('EIP-7702 is refused by its name', () =>
  assert.match(fails('send', '--private-key', KEY, '--auth', USDC, '--gas-limit', '100000', to), /transaction type 4 \(EIP-7702\) is not supported/));

if (exchange) {
  const at = exchange;
  const kind = (part) => (part.type.startsWith('tuple') ? part.type.replace('tuple', `(${part.components.map(kind).join(',')})`) : part.type);
  const item = (name, type) => ['clearing', 'clearing-office', 'vault'].flatMap(abi).find((one) => one.type === type && one.name === name);
  const takes = (one) => `${one.name}(${one.inputs.map(kind).join(',')})`;
  // A message as cast takes it: its name, what it takes, and what it answers.
  const message = (name) => `${takes(item(name, 'function'))}(${item(name, 'function').outputs.map(kind).join(',')})`;
  const send = (...args) => {
    const receipt = JSON.parse(run('send', '--json', '--private-key', KEY, ...args));
    assert.equal(receipt.status, '0x1', args[1]);
    return receipt;
  };
  // A contract of one's own, from the blob.
  const made = send('--create', `${blob('vault')}${run('abi-encode', 'f(address,address)', USDC, from).slice(2)}`);
  assert.equal(run('code', made.contractAddress), blob('vault'));
  // An account, and money in it.
  const seat = run('call', '--from', from, at.clearing, message('open_account'), '0');
  send(at.clearing, takes(item('open_account', 'function')), '0');
  send(USDC, 'approve(address,uint256)', at.vault, '100000000000');
  const paid = send(at.vault, takes(item('deposit', 'function')), seat, '100000000000');
  assert.ok(paid.logs.some((log) => log.address.toLowerCase() === at.vault.toLowerCase()));
  // An order below the makers' bids rests, is read as an event, and is cancelled.
  const placed = item('Placed', 'event');
  const words = (log) => {
    const [topics, plain] = [log.topics.slice(1), placed.inputs.filter((input) => !input.indexed)];
    const data = log.data.slice(2).match(/.{64}/g);
    return Object.fromEntries(placed.inputs.map((input) => [input.name, BigInt(input.indexed ? topics.shift() : `0x${data[plain.indexOf(input)]}`)]));
  };
  const topic = run('keccak', takes(placed));
  const events = (first) => JSON.parse(run('logs', '--json', '--from-block', first, '--address', at.clearing, topic)).map(words);
  const price = await lowestBid(async () => events('0').map((event) => ({ ...event, buy: event.buy === 1n }))) - 5;
  const order = `(${seat},0,true,${price},3,0,1,false,0,0)`;
  const [number, filled, resting] = run('call', '--from', from, at.clearing, message('place'), order).replace(/\[[^\]]*\]/g, '').match(/\d+/g).map(BigInt);
  assert.deepEqual([filled, resting], [0n, 3n]);
  const rests = send(at.clearing, takes(item('place', 'function')), order);
  const [told] = events(rests.blockNumber).filter((event) => event.seat === BigInt(seat));
  assert.deepEqual([told.price, told.lots, told.number], [BigInt(price), 3n, number]);
  // Somebody else may not cancel it, and is told so by name and by the error's bytes.
  const cancel = [at.clearing, takes(item('cancel', 'function')), seat, '0', String(price), String(number)];
  const refusal = fails('call', '--from', to, ...cancel);
  await unless('a refusal says its name in words', () => assert.match(refusal, /NotAuthorised\(\)/));
  assert.ok(refusal.includes(run('sig', 'NotAuthorised()')), refusal);
  send(...cancel);
  console.log(`seat ${seat} is open and has 100,000 USDC`);
}
console.log('cast: ok');
