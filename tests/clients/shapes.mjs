// The same questions to Anvil and to a development chain: which keys do the answers have, of what kind at every depth, and
// which codes do the refusals have?
//
// node shapes.mjs ANVIL URL. A difference that is not listed below with its reason fails, and so does a reason that nothing
// needs.
import assert from 'node:assert/strict';
import WebSocket from 'ws';

const [anvil, ours] = process.argv.slice(2);
// Where the answers differ, and why.
const EXPECTED = {
  'block.requestsHash': 'EIP-7685 is not on the Hub',
  'block.parentBeaconBlockRoot': 'EIP-4788 is not on the Hub',
  'receipt.blobGasPrice': 'there are no blobs on the Hub',
  'receipt.blockTimestamp': 'Anvil tells it, Ethereum does not ask for it',
  'transaction.blockTimestamp': 'Anvil tells it, Ethereum does not ask for it',
  'receipt.revertReason': 'ours: the bytes with which it reverted, which every client looks for and no receipt has',
  'head.uncles': 'as Geth has it: a socket is told a header, and not what is in the block',
  'head.transactions': 'as Geth has it: a socket is told a header, and not what is in the block',
  'head.withdrawals': 'as Geth has it: a socket is told a header, and not what is in the block',
  'pending.hash': 'as Geth has it: a block that is not sealed has no hash',
  'pending.nonce': 'as Geth has it: a block that is not sealed has no nonce',
  'pending.transactions[].blockHash': 'what waits is in no block, and is told as the pool tells it',
  'pending.transactions[].blockNumber': 'what waits is in no block, and is told as the pool tells it',
  'pending.transactions[].transactionIndex': 'what waits is in no block, and is told as the pool tells it',
  'feesWithoutRewards.reward': 'as Geth has it: rewards are told to whoever asks for percentiles; Anvil has an empty list',
  signed: 'as Geth has it: the bytes and the transaction; Anvil answers with the bytes alone',
};
// The same of codes.
const EXPECTED_CODES = {
  'state of a block that is not there': 'EIP-1474: -32001 is a resource that is not found, -32602 a parameter that is wrong',
  'no JSON': 'JSON-RPC 2.0: -32700 is a text that is no JSON, -32600 a JSON that is no request',
};

let id = 0;
const ask = async (url, method, params = []) => {
  id += 1;
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id, method, params }) });
  return response.json();
};
const A = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';
const B = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
// Without calldata it emits: MSTORE(0, 1), LOG1(0, 32, topic 42). With calldata it reverts: MSTORE(0, 0xdeadbeef << 224),
// REVERT(0, 4).
const CODE = '36600f5760015f52602a60205fa1005b63deadbeef60e01b5f5260045ffd';
const LENGTH = (CODE.length / 2).toString(16);
const INIT = `0x60${LENGTH}600c60003960${LENGTH}6000f3${CODE}`;

/** Of what kind a value is. Words of 32 bytes may begin with zeros, which some write and others do not. */
function kind(value) {
  if (value === null) return 'null';
  if (typeof value !== 'string' || !value.startsWith('0x')) return typeof value;
  if (value.length === 42) return 'address';
  if (value.length === 514) return 'bloom';
  if (/^0x(0|[1-9a-f][0-9a-f]{0,31})$/.test(value)) return 'quantity';
  return value.length > 58 && value.length <= 66 ? 'word' : 'bytes';
}

/** Every path in an answer with the kinds that are found there; an address or a number as a key is any. */
function shape(value, path, found = new Map()) {
  const put = (of) => found.set(path, new Set([...(found.get(path) ?? []), of]));
  if (Array.isArray(value)) {
    put('list');
    for (const item of value) shape(item, `${path}[]`, found);
  } else if (value !== null && typeof value === 'object') {
    put('object');
    for (const [key, item] of Object.entries(value)) {
      const name = /^0x[0-9a-f]{40}$/i.test(key) ? 'ADDRESS' : /^\d+$/.test(key) ? 'NUMBER' : key;
      shape(item, `${path}.${name}`, found);
    }
  } else {
    put(kind(value));
  }
  return found;
}

