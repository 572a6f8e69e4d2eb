// What goes wrong, and what the page says then: wallets that refuse, nodes that are away, chains that go back.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { encodeEventTopics } from 'viem';
import { abis, becomes, openPage, PROGRAM, says, serve, served, sleep, Somebody, startBrowser, startChain, until } from './support.mjs';

const DIST = process.env.SIT_WEB_DIST;

/** What stands between page and node: it can be told to be away, and to lead to another node. */
async function gate(target) {
  const state = { target: new URL(target), away: false, busy: 0, lag: 0, sockets: true, refused: 0, refuse: null, range: 0, final: null };
  const sockets = new Set();
  const server = createServer((incoming, outgoing) => {
    if (state.away) {
      incoming.socket.destroy();
      return;
    }
    if (state.busy > 0 && incoming.method === 'POST') {
      state.busy -= 1;
      state.refused += 1;
      // Once it asks for an hour, which nobody waits in front of a page.
      outgoing.writeHead(429, { 'retry-after': state.busy === 0 ? '3600' : '1', 'access-control-allow-origin': '*', 'access-control-expose-headers': 'retry-after' }).end();
      return;
    }
    if (state.lag > 0 && incoming.method === 'POST') {
      void behind(incoming, outgoing);
      return;
    }
    if (state.refuse && incoming.method === 'POST') {
      void choosy(incoming, outgoing);
      return;
    }
    if ((state.range > 0 || state.final !== null) && incoming.method === 'POST') {
      void limited(incoming, outgoing);
      return;
    }
    const onward = request({ host: state.target.hostname, port: state.target.port, path: incoming.url, method: incoming.method, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  /** Answers as a node would that has not heard of the newest blocks. */
  const behind = async (incoming, outgoing) => {
    let body = '';
    for await (const part of incoming) body += part;
    const ask = async (text) => (await fetch(state.target, { method: 'POST', headers: { 'content-type': 'application/json' }, body: text })).json();
    const { result } = await ask('{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}');
    const old = `0x${(Number(result) - state.lag).toString(16)}`;
    const answer = body ? await ask(body.replaceAll('"latest"', `"${old}"`)) : {};
    outgoing.writeHead(200, { 'content-type': 'application/json', 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' }).end(JSON.stringify(answer));
  };
  /** Answers nothing in which one method is asked for. */
  const choosy = async (incoming, outgoing) => {
    let body = '';
    for await (const part of incoming) body += part;
    const headers = { 'content-type': 'application/json', 'access-control-allow-origin': '*' };
    if (body.includes(state.refuse)) {
      state.refused += 1;
      outgoing.writeHead(503, headers).end();
      return;
    }
    const answer = await fetch(state.target, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    outgoing.writeHead(answer.status, headers).end(await answer.text());
  };
  /** Answers for the logs of so many blocks at once and of no more, and calls final what is said to be. */
  const limited = async (incoming, outgoing) => {
    let body = '';
    for await (const part of incoming) body += part;
    if (state.final !== null) body = body.replaceAll('"finalized"', `"0x${state.final.toString(16)}"`);
    const ask = async (text) => (await fetch(state.target, { method: 'POST', headers: { 'content-type': 'application/json' }, body: text })).json();
    const asked = [JSON.parse(body)].flat();
    const head = Number((await ask('{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}')).result);
    const height = (named, otherwise) => (/^0x/.test(named ?? '') ? Number(named) : otherwise);
    const tooLong = ({ method, params }) => state.range > 0 && method === 'eth_getLogs' && height(params[0].toBlock, head) - height(params[0].fromBlock, 0) >= state.range;
    const refused = asked.filter(tooLong).map(({ id }) => ({ jsonrpc: '2.0', id, error: { code: -32_602, message: `query exceeds the range of ${state.range} blocks` } }));
    state.refused += refused.length;
    const rest = asked.filter((one) => !tooLong(one));
    const answers = rest.length > 0 ? await ask(JSON.stringify(rest)) : [];
    outgoing.writeHead(200, { 'content-type': 'application/json', 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' }).end(JSON.stringify([...refused, ...answers]));
  };
  server.on('upgrade', (incoming, socket, head) => {
    if (state.away || !state.sockets) {
      socket.destroy();
      return;
    }
    const onward = dial(Number(state.target.port), state.target.hostname, () => {
      onward.write(`GET ${incoming.url} HTTP/1.1\r\n${Object.entries(incoming.headers).map(([name, value]) => `${name}: ${value}`).join('\r\n')}\r\n\r\n`);
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    for (const one of [socket, onward]) {
      sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => sockets.delete(one));
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    state,
    cut: () => { for (const socket of sockets) socket.destroy(); },
    leadTo: (url) => { state.target = new URL(url); for (const socket of sockets) socket.destroy(); },
    away: (away) => { state.away = away; if (away) for (const socket of sockets) socket.destroy(); },
    stop: () => new Promise((resolve) => { for (const socket of sockets) socket.destroy(); server.closeAllConnections(); server.close(resolve); }),
  };
}

/** A wallet of the browser that signs through the node, announced by EIP-6963; it can refuse, and be on another chain. */
const wallet = ({ url, address }) => {
  const listeners = {};
  const state = {
    chain: '0x1', account: address, reject: false, signs: Infinity, permits: false, added: null, asked: [], sent: [], afterwards: null,
    become(account) { state.account = account; listeners.accountsChanged?.(account ? [account] : []); },
    go(chain) { state.chain = chain; listeners.chainChanged?.(chain); },
  };
  window.testWallet = state;
  const provider = {
    async request({ method, params }) {
      state.asked.push(method);
      switch (method) {
        case 'eth_requestAccounts': case 'eth_accounts': return [state.account];
        case 'eth_chainId': return state.chain;
        case 'wallet_switchEthereumChain': throw Object.assign(new Error('Unrecognized chain'), { code: 4902 });
        case 'wallet_addEthereumChain': {
          [state.added] = params;
          state.chain = params[0].chainId;
          listeners.chainChanged?.(state.chain);
          return null;
        }
        case 'eth_signTypedData_v4':
        case 'eth_sendTransaction': {
          if (method !== 'eth_sendTransaction' && !state.permits) break;
          // Or it signs so many transactions and rejects the next.
          if (method === 'eth_sendTransaction') state.signs -= 1;
          if (state.reject || state.signs < 0) throw Object.assign(new Error('User rejected the request.'), { code: 4001 });
          const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) });
          const { result, error } = await response.json();
          if (error) throw Object.assign(new Error(error.message), error);
          if (method === 'eth_sendTransaction') {
            state.sent.push(params[0].from);
            setTimeout(state.afterwards ?? (() => undefined));
            state.afterwards = null;
          }
          return result;
        }
        default:
      }
      throw Object.assign(new Error(`${method} is not supported`), { code: 4200 });
    },
    on(event, told) { listeners[event] = told; },
  };
  const info = { uuid: '350670db-19fa-4704-a166-e52e178b59d2', name: 'Test wallet', icon: 'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg"/>', rdns: 'io.metamask.test' };
  const announce = () => window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info, provider }) }));
  window.addEventListener('eip6963:requestProvider', announce);
  announce();
};

/** The page, with a gate between it and its node; `leave` ends both, also where they do not come up. */
async function behindAGate(chain) {
  const ends = [];
  const leave = async () => { for (const stop of ends.splice(0).reverse()) await stop(); };
  try {
    const way = await gate(chain.url);
    ends.push(way.stop);
    const web = await serve(DIST);
    ends.push(web.stop);
    const browser = await startBrowser();
    ends.push(browser.stop);
    const { page, faults } = await openPage(browser.context, { base: web.url, rpc: way.url, query: '&index=none' });
    await page.waitForSelector('#months .month');
    return { way, page, faults, leave };
  } catch (error) {
    await leave();
    throw error;
  }
}

/** Two people who trade one lot with each other when asked to: whatever the market does, the page has a trade to show. */
function pairOf(chain, page) {
  let pair;
  return async (buy) => {
    pair ??= await Promise.all(['you 1', 'you 2'].map(async (name) => (await Somebody.named(chain, name)).join(100_000)));
    const mark = Math.round(Number(await page.locator('#head .fact:has-text("Settlement mark") dd').innerText()) * 1000);
    await pair[0].place(0, buy, mark, 1);
    await pair[1].place(0, !buy, mark, 1);
  };
}

/** The first month's trades on the page are those of the chain's logs, each once, newest first. */
async function tradesAreTheChains(chain, page) {
  const { clearing } = await chain.rpc('sit_deployments');
  const topic = encodeEventTopics({ abi: abis.clearing.filter((item) => item.type === 'event'), eventName: 'Filled' })[0];
  let wanted;
  let rows;
  await until('the trades of the chain, each once', async () => {
    const logs = await chain.rpc('eth_getLogs', [{ address: clearing, fromBlock: '0x0', toBlock: 'latest', topics: [topic, `0x${'0'.repeat(64)}`] }]);
    wanted = logs.map((log) => new Date(Number(log.blockTimestamp) * 1000).toISOString().slice(11, 19)).reverse().slice(0, 26);
    rows = await page.locator('#book tbody tr').allInnerTexts();
    return wanted.length > 0 && rows.length === wanted.length && rows.every((row, place) => row.includes(wanted[place]));
  }).catch((error) => { throw new Error(`${error.message}: the chain's ${wanted}, the page's ${rows}`); });
}

const SHOTS = process.env.SIT_WEB_SHOTS;
const shot = async (page, name, part = null) => { if (SHOTS) await (part ? page.locator(part) : page).screenshot({ path: `${SHOTS}/${name}.png` }); };

/** Levels that the page draws of each side. */
const DRAWN = 11;

/** The book on the page is what the program reads of the chain at the same block: side, price, lots and their sum, best first. */
async function bookIsTheChains(chain, page) {
  const drawn = () => page.evaluate(() => {
    const { block, hash } = document.querySelector('main').dataset;
    const rows = (side) => [...document.querySelectorAll(`#book tbody.${side}s tr:not(.empty)`)].map((row) => [side, ...[...row.querySelectorAll('td')].map((cell) => Number(cell.textContent.replaceAll('\u202f', '')))]);
    return { block: Number(block), hash, rows: [...rows('ask').reverse(), ...rows('bid')] };
  });
  const month = (await page.locator('#months .month[aria-pressed=true] > .name:first-child > span').first().innerText()).replace(' ', '');
  await becomes(`the book of ${month}`, async () => {
    const before = await drawn();
    const said = JSON.parse(execFileSync(PROGRAM, ['book', month, '--depth', String(DRAWN), '--rpc', chain.url, '--json'], { env: { HOME: tmpdir() }, stdio: ['ignore', 'pipe', 'ignore'] }));
    const after = await drawn();
    // The market goes on: only what both read of one block is compared, and only of a block that the chain still has.
    const { hash } = await chain.rpc('eth_getBlockByNumber', [`0x${said.block.toString(16)}`, false]);
    if (before.block !== said.block || after.hash !== before.hash || hash !== after.hash) return `block ${said.block} of the program, ${before.block} to ${after.block} of the page`;
    const wanted = said.book.map((level) => [level.side, Number(level.price), Number(level.lots), Number(level.total)]);
    if (wanted.length === 0) return 'an empty book';
    return JSON.stringify(after.rows) === JSON.stringify(wanted) ? 'the same' : { page: after.rows, program: wanted };
  }, 'the same', 60);
}

describe('a wallet', () => {
  let chain, web, browser, page, faults;
  const text = (selector) => page.locator(selector).innerText();

  before(async () => {
    chain = await startChain(['--quiet-market', '--automine']);
    web = await serve(DIST);
    browser = await startBrowser();
    const { address } = await Somebody.named(chain, 'you 0');
    await browser.context.addInitScript(wallet, { url: chain.url, address });
    ({ page, faults } = await openPage(browser.context, { base: web.url, rpc: chain.url, query: '&index=none' }));
    await page.waitForSelector('#months .month');
  });
  after(async () => {
    await browser?.stop();
    await web?.stop();
    await chain?.stop();
  });

  test('on another chain is told so, and nothing is signed there', async () => {
    await page.click('#connect-button');
    await page.click('.choice:has-text("Test wallet")');
    await says('both chains', () => text('#notice-chain'), /on chain 1; the exchange is on chain 420420420/);
    await shot(page, 'wrong-chain');
    await page.click('#open-account');
    await until('the refusal', async () => /another chain/.test(await text('.toast.failed')));
    assert.ok(!(await page.evaluate(() => window.testWallet.asked)).includes('eth_sendTransaction'));
  });

  test('learns the exchange’s chain and goes there', async () => {
    await page.click('#notice-chain button');
    await until('the notice is gone', async () => (await page.locator('#notice-chain').count()) === 0);
    const added = await page.evaluate(() => window.testWallet.added);
    assert.equal(added.chainId, '0x190f1b44');
    assert.equal(added.nativeCurrency.decimals, 18);
    assert.deepEqual(added.rpcUrls, [chain.url]);
  });

  test('that rejects leaves nothing sent, and that is said', async () => {
    await page.evaluate(() => { window.testWallet.reject = true; });
    await page.click('#open-account');
    await until('the sentence', async () => /You rejected it in the wallet. Nothing was sent/.test((await page.locator('.toast.failed').allInnerTexts()).join()));
    await shot(page, 'rejected', '.toasts');
    await page.evaluate(() => { window.testWallet.reject = false; });
  });

  test('that signs opens the account', async () => {
    await page.click('#open-account');
    await page.waitForSelector('.toast.done:has-text("Open an account")');
    await until('the account', async () => (await page.locator('#open-account').count()) === 0);
    await page.evaluate(() => { window.testWallet.asked.length = 0; });
    assert.deepEqual(faults, []);
  });

  test('that signs no permits is asked for an allowance first, and each step is shown', async () => {
    await page.click('#account-button');
    await page.fill('#amount', '1234.56');
    await page.click('#deposit');
    await becomes('the steps', () => page.locator('#deposit-steps li').evaluateAll((steps) => steps.map((step) => [step.dataset.state, step.children[1].textContent])), [
      ['done', 'Allow the vault to take exactly this amount: a transaction (this wallet signs no permits)'],
      ['done', 'Deposit: a transaction'],
    ]);
    await says('what it has', () => text('dialog .list'), /1.234\.56 USDC/);
    const asked = await page.evaluate(() => window.testWallet.asked.filter((method) => /sign|send/i.test(method)));
    assert.deepEqual(asked, ['eth_signTypedData_v4', 'eth_sendTransaction', 'eth_sendTransaction']);
    await page.locator('dialog .close').click();
  });

  test('that signs permits is asked for one signature and one transaction; one that rejects it sends nothing', async () => {
    await page.evaluate(() => { Object.assign(window.testWallet, { permits: true, reject: true }); window.testWallet.asked.length = 0; });
    await page.click('#account-button');
    await page.fill('#amount', '10');
    await page.click('#deposit');
    await becomes('the step that failed', () => page.locator('#deposit-steps li[data-state=failed]').count(), 1);
    assert.ok(!(await page.evaluate(() => window.testWallet.asked)).includes('eth_sendTransaction'));
    await page.evaluate(() => { window.testWallet.reject = false; });
    await page.click('#deposit');
    await becomes('both steps', () => page.locator('#deposit-steps li[data-state=done]').count(), 2);
    await says('what it has', () => text('dialog .list'), /1.244\.56 USDC/);
    assert.equal(await page.evaluate(() => window.testWallet.asked.filter((method) => method === 'eth_sendTransaction').length), 1);
    await page.locator('dialog .close').click();
    assert.deepEqual(faults, []);
  });

  test('that signs an order and its take profit and rejects the stop leaves the order without one, and that is said', async () => {
    const mark = Number(await page.locator('#head .fact:has-text("Settlement mark") dd').innerText());
    await page.fill('#price', (mark - 0.02).toFixed(3));
    await page.fill('#lots', '1');
    await page.setChecked('#exits', true);
    await page.fill('#take-profit', (mark + 0.1).toFixed(3));
    await page.fill('#stop-loss', (mark - 0.1).toFixed(3));
    await page.evaluate(() => { Object.assign(window.testWallet, { signs: 2 }); window.testWallet.asked.length = 0; });
    await page.waitForSelector('#submit:not([disabled])');
    await page.click('#submit');
    await becomes('the steps', () => page.locator('#attached li').evaluateAll((found) => found.map(({ dataset }) => dataset.state)), ['done', 'done', 'failed']);
    await says('what that means and what to do', () => text('#unprotected'), /The order stands without all of what was to close it: set it under “Stop \/ take”, cancel the order, or close the position/);
    await shot(page, 'unprotected', '#ticket');
    assert.equal(await page.evaluate(() => window.testWallet.asked.filter((method) => method === 'eth_sendTransaction').length), 3, 'each was asked for by itself');
    await page.evaluate(() => { window.testWallet.signs = Infinity; });
    await page.locator('#account [role=tab]', { hasText: 'Triggers' }).click();
    await becomes('the take profit alone', () => page.locator('#account tbody td[data-label="Condition"]').allInnerTexts(), [`mark ≥ ${(mark + 0.1).toFixed(3)}`]);
    // An order that is rejected is followed by nothing.
    await page.fill('#lots', '1');
    await page.setChecked('#exits', true);
    await page.fill('#stop-loss', (mark - 0.1).toFixed(3));
    await page.evaluate(() => { Object.assign(window.testWallet, { reject: true }); window.testWallet.asked.length = 0; });
    await page.waitForSelector('#submit:not([disabled])');
    await page.click('#submit');
    await becomes('the steps', () => page.locator('#attached li').evaluateAll((found) => found.map(({ dataset }) => dataset.state)), ['failed', 'waits']);
    await says('that nothing followed', () => text('#ticket'), /The order failed, so nothing after it was sent/);
    assert.equal(await page.evaluate(() => window.testWallet.asked.filter((method) => method === 'eth_sendTransaction').length), 1);
    await page.evaluate(() => { window.testWallet.reject = false; });
    assert.deepEqual(faults, []);
  });

  test('is connected again after a reload, without a question', async () => {
    await page.reload();
    await page.waitForSelector('#account-button');
    await until('its account', async () => (await page.locator('#margin').count()) === 1);
    assert.deepEqual(faults, []);
  });

  /** Keys in the browser's storage: the account of each place, and the one that its key trades for. */
  const stored = () => page.evaluate(() => Object.entries(localStorage).filter(([name]) => name.startsWith('sit.session.')).map(([name, held]) => [name.split('.').at(-1), String(JSON.parse(held).seat)]));
  const dialogSays = (what, wanted) => says(what, () => text('dialog'), wanted);
  let seat;

  test('that gives a session key nothing leaves it shown and unused, until it is dismissed', async () => {
    await page.click('#notice-chain button');
    await becomes('notices of another chain', () => page.locator('#notice-chain').count(), 0);
    await page.click('#account-button');
    await says('which account it is', () => text('dialog .list'), /Seat\s+\d+/);
    [, seat] = /Seat\s+(\d+)/.exec(await text('dialog .list'));
    await page.locator('dialog button', { hasText: 'Session key' }).click();
    await page.evaluate(() => { window.testWallet.signs = 1; });
    await page.locator('dialog button', { hasText: 'Name the key' }).click();
    await dialogSays('that there is one', /Sign orders with it[\s\S]*Dismiss it/);
    await becomes('whether it signs', () => page.locator('dialog input[type=checkbox]').isChecked(), false);
    assert.deepEqual(await stored(), [[seat, seat]]);
    await page.evaluate(() => { window.testWallet.signs = Infinity; });
    await page.locator('dialog button', { hasText: 'Dismiss it' }).click();
    await dialogSays('that it is gone', /Name the key/);
    assert.deepEqual(await stored(), []);
  });

  test('that becomes another account while a session key is named: the key stays that of the account that it trades for, which pays for it', async () => {
    const [mine, other] = await Promise.all(['you 0', 'you 1'].map(async (name) => (await Somebody.named(chain, name)).address));
    await page.evaluate((to) => { Object.assign(window.testWallet, { sent: [], afterwards: () => window.testWallet.become(to) }); }, other);
    await page.locator('dialog button', { hasText: 'Name the key' }).click();
    await becomes('who has signed', () => page.evaluate(() => window.testWallet.sent.map((from) => from.toLowerCase())), [mine.toLowerCase(), mine.toLowerCase()]);
    assert.deepEqual(await stored(), [[seat, seat]]);
    const key = await page.evaluate(() => JSON.parse(Object.entries(localStorage).find(([name]) => name.startsWith('sit.session.'))[1]).address);
    const has = async () => BigInt(await chain.rpc('eth_getBalance', [key, 'latest']));
    await until('it has what it was given', async () => (await has()) === 2n * 10n ** 18n);
    await page.evaluate((to) => window.testWallet.become(to), mine);
    await dialogSays('that it is there for whoever has come back', /Dismiss it/);
    await page.locator('dialog button', { hasText: 'Dismiss it' }).click();
    await dialogSays('that it is gone', /Name the key/);
    assert.ok((await has()) < 4n * 10n ** 17n, 'what it had has come back');
    assert.deepEqual(await stored(), []);
    await page.locator('dialog .close').click();
    assert.deepEqual(faults, []);
  });

  test('from which one has disconnected is heard no more', async () => {
    await page.click('#account-button');
    await page.locator('dialog button', { hasText: 'Disconnect' }).click();
    await page.click('#connect-button');
    await page.click('.choice:has-text("you 2")');
    await page.waitForSelector('#account-button:has-text("you 2")');
    const { address } = await Somebody.named(chain, 'you 1');
    for (const account of [address, null]) {
      await page.evaluate((to) => { window.testWallet.become(to); window.testWallet.go('0x1'); }, account);
      await chain.rpc('evm_mine');
      const head = Number(await chain.rpc('eth_blockNumber'));
      await until('a block later', async () => Number(await page.locator('main').evaluate((main) => main.dataset.block)) === head);
      assert.equal(await text('#account-button'), 'you 2', 'whoever is connected stays so');
      assert.equal(await page.locator('#notice-chain').count(), 0, 'where that wallet is matters to nobody');
    }
    assert.deepEqual(faults, []);
  });
});

describe('a node', () => {
  let first, second, way, page, faults, leave;
  const text = (selector) => page.locator(selector).innerText();
  const block = async () => Number(/block ([\d\u202f]+)/.exec(await text('#chain-state'))[1].replace(/\D/g, ''));

  before(async () => {
    first = await startChain(['--automine']);
    ({ way, page, faults, leave } = await behindAGate(first));
  });
  after(async () => {
    await leave?.();
    await first?.stop();
    await second?.stop();
  });

  test('that is away is named, what is shown is greyed, and all comes back by itself', async () => {
    way.away(true);
    await says('it is named', () => text('#notice-down'), /does not answer.*not current/s);
    await until('the panels are marked', async () => (await page.locator('.panel.stale').count()) >= 3);
    const mark = async () => (await page.locator('#book').getAttribute('data-stale')) ?? 'not marked';
    await says('the book is marked', mark, /not current/);
    await shot(page, 'node-away');
    // It stays so, however often the page tries.
    for (let look = 0; look < 20; look += 1) {
      assert.match(await mark(), /not current/);
      await sleep(200);
    }
    way.away(false);
    await until('it is back', async () => (await page.locator('#notice-down').count()) === 0);
    await until('nothing is greyed', async () => (await page.locator('.panel.stale').count()) === 0);
  });

  test('whose chain goes back is followed: book and trades are those of the new blocks', async () => {
    const shown = async () => page.locator('main').evaluate((main) => ({ block: Number(main.dataset.block), hash: main.dataset.hash }));
    const hashOf = async (number) => (await first.rpc('eth_getBlockByNumber', [`0x${number.toString(16)}`, false]))?.hash;
    await page.locator('#book [role=tab]', { hasText: 'Trades' }).click();
    for (let round = 0; round < 4; round += 1) {
      const before = await shown();
      const depth = 3 + 5 * round;
      await first.rpc('anvil_reorg', [depth, []]);
      assert.notEqual(await hashOf(before.block - 1), undefined);
      await first.rpc('evm_mine');
      await until(`a block of the branch after ${depth} were replaced`, async () => {
        const now = await shown();
        return now.hash !== before.hash && now.hash === (await hashOf(now.block));
      });
      // The trades are those of the blocks that are left: the newest one is the newest of the chain's logs.
      const topic = encodeEventTopics({ abi: abis.clearing.filter((item) => item.type === 'event'), eventName: 'Filled' })[0];
      await until('the newest trade is the chain’s', async () => {
        const { clearing } = await first.rpc('sit_deployments');
        const logs = await first.rpc('eth_getLogs', [{ address: clearing, fromBlock: '0x0', toBlock: 'latest', topics: [topic, `0x${'0'.repeat(64)}`] }]);
        const rows = await page.locator('#book tbody tr').allInnerTexts();
        const last = logs.at(-1);
        if (!last) return rows.length === 0;
        const time = new Date(Number(last.blockTimestamp) * 1000).toISOString().slice(11, 19);
        return rows[0]?.includes(time);
      });
    }
    await page.locator('#book [role=tab]', { hasText: 'Book' }).click();
    await until('the page is not stale', async () => (await page.locator('.panel.stale').count()) === 0);
    await bookIsTheChains(first, page);
    // And right after a branch on which orders are gone that stood in the book.
    await first.rpc('anvil_reorg', [18, []]);
    await bookIsTheChains(first, page);
  });

  test('whose sockets are cut again and again loses no block, shows none twice, and says how it hears of them', async () => {
    const shown = () => page.locator('main').evaluate((main) => Number(main.dataset.block));
    await page.locator('#book [role=tab]', { hasText: 'Trades' }).click();
    const trade = pairOf(first, page);
    for (let round = 0; round < 12; round += 1) {
      way.cut();
      await trade(round % 2 === 0);
      const head = Number(await first.rpc('eth_blockNumber'));
      await until(`block ${head}, after ${round + 1} cuts`, async () => (await shown()) >= head);
    }
    way.state.sockets = false;
    way.cut();
    await says('that it asks', () => text('#chain-state'), /asking/);
    way.state.sockets = true;
    await says('that it is told again', () => text('#chain-state'), /live/);
    await tradesAreTheChains(first, page);
    await page.locator('#book [role=tab]', { hasText: 'Book' }).click();
  });

  test('that is behind takes the page to no earlier block', async () => {
    const shown = () => page.locator('main').evaluate((main) => Number(main.dataset.block));
    way.state.sockets = false;
    way.cut();
    await says('that it asks', () => text('#chain-state'), /asking/);
    way.state.lag = 6;
    let highest = await shown();
    for (let look = 0; look < 30; look += 1) {
      const now = await shown();
      assert.ok(now >= highest, `from block ${highest} to ${now}`);
      highest = now;
      await sleep(200);
    }
    Object.assign(way.state, { lag: 0, sockets: true });
    const head = Number(await first.rpc('eth_blockNumber'));
    await until('it goes on', async () => (await shown()) >= head);
  });

  test('that is asked too much is waited for, as long as it says and ten seconds at most', async () => {
    const shown = () => page.locator('main').evaluate((main) => Number(main.dataset.block));
    Object.assign(way.state, { busy: 3, refused: 0 });
    await until('it was refused', async () => way.state.refused === 3);
    const head = Number(await first.rpc('eth_blockNumber'));
    await until('it goes on', async () => (await shown()) >= head);
    assert.equal(await page.locator('#notice-down').count(), 0, 'a node that asks to wait is not away');
  });

  test('is asked little: a page that nobody touches hides no polling', async () => {
    let requests = 0;
    page.on('request', (request) => { if (request.resourceType() === 'fetch') requests += 1; });
    const counted = async () => requests;
    const heads = Number((await first.rpc('eth_getBlockByNumber', ['latest', false])).number);
    const before = await counted();
    await sleep(10_000);
    const [asked, blocks] = [(await counted()) - before, Number((await first.rpc('eth_getBlockByNumber', ['latest', false])).number) - heads];
    // Batches: cells, wallet, logs and what they lead to of a block in which the exchange changed; nothing besides.
    // A block that came just before may still be read when the counting begins.
    assert.ok(asked <= 6 * (blocks + 1) + 2, `${asked} requests in ten seconds of ${blocks} blocks`);
  });

  test('a tab that was hidden shows the chain’s book within a block when it is shown', async () => {
    await page.evaluate(() => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => window.hiddenForTest });
      window.hiddenForTest = true;
      document.dispatchEvent(new Event('visibilitychange'));
    });
    const before = await block();
    await first.rpc('evm_increaseTime', [3600]);
    for (let number = 0; number < 12; number += 1) await first.rpc('evm_mine');
    await sleep(1500);
    assert.ok((await block()) - before <= 2, `a hidden tab hears nothing, and has gone from ${before} to ${await block()}`);
    await page.evaluate(() => {
      window.hiddenForTest = false;
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await until('it has caught up', async () => (await block()) >= before + 12);
    await until('nothing is greyed', async () => (await page.locator('.panel.stale').count()) === 0);
    await bookIsTheChains(first, page);
    await shot(page, 'shown-again');
  });

  test('whose chain began anew is noticed, with what to do in the wallet', async () => {
    second = await startChain(['--automine', '--seed', '7', '--start', '1796630400']);
    way.leadTo(second.url);
    await page.reload();
    await says('what to do', () => text('#notice-restarted'), /began anew.*Clear activity tab data/s);
    await shot(page, 'restarted', '#notice-restarted');
    assert.deepEqual(faults, []);
  });
});

describe('a chain on which little happens', () => {
  let chain, way, page, faults, leave;

  before(async () => {
    chain = await startChain(['--quiet-market', '--automine']);
    ({ way, page, faults, leave } = await behindAGate(chain));
  });
  after(async () => {
    await leave?.();
    await chain?.stop();
  });

  test('whose node refused the newest block’s logs shows its trades once it answers, though no block follows', async () => {
    const trade = pairOf(chain, page);
    await page.locator('#book [role=tab]', { hasText: 'Trades' }).click();
    await trade(true);
    await tradesAreTheChains(chain, page);
    Object.assign(way.state, { refused: 0, refuse: 'eth_getLogs' });
    await trade(false);
    const head = Number(await chain.rpc('eth_blockNumber'));
    await until('the newest was refused', async () => way.state.refused > 0 && Number(await page.locator('main').evaluate((main) => main.dataset.block)) === head);
    way.state.refuse = null;
    await tradesAreTheChains(chain, page);
    assert.equal(Number(await chain.rpc('eth_blockNumber')), head, 'no block came to its help');
    assert.deepEqual(faults, []);
  });
});

describe('a node that answers for forty blocks at a time', () => {
  let chain, way, page, faults, leave, owner;

  before(async () => {
    chain = await startChain(['--quiet-market', '--automine']);
    owner = await (await Somebody.named(chain, 'you 0')).join(100_000);
    await chain.rpc('anvil_mine', ['0x190']);
    ({ way, page, faults, leave } = await behindAGate(chain));
    way.state.range = 40;
    await page.reload();
    await page.waitForSelector('#months .month');
  });
  after(async () => {
    await leave?.();
    await chain?.stop();
  });

  test('has the page ask in parts: governance, makers, the account and its history are all there', async () => {
    await page.click('#connect-button');
    await page.click('.choice:has-text("you 0")');
    await until('the account that was opened long ago', async () => (await page.locator('#margin').count()) === 1);
    await page.locator('#account [role=tab]', { hasText: 'Ledger' }).click();
    await says('its deposit', () => page.locator('#account tbody').innerText(), /Deposit[\s\S]*\+100\u202f000\.000000/);
    await page.evaluate(() => { location.hash = 'market'; });
    // The exchange was opened through governance: its actions are as old as the chain.
    await says('actions', async () => (await page.locator('td.call').allInnerTexts()).join('\n'), /^(clearing|vault|oracle|incentives|governance)\.[a-z_]+\(.*\)$/m);
    await says('makers, or that there are none', () => page.locator('section[aria-label="Market makers"]').innerText(), /Seat|Nobody has applied/);
    assert.ok(way.state.refused > 0, 'it was refused');
    // What was read is kept: the next look reads on from there.
    const [begun, looks] = [way.state.refused, (await page.locator('main .as-of').allInnerTexts()).join()];
    for (let block = 0; block < 25; block += 1) await owner.place(0, true, 1_000 + block, 1, 0).catch(() => chain.rpc('evm_mine'));
    await until('another look', async () => (await page.locator('main .as-of').allInnerTexts()).join() !== looks);
    assert.ok(way.state.refused - begun <= 4, `${way.state.refused - begun} refusals for blocks that are known`);
    assert.deepEqual(faults, []);
  });
});

describe('a transaction', () => {
  let chain, way, page, faults, leave;
  const states = () => page.locator('#account tbody td[data-label="State"]').allInnerTexts();
  const reason = () => page.locator('#account tbody td[data-label="Reason"]').first().innerText();
  const newest = async () => Number(await chain.rpc('eth_blockNumber'));
  const submit = async (price, lots) => {
    await page.fill('#price', price);
    await page.fill('#lots', String(lots));
    await page.waitForSelector('#submit:not([disabled])');
    await page.click('#submit');
  };
  let mark;

  before(async () => {
    chain = await startChain(['--quiet-market', '--automine']);
    await (await Somebody.named(chain, 'you 0')).join(100_000);
    ({ way, page, faults, leave } = await behindAGate(chain));
    // Nothing becomes final for now, as on a chain whose finality lags.
    way.state.final = 1;
    await page.click('#connect-button');
    await page.click('.choice:has-text("you 0")');
    await page.waitForSelector('#margin');
    await page.locator('#account [role=tab]', { hasText: 'Transactions' }).click();
    mark = Number(await page.locator('#head .fact:has-text("Settlement mark") dd').innerText());
  });
  after(async () => {
    await leave?.();
    await chain?.stop();
  });

  test('whose block is replaced is sent again and not done, until another block has it, and final when that is', async () => {
    await submit((mark - 0.02).toFixed(3), 3);
    await becomes('its state', states, ['included']);
    const at = await newest();
    const { transactions: [hash] } = await chain.rpc('eth_getBlockByNumber', [`0x${at.toString(16)}`, false]);
    const raw = await chain.rpc('eth_getRawTransactionByHash', [hash]);
    await chain.rpc('anvil_reorg', [1, []]);
    await chain.rpc('evm_mine');
    await becomes('its state on the other branch', states, ['sent']);
    await says('why', reason, /Its block was replaced by another one; it waits for the next/);
    await shot(page, 'replaced', '#account');
    await page.locator('#account [role=tab]', { hasText: 'Orders' }).click();
    await says('no order rests', () => page.locator('#account').innerText(), /No orders rest/);
    await page.locator('#account [role=tab]', { hasText: 'Transactions' }).click();
    await chain.rpc('eth_sendRawTransaction', [raw]);
    await becomes('its state', states, ['included']);
    await becomes('its block', async () => Number((await page.locator('#account tbody td[data-label="Block"]').innerText()).replaceAll('\u202f', '')), await newest());
    await becomes('no reason is left', reason, '–');
    way.state.final = await newest();
    await chain.rpc('evm_mine');
    await becomes('its state', states, ['✓ final']);
    await page.locator('#account [role=tab]', { hasText: 'Orders' }).click();
    await becomes('its order', () => page.locator('#account tbody tr').count(), 1);
    await page.locator('#account [role=tab]', { hasText: 'Transactions' }).click();
  });

  test('that is refused in its block has failed, with the rule’s sentence and the fee that it cost all the same', async () => {
    await chain.rpc('evm_setAutomine', [false]);
    await submit((mark - 0.03).toFixed(3), 4);
    await becomes('its state', async () => (await states())[0], 'sent');
    // It waits until the session is over: what was right when it was signed is refused when it is included.
    const { timestamp } = await chain.rpc('eth_getBlockByNumber', ['latest', false]);
    const day = 86_400;
    const [now, weekday] = [Number(timestamp), (Math.floor(Number(timestamp) / day) + 4) % 7];
    const saturday = (Math.floor(now / day) + ((6 - weekday + 7) % 7 || 7)) * day + day / 2;
    await chain.rpc('evm_increaseTime', [saturday - now]);
    await chain.rpc('evm_mine');
    await becomes('its state', async () => (await states())[0], '✕ failed');
    await says('the sentence of the rule', reason, /^(?!The state had moved|The contract refused it).*(closed|session)/i);
    await says('its block', () => page.locator('#account tbody td[data-label="Block"]').first().innerText(), /^\d/);
    await says('its fee', () => page.locator('#account tbody td[data-label="Network fee"]').first().innerText(), /^0\.\d*[1-9]\d* DOT$/);
    await shot(page, 'failed-in-its-block', '#account');
    await says('that it is said in the corner', () => page.locator('.toast.failed').innerText(), /failed, block/);
    assert.deepEqual(faults, []);
  });
});

describe('words, clocks and addresses of others', () => {
  let chain, web, browser;
  /** Markup that would say that it has run, by an attribute, by a script and by an address. */
  const WORDS = '<img src=x onerror="window.ranForTest=1"><script>window.ranForTest=1</script><b id="hostile">x</b><a href="javascript:window.ranForTest=1">y</a>';

  before(async () => {
    chain = await startChain(['--quiet-market', '--automine']);
    web = await serve(DIST);
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.stop();
    await web?.stop();
    await chain?.stop();
  });

  /** The page, whose node's answers over HTTP are changed one by one. */
  const changed = async (change, at = { base: web.url, rpc: chain.url, query: '&index=none' }) => {
    const node = new URL(chain.url).host;
    await browser.context.route((url) => url.host === node, async (route) => {
      const { method, postData } = { method: route.request().method(), postData: route.request().postData() };
      if (method !== 'POST') return route.continue().catch(() => undefined);
      try {
        const asked = new Map(JSON.parse(postData).map(({ id, method: name }) => [id, name]));
        const answer = await route.fetch();
        const json = (await answer.json()).map((one) => change(asked.get(one.id), one));
        await route.fulfill({ status: answer.status(), headers: { 'content-type': 'application/json', 'access-control-allow-origin': '*' }, body: JSON.stringify(json) });
      } catch {
        // The page has gone meanwhile.
        await route.abort().catch(() => undefined);
      }
    });
    const opened = await openPage(browser.context, at);
    await opened.page.waitForSelector('#months .month');
    return { ...opened, leave: async () => { await browser.context.unrouteAll({ behavior: 'ignoreErrors' }); await opened.page.close(); } };
  };

  test('are shown as words wherever they stand, and nothing in them is run', async () => {
    await browser.context.addInitScript((words) => {
      const announce = () => ['data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" onload="parent.ranForTest=1"/>', 'javascript:window.ranForTest=1', 'https://elsewhere.example/i.png'].forEach((icon, place) => {
        const info = { uuid: `uuid-${place}`, name: `${words}${place}`, icon, rdns: words };
        window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info, provider: { request: async () => { throw new Error(words); } } }) }));
      });
      window.addEventListener('eip6963:requestProvider', announce);
    }, WORDS);
    const { page, faults, hosts, leave } = await changed((method, answer) => {
      if (method === 'sit_info') return { ...answer, result: { ...answer.result, accounts: answer.result.accounts.map((one) => (one.name === 'you 2' ? { ...one, name: WORDS, role: WORDS } : one)) } };
      if (method === 'eth_estimateGas') return { jsonrpc: '2.0', id: answer.id, error: { code: -32_000, message: WORDS } };
      return answer;
    });
    const nothingRan = async (where) => {
      assert.deepEqual(await page.evaluate(() => [window.ranForTest ?? 'nothing', document.querySelectorAll('#hostile, script:not([src]), [onerror], [onload], a[href^="javascript"], img:not([src^="data:"])').length]), ['nothing', 0], where);
    };
    // Names: of three wallets, and of an account by the node.
    await page.click('#connect-button');
    await becomes('names, letter by letter', () => page.locator('dialog .choice').evaluateAll((all, words) => all.filter(({ textContent }) => textContent.includes(words)).length, WORDS), 4);
    await becomes('icons: only what stands in its own address', () => page.locator('dialog img').evaluateAll((all) => all.map(({ src }) => src.slice(0, 5))), ['data:']);
    await nothingRan('the dialog to connect');
    // What a wallet says in place of an answer.
    await page.locator('dialog .choice').first().click();
    await says('its words', () => page.locator('.notice.bad-notice').innerText(), /The wallet says: <img src=x onerror="window\.ranForTest=1"><script>/);
    await nothingRan('what a wallet says');
    await page.locator('.notice.bad-notice button').click();
    // What a node refuses with.
    await page.click('#connect-button');
    await page.click('.choice:has-text("you 0")');
    await page.click('#open-account');
    await says('its words', () => page.locator('.toast.failed').first().innerText(), /Not sent: <img src=x onerror="window\.ranForTest=1"><script>/);
    await nothingRan('what a node refuses with');
    // Nor does an address lead the page elsewhere: what it may ask is in its policy.
    await page.goto(`${web.url}/?rpc=${encodeURIComponent('javascript:alert(1)')}&index=${encodeURIComponent('javascript:alert(1)')}#<b id="hostile">`);
    await says('where one is', () => page.locator('main, .notice').first().innerText(), /\w/);
    await nothingRan('an address');
    assert.deepEqual([...hosts].filter((host) => /elsewhere/.test(host)), [], 'nobody else is asked');
    assert.deepEqual(faults, []);
    await leave();
  });

  test('of a chain of others: when this machine’s clock is wrong, the page says so and by how much', async () => {
    // On the development chain nobody is told, whose time may be anything: to the page this is another one.
    const [dev, other] = ['0x190f1b44', '0x190f1b45'];
    let heads = 0;
    const { page, faults, leave } = await changed((method, answer) => {
      if (method === 'eth_getBlockByNumber') heads += 1;
      return method === 'eth_chainId' && answer.result === dev ? { ...answer, result: other } : answer;
    });
    const clock = page.locator('.notice', { hasText: 'The clocks of the chain and of this machine differ by' });
    const machineIs = async (seconds) => {
      await page.evaluate((ahead) => {
        window.ownNowForTest ??= Date.now.bind(Date);
        Date.now = () => window.ownNowForTest() + ahead * 1000;
      }, seconds);
      await chain.rpc('evm_mine');
      const head = Number(await chain.rpc('eth_blockNumber'));
      await until('the page has the block', async () => Number(await page.locator('main').evaluate((main) => main.dataset.block)) === head);
    };
    await chain.rpc('evm_mine');
    const { timestamp } = await chain.rpc('eth_getBlockByNumber', ['latest', false]);
    const apart = Number(timestamp) - Math.floor(Date.now() / 1000);
    await machineIs(apart);
    await becomes('a notice where both agree', () => clock.count(), 0);
    await machineIs(apart + 90);
    await says('by how much they differ', () => clock.innerText(), /differ by 1 min( \d+ s)?\. Times here are the chain’s/);
    await machineIs(apart - 90);
    await says('the same the other way', () => clock.innerText(), /differ by 1 min( \d+ s)?\./);
    await machineIs(apart);
    await becomes('a notice', () => clock.count(), 0);
    // That a node has no newer block is nothing that is wrong with a clock, however often it tells the same one.
    const before = heads;
    await page.evaluate((ahead) => { Date.now = () => window.ownNowForTest() + ahead * 1000; }, apart + 90);
    await until('the page has asked again and again', async () => heads > before + 1, 120);
    await says('that no block comes', () => page.locator('#chain-state').innerText(), /no block for (1|2) min/);
    await says('what is shown is marked', async () => (await page.locator('#book').getAttribute('data-stale')) ?? 'not marked', /No new block for a minute: not current/);
    assert.equal(await clock.count(), 0);
    assert.deepEqual(faults, []);
    await leave();
  });

  test('are asked for nothing by a page that was built with the record of one exchange, on its chain and on no other', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sit-record-'));
    const ends = [];
    try {
      /** Builds a page with a record, as scripts/web does, and serves it. */
      const built = async (record) => {
        const [file, out] = [join(folder, `${ends.length}.json`), join(folder, `page-${ends.length}`)];
        writeFileSync(file, JSON.stringify(record));
        execFileSync('node_modules/.bin/vite', ['build', '--outDir', out, '--emptyOutDir', '--logLevel', 'warn'], { env: { ...process.env, SIT_WEB_DEPLOYMENT: file, SIT_WEB_RPC: chain.url }, stdio: ['ignore', 'ignore', 'inherit'] });
        const served = await serve(out);
        ends.push(served.stop);
        return served.url;
      };
      const at = await chain.rpc('sit_deployments');
      const { hash } = await chain.rpc('eth_getBlockByNumber', ['0x0', false]);
      const contracts = Object.fromEntries(['clearing', 'vault', 'oracle', 'governance', 'incentives', 'token'].map((name) => [name, { address: at[name], code_hash: null }]));
      const record = { schema: 1, name: 'story', chain: { id: Number(await chain.rpc('eth_chainId')), genesis_hash: hash }, first_block: 0, contracts };
      let asked = 0;
      const first = await changed((method, answer) => {
        if (method !== 'sit_deployments') return answer;
        asked += 1;
        return { ...answer, result: { ...answer.result, vault: `0x${'66'.repeat(20)}` } };
      }, { base: await built(record) });
      await becomes('months', () => first.page.locator('#months .month').count(), 10);
      assert.equal(asked, 0, 'whoever would name other addresses is not asked');
      assert.deepEqual(first.faults, []);
      await first.leave();
      for (const [where, sentence] of [
        [{ ...record.chain, genesis_hash: `0x${'11'.repeat(32)}` }, /has the right id and another first block[\s\S]*“story” is not on it\. Nothing is signed/],
        [{ ...record.chain, id: 7 }, /“story” is on chain 7, and the node at .* is of chain 420420420\. Nothing is signed/],
      ]) {
        const { page, faults } = await openPage(browser.context, { base: await built({ ...record, chain: where }) });
        await says('why there is nothing', () => page.locator('.notice.bad-notice').innerText(), sentence);
        assert.equal(await page.locator('#months .month').count(), 0);
        assert.deepEqual(faults, []);
        await page.close();
      }
    } finally {
      for (const end of ends) await end();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('an index', () => {
  let all;

  before(async () => {
    // It looks at the node once a minute: what comes in between it does not have.
    all = await served(['--quiet-market', '--automine'], ['--pause', '60000']);
  });
  after(async () => all?.stop());

  test('that is really behind is said to be, by how much, and no longer once it has caught up', async () => {
    const { base, browser, chain } = all;
    const status = async () => (await fetch(`${base}/v1/status`)).json();
    const { page, faults } = await openPage(browser.context, { base });
    await page.waitForSelector('#months .month');
    await becomes('a notice of an index that has everything', () => page.locator('#notice-index').count(), 0);
    const before = (await status()).block;
    await chain.rpc('anvil_mine', ['0x32']);
    await says('that it is behind', () => page.locator('#notice-index').innerText(), /The index is 5\d blocks behind/);
    assert.equal((await status()).block, before, 'the index is at the block at which it was');
    await shot(page, 'index-behind', '#notice-index');
    // What the page shows of the chain does not wait for it.
    const head = Number(await chain.rpc('eth_blockNumber'));
    await becomes('the page', () => page.locator('main').evaluate((main) => Number(main.dataset.block)), head);
    await until('the index has looked again', async () => (await status()).block >= head, 90);
    await becomes('the notice is gone', () => page.locator('#notice-index').count(), 0);
    assert.deepEqual(faults, []);
    await page.close();
  });

  test('that is away is said to be, and history is what the page reads itself; when it is back the notice goes', async () => {
    const { browser, base, chain, stopIndex, startIndex } = all;
    // The page comes from elsewhere, so that it is there without the index.
    const web = await serve(DIST);
    try {
      const { page, faults } = await openPage(browser.context, { base: web.url, rpc: chain.url, query: `&index=${encodeURIComponent(base)}` });
      await page.waitForSelector('#months .month');
      await becomes('a notice of an index that answers', () => page.locator('#notice-index').count(), 0);
      await stopIndex();
      await says('that none answers', () => page.locator('#notice-index').innerText(), /No index answers.*Trading does not depend on it/s);
      startIndex();
      await becomes('the notice is gone', () => page.locator('#notice-index').count(), 0);
      assert.deepEqual(faults, []);
      await page.close();
    } finally {
      await web.stop();
    }
  });
});
