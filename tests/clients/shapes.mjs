// The same questions to Anvil and to a development chain: which keys do the answers have, and of what kind?
//
// node shapes.mjs ANVIL URL. A difference that is not listed below with its reason fails.
import assert from 'node:assert/strict';

const [anvil, ours] = process.argv.slice(2);
// Where the answers differ, and why.
const EXPECTED = {
  'block.requestsHash': 'EIP-7685 is not on the Hub',
  'block.parentBeaconBlockRoot': 'EIP-4788 is not on the Hub',
  'receipt.blobGasPrice': 'there are no blobs on the Hub',
  'transaction.blockTimestamp': 'Anvil tells it, Ethereum does not ask for it',
  'receipt.blockTimestamp': 'Anvil tells it, Ethereum does not ask for it',
};

let id = 0;
const ask = async (url, method, params = []) => {
  id += 1;
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id, method, params }) });
  return response.json();
};
const kind = (value) => (Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value === 'string' && value.startsWith('0x') ? 'hex' : typeof value);
const A = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';
const B = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

async function answers(url) {
  const must = async (method, params) => {
    const answer = await ask(url, method, params);
    assert.ok(!answer.error, `${url} ${method}: ${JSON.stringify(answer.error)}`);
    return answer.result;
  };
  const hash = await must('eth_sendTransaction', [{ from: A, to: B, value: '0x2386f26fc10000' }]);
  let receipt = null;
  for (let tries = 0; receipt === null && tries < 100; tries += 1) {
    receipt = await must('eth_getTransactionReceipt', [hash]);
    if (receipt === null) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    block: await must('eth_getBlockByNumber', ['latest', false]),
    transaction: await must('eth_getTransactionByHash', [hash]),
    receipt,
    fees: await must('eth_feeHistory', ['0x2', 'latest', [20, 50]]),
    pool: await must('txpool_status'),
    unknown: { block: await must('eth_getBlockByNumber', ['0xffffff', false]), receipt: await must('eth_getTransactionReceipt', [`0x${'11'.repeat(32)}`]) },
    numbers: Object.fromEntries(await Promise.all(['eth_chainId', 'eth_blockNumber', 'eth_gasPrice', 'eth_maxPriorityFeePerGas', 'net_version', 'net_listening', 'eth_syncing', 'web3_clientVersion', 'eth_accounts'].map(async (method) => [method, await must(method)]))),
  };
}

const codes = async (url) => {
  const code = async (method, params) => (await ask(url, method, params)).error?.code;
  return {
    'no such method': await code('eth_nothing', []),
    'no such filter': await code('eth_getFilterChanges', ['0xdead']).then((found) => found < 0),
    'wrong address': await code('eth_getBalance', ['0x12', 'latest']),
    'missing address': await code('eth_getBalance', []),
  };
};

const [theirs, mine] = [await answers(anvil), await answers(ours)];
const [unexpected, needless] = [[], new Set(Object.keys(EXPECTED))];
for (const [what, answer] of Object.entries(theirs)) {
  const keys = new Set([...Object.keys(answer), ...Object.keys(mine[what])]);
  for (const key of keys) {
    const [left, right] = [kind(answer[key]), kind(mine[what][key])];
    if (left === right) continue;
    needless.delete(`${what}.${key}`);
    if (!(`${what}.${key}` in EXPECTED)) unexpected.push(`${what}.${key}: Anvil has ${left}, we have ${right}`);
  }
}
assert.deepEqual(await codes(ours), await codes(anvil));
assert.deepEqual(unexpected, []);
assert.deepEqual([...needless], [], 'exceptions that nothing needs');
console.log('shapes: ok');
process.exit(0);