/** What a path is of: an exception for a receipt is one for all receipts, wherever they are told. */
const CLASSES = [
  [/^((full|pending)\.transactions\[\]|placed|waiting|content\.(pending|queued)\.ADDRESS\.NUMBER)/, 'transaction'],
  [/^(deployed|reverted|receipts\[\])/, 'receipt'], [/^(full|pending|told\.heads)\b/, 'block'], [/^told\.heads\b/, 'head'],
];
const named = (path) => [path, ...CLASSES.filter(([pattern]) => pattern.test(path)).map(([pattern, name]) => path.replace(pattern, name))];

/** What a socket is told after it has subscribed to something. */
async function listen(url, subscription) {
  const socket = new WebSocket(url.replace('http', 'ws'));
  const told = [];
  socket.on('message', (data) => told.push(JSON.parse(data)));
  await new Promise((resolve, reject) => { socket.on('open', resolve); socket.on('error', reject); });
  const next = async (count) => {
    for (let tries = 0; told.length < count && tries < 200; tries += 1) await new Promise((resolve) => setTimeout(resolve, 25));
    assert.ok(told.length >= count, `${url} ${subscription}: ${count} messages are told`);
    return told[count - 1];
  };
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: subscription }));
  const begun = await next(1);
  return async () => {
    const message = await next(2);
    assert.equal(message.method, 'eth_subscription');
    assert.equal(message.params.subscription, begun.result);
    socket.close();
    return message.params.result;
  };
}

async function answers(url) {
  const must = async (method, params) => {
    const answer = await ask(url, method, params);
    assert.ok(!answer.error, `${url} ${method}: ${JSON.stringify(answer.error)}`);
    return answer.result;
  };
  const receiptOf = async (hash) => {
    for (let tries = 0; tries < 100; tries += 1) {
      const receipt = await must('eth_getTransactionReceipt', [hash]);
      if (receipt !== null) return receipt;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${url}: ${hash} has no receipt`);
  };
  const send = async (call) => {
    const hash = await must('eth_sendTransaction', [{ from: A, ...call }]);
    return { hash, receipt: await receiptOf(hash) };
  };
  await send({ to: B, value: '0x2386f26fc10000' });
  const { receipt: deployed } = await send({ data: INIT });
  const contract = deployed.contractAddress;
  const filters = {
    logs: await must('eth_newFilter', [{ address: contract, topics: [] }]),
    heads: await must('eth_newBlockFilter'),
    waiting: await must('eth_newPendingTransactionFilter'),
  };
  const listening = { heads: await listen(url, ['newHeads']), logs: await listen(url, ['logs', { address: contract }]), waiting: await listen(url, ['newPendingTransactions']) };
  const { hash, receipt } = await send({ to: contract });
  assert.equal(receipt.logs.length, 1, `${url}: the contract emits`);
  const number = receipt.blockNumber;
  const { receipt: reverted } = await send({ to: contract, data: '0x00', gas: '0x20000' });
  assert.equal(reverted.status, '0x0');
  const collected = {
    deployed,
    receipt,
    reverted,
    transaction: await must('eth_getTransactionByHash', [hash]),
    placed: await must('eth_getTransactionByBlockNumberAndIndex', [number, '0x0']),
    block: await must('eth_getBlockByNumber', [number, false]),
    full: await must('eth_getBlockByNumber', [number, true]),
    receipts: await must('eth_getBlockReceipts', [number]),
    logs: await must('eth_getLogs', [{ fromBlock: number, toBlock: number, address: contract }]),
    logsOfBlock: await must('eth_getLogs', [{ blockHash: receipt.blockHash }]),
    filters: {
      ids: filters,
      logs: await must('eth_getFilterChanges', [filters.logs]),
      allLogs: await must('eth_getFilterLogs', [filters.logs]),
      heads: await must('eth_getFilterChanges', [filters.heads]),
      waiting: await must('eth_getFilterChanges', [filters.waiting]),
      nothingNew: await must('eth_getFilterChanges', [filters.logs]),
      ended: await must('eth_uninstallFilter', [filters.logs]),
      endedAgain: await must('eth_uninstallFilter', [filters.logs]),
    },
    told: { heads: await listening.heads(), logs: await listening.logs(), waiting: await listening.waiting() },
    fees: await must('eth_feeHistory', ['0x2', 'latest', [20, 50]]),
    feesWithoutRewards: await must('eth_feeHistory', ['0x1', 'latest', []]),
    accessList: await must('eth_createAccessList', [{ from: A, to: B, value: '0x1' }]),
    unknown: {
      block: await must('eth_getBlockByNumber', ['0xffffff', false]),
      blockByHash: await must('eth_getBlockByHash', [`0x${'11'.repeat(32)}`, false]),
      receipts: await must('eth_getBlockReceipts', ['0xffffff']),
      receipt: await must('eth_getTransactionReceipt', [`0x${'11'.repeat(32)}`]),
      transaction: await must('eth_getTransactionByHash', [`0x${'11'.repeat(32)}`]),
    },
    numbers: Object.fromEntries(await Promise.all(['eth_chainId', 'eth_blockNumber', 'eth_gasPrice', 'eth_maxPriorityFeePerGas', 'net_version', 'net_listening', 'eth_syncing', 'web3_clientVersion', 'eth_accounts'].map(async (method) => [method, await must(method)]))),
    account: { balance: await must('eth_getBalance', [A, 'latest']), count: await must('eth_getTransactionCount', [A, 'latest']), code: await must('eth_getCode', [contract, 'latest']), noCode: await must('eth_getCode', [A, 'latest']), cell: await must('eth_getStorageAt', [contract, '0x0', 'latest']) },
  };
  assert.deepEqual(collected.filters.nothingNew, [], `${url}: a filter tells nothing twice`);
  // What waits: one that is ready, and one behind a gap.
  await must('evm_setAutomine', [false]);
  const next = Number(await must('eth_getTransactionCount', [A, 'latest']));
  const transfer = { from: A, to: B, value: '0x1', gas: '0x5208' };
  const waits = await must('eth_sendTransaction', [transfer]);
  await must('eth_sendTransaction', [{ ...transfer, nonce: `0x${(next + 2).toString(16)}` }]);
  Object.assign(collected, {
    waiting: await must('eth_getTransactionByHash', [waits]),
    noReceiptYet: await must('eth_getTransactionReceipt', [waits]),
    content: await must('txpool_content'),
    inspect: await must('txpool_inspect'),
    pool: await must('txpool_status'),
    pending: await must('eth_getBlockByNumber', ['pending', true]),
    pendingCount: await must('eth_getTransactionCount', [A, 'pending']),
    signed: await must('eth_signTransaction', [{ ...transfer, nonce: '0x0', maxFeePerGas: '0x80000000000', maxPriorityFeePerGas: '0x0' }]),
  });
  for (const side of ['pending', 'queued']) {
    assert.deepEqual(Object.keys(collected.content[side]).map((key) => key.toLowerCase()), [A.toLowerCase()], `${url}: senders that are ${side}`);
  }
  return { collected, contract, waits };
}

/** How a call of a contract that reverts is refused: by the code, the bytes, and how the sentence begins. */
async function reverts(url, contract) {
  const refused = async (method, call) => {
    const { error } = await ask(url, method, [call]);
    assert.ok(error?.message, `${url} ${method} is refused`);
    return { code: error.code, data: error.data, keys: Object.keys(error).sort(), begins: error.message.slice(0, 18) };
  };
  const call = { from: A, to: contract, data: '0x00' };
  // Panic(0x11) and Error("no"), returned by code that is put in the contract's place: PUSH32s to memory, REVERT.
  const reason = `08c379a0${'20'.padStart(64, '0')}${'2'.padStart(64, '0')}${'6e6f'.padEnd(64, '0')}`;
  const panic = `4e487b71${'11'.padStart(64, '0')}`;
  const saying = (data) => {
    const words = data.match(/.{1,64}/g).map((word) => word.padEnd(64, '0'));
    const size = (data.length / 2).toString(16).padStart(2, '0');
    return `0x${words.map((word, at) => `7f${word}60${(32 * at).toString(16).padStart(2, '0')}52`).join('')}60${size}5ffd`;
  };
  const told = { call: await refused('eth_call', call), estimate: await refused('eth_estimateGas', call) };
  for (const [name, data] of [['reason', reason], ['panic', panic], ['nothing', '']]) {
    const { error } = await ask(url, 'eth_call', [call, 'latest', { [contract]: { code: data ? saying(data) : '0x5f5ffd' } }]);
    told[name] = { code: error.code, data: error.data, begins: error.message.slice(0, 18), says: name === 'reason' ? error.message : '' };
  }
  return told;
}

const codes = async (url) => {
  const code = async (method, params) => (await ask(url, method, params)).error?.code;
  const count = Number((await ask(url, 'eth_getTransactionCount', [A, 'latest'])).result);
  const sign = async (nonce) => {
    const { result } = await ask(url, 'eth_signTransaction', [{ from: A, to: B, value: '0x1', gas: '0x5208', nonce: `0x${nonce.toString(16)}`, maxFeePerGas: '0x80000000000', maxPriorityFeePerGas: '0x0' }]);
    return result.raw ?? result;
  };
  const twice = await sign(count + 5);
  assert.ok((await ask(url, 'eth_sendRawTransaction', [twice])).result);
  return {
    'no such method': await code('eth_nothing', []),
    'no such filter': await code('eth_getFilterChanges', ['0xdead']),
    'wrong address': await code('eth_getBalance', ['0x12', 'latest']),
    'missing address': await code('eth_getBalance', []),
    'wrong flag': await code('eth_getBlockByNumber', ['latest', 'x']),
    'a number that was used': await code('eth_sendRawTransaction', [await sign(0)]),
    'a transaction that is known': await code('eth_sendRawTransaction', [twice]),
    'more than the account has': await code('eth_sendTransaction', [{ from: A, to: B, value: `0x${'f'.repeat(40)}`, gas: '0x5208' }]),
    'bytes that are no transaction': await code('eth_sendRawTransaction', ['0x1234']),
    'no bytes': await code('eth_sendRawTransaction', ['0x']),
    'logs of no block': await code('eth_getLogs', [{ blockHash: `0x${'11'.repeat(32)}` }]),
    'state of a block that is not there': await code('eth_getBalance', [A, '0xffffff']),
    'no JSON': (await (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' })).json()).error?.code,
    'no request': (await (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"id":1}' })).json()).error?.code,
  };
};

/** Differences that are not expected, and exceptions that nothing needs. */
function compare(theirs, mine, expected, named) {
  const [unexpected, needless] = [[], new Set(Object.keys(expected))];
  // An exception of a value is one of all that is in it.
  const covers = (of, name) => name === of || name.startsWith(`${of}.`) || name.startsWith(`${of}[`);
  for (const path of new Set([...theirs.keys(), ...mine.keys()])) {
    const [left, right] = [theirs, mine].map((found) => [...(found.get(path) ?? ['nothing'])].sort().join(' or '));
    if (left === right) continue;
    const known = Object.keys(expected).filter((of) => named(path).some((name) => covers(of, name)));
    if (known.length === 0) unexpected.push(`${path}: Anvil has ${left}, we have ${right}`);
    for (const of of known) needless.delete(of);
  }
  return { unexpected, needless: [...needless] };
}

const [theirs, mine] = [await answers(anvil), await answers(ours)];
const shapes = [theirs, mine].map(({ collected }) => new Map(Object.entries(collected).flatMap(([name, answer]) => [...shape(answer, name)])));
assert.ok(shapes[0].size > 200, `${shapes[0].size} paths are compared`);
const differences = compare(...shapes, EXPECTED, named);
const refusals = [await codes(anvil), await codes(ours)].map((found) => new Map(Object.entries(found).map(([name, code]) => [name, new Set([code])])));
const others = compare(...refusals, EXPECTED_CODES, (name) => [name]);
assert.deepEqual({ unexpected: [...differences.unexpected, ...others.unexpected] }, { unexpected: [] });
assert.deepEqual({ needless: [...differences.needless, ...others.needless] }, { needless: [] });
assert.deepEqual(await reverts(ours, mine.contract), await reverts(anvil, theirs.contract));
console.log(`shapes: ok (${shapes[0].size} paths, ${refusals[0].size} codes)`);
process.exit(0);
