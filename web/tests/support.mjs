// What the browser's tests share: a chain of their own, the built page on a free port, and Chromium.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import { chromium } from 'playwright-core';
import { decodeEventLog, encodeFunctionData } from 'viem';
import { serverFor } from '../tools/serve.mjs';

/** The program `sit`. */
export const PROGRAM = process.env.SIT_PROGRAM;

/** The development chain on a free port, ended by `stop`. */
export async function startChain(args = []) {
  const program = process.env.SIT_DEVNET;
  if (!program) throw new Error('SIT_DEVNET names the development chain’s program');
  const child = spawn(program, ['--port', '0', '--quiet', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      const match = /^sit-devnet: (\S+)/.exec(line);
      if (match) resolve(match[1]);
    });
    child.on('exit', (code) => reject(new Error(`the chain ended with ${code}`)));
  });
  const rpc = async (method, params = []) => {
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) });
    const { result, error } = await response.json();
    if (error) throw Object.assign(new Error(`${method}: ${error.message}`), error);
    return result;
  };
  if (!args.includes('--bare')) {
    // It answers while the exchange is being opened on it: the contracts stand, then they are connected, then months are listed.
    for (let tries = 0; !(await rpc('sit_market')).months.length; tries += 1) {
      if (tries > 1200) throw new Error('the exchange was not opened within two minutes');
      await sleep(100);
    }
  }
  return { url, rpc, stop: () => new Promise((resolve) => { child.on('exit', resolve); child.kill('SIGTERM'); setTimeout(() => child.kill('SIGKILL'), 3000).unref(); }) };
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The folder of a built page on a free port of this machine. */
export async function serve(folder) {
  const server = serverFor(folder);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }) };
}

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
export const hasChromium = CHROMIUM !== undefined;

export async function startBrowser() {
  const profile = mkdtempSync(join(tmpdir(), 'sit-web-'));
  const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const context = await chromium.launchPersistentContext(profile, { executablePath: CHROMIUM, headless: true, args: flags, viewport: { width: 1440, height: 900 } });
  return { context, stop: async () => { await context.close(); rmSync(profile, { recursive: true, force: true }); } };
}

/** A page of the exchange; faults of its script and what its policy blocks are kept in `faults`. */
export async function openPage(context, { base, rpc = null, query = '', size = [1440, 900] }) {
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const faults = [];
  const hosts = new Set();
  page.on('pageerror', (error) => faults.push(`${error.message} ${error.stack ?? ''}`));
  page.on('console', (message) => message.type() === 'error' && !/Failed to load resource|WebSocket connection/.test(message.text()) && faults.push(message.text()));
  page.on('request', (request) => hosts.add(new URL(request.url()).host));
  await page.setViewportSize({ width: size[0], height: size[1] });
  await page.goto(rpc === null ? `${base}/` : `${base}/?rpc=${encodeURIComponent(rpc)}${query}`);
  return { page, faults, hosts };
}

// ---------------------------------------------------------------------------------------------------------------------
// The other side: what somebody else sends, without a browser.

const source = readFileSync(new URL('../src/abi.ts', import.meta.url), 'utf8').replaceAll(' as const', '');
export const abis = await import(`data:text/javascript,${encodeURIComponent(source)}`);

/** Sends as one of the development chain's accounts, whose keys its node has. */
export class Somebody {
  constructor(chain, address, at) {
    Object.assign(this, { chain, address, at, seat: undefined });
  }

  static async named(chain, name) {
    const [info, at] = [await chain.rpc('sit_info'), await chain.rpc('sit_deployments')];
    return new Somebody(chain, info.accounts.find((account) => account.name === name).address, at);
  }

  async send(contract, abi, functionName, args) {
    const call = { from: this.address, to: this.at[contract], data: encodeFunctionData({ abi, functionName, args }) };
    const gas = await this.chain.rpc('eth_estimateGas', [call]);
    const hash = await this.chain.rpc('eth_sendTransaction', [{ ...call, gas: `0x${(BigInt(gas) * 2n).toString(16)}` }]);
    for (let tries = 0; ; tries += 1) {
      const receipt = await this.chain.rpc('eth_getTransactionReceipt', [hash]);
      if (receipt) {
        if (receipt.status !== '0x1') throw new Error(`${functionName} of ${this.address} failed`);
        return receipt;
      }
      if (tries > 600) throw new Error(`${functionName} was not included within 30 s`);
      await sleep(50);
    }
  }

  /** Opens an account with so many dollars in it. */
  async join(dollars) {
    const erc20 = [{ type: 'function', name: 'approve', stateMutability: 'nonpayable', inputs: [{ name: 'a', type: 'address' }, { name: 'b', type: 'uint256' }], outputs: [{ name: '', type: 'bool' }] }];
    const receipt = await this.send('clearing', abis.clearing, 'open_account', [0]);
    const [opened] = receipt.logs.filter((log) => log.address.toLowerCase() === this.at.clearing.toLowerCase());
    this.seat = decodeEventLog({ abi: abis.clearing.filter((item) => item.type === 'event'), topics: opened.topics, data: opened.data }).args.seat;
    await this.send('token', erc20, 'approve', [this.at.vault, 10n ** 18n]);
    await this.send('vault', abis.vault, 'deposit', [this.seat, BigInt(dollars) * 1_000_000n]);
    return this;
  }

  place(instrument, buy, ticks, lots, policy = 0) {
    return this.send('clearing', abis.clearing, 'place', [[this.seat, instrument, buy, ticks, lots, policy, 1, false, 0, 0]]);
  }
}

/** Waits until `condition` holds, and says what it waited for, and what it saw last, otherwise. */
export async function until(what, condition, seconds = 40) {
  const end = Date.now() + seconds * 1000;
  for (let last; ; ) {
    try {
      last = await condition();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`waited for ${seconds} s in vain: ${what} (last: ${last})`);
    await sleep(60);
  }
}

/**
 * Waits until a text is as wanted; the failure says what it was. Everything that the page shows comes some time after what
 * causes it, so no test looks once.
 */
export async function says(what, read, wanted, seconds = 40) {
  let text = 'nothing';
  try {
    await until(what, async () => {
      text = await read();
      return wanted.test(text);
    }, seconds);
  } catch ({ message }) {
    if (text === 'nothing') throw new Error(message);
    throw new Error(`waited for ${seconds} s in vain: ${what}: ${wanted} in ${JSON.stringify(text.slice(0, 400))}`);
  }
}

/** Waits until a value is this one; the failure says which it was. */
export async function becomes(what, read, wanted, seconds = 40) {
  let value;
  try {
    await until(what, async () => {
      value = await read();
      return isDeepStrictEqual(value, wanted);
    }, seconds);
  } catch ({ message }) {
    if (value === undefined) throw new Error(message);
    throw new Error(`waited for ${seconds} s in vain: ${what}: it is ${JSON.stringify(value)}, and should be ${JSON.stringify(wanted)}`);
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// The page with an index

export const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

/**
 * A chain, an index of it that serves the page, and a browser; all of them end with `stop`. The index can be told more, be
 * stopped, and be started again on the tables that it has.
 */
export async function served(options, told = []) {
  const ends = [];
  const stop = async () => { for (const end of ends.splice(0).reverse()) await end(); };
  try {
    const chain = await startChain(options);
    ends.push(chain.stop);
    const folder = mkdtempSync(join(tmpdir(), 'sit-index-'));
    ends.push(() => rmSync(folder, { recursive: true, force: true }));
    const port = await freePort();
    let index = null;
    const stopIndex = () => new Promise((resolve) => {
      if (!index) return resolve();
      index.on('exit', resolve);
      index.kill('SIGTERM');
      index = null;
    });
    const startIndex = (more = []) => {
      index = spawn(PROGRAM, ['index', '--rpc', chain.url, '--folder', folder, '--serve', '--port', String(port), '--web', process.env.SIT_WEB_DIST, ...more], { stdio: 'ignore', env: { HOME: folder } });
    };
    startIndex(told);
    ends.push(stopIndex);
    const browser = await startBrowser();
    ends.push(browser.stop);
    const base = `http://127.0.0.1:${port}`;
    await until('the index answers', async () => (await fetch(`${base}/v1/status`)).ok);
    const all = async (path) => {
      const rows = [];
      for (let next = ''; next !== null; ) {
        const answer = await (await fetch(`${base}/v1/${path}${path.includes('?') ? '&' : '?'}limit=1000${next ? `&cursor=${encodeURIComponent(next)}` : ''}`)).json();
        rows.push(...answer.data);
        next = answer.next;
      }
      return rows;
    };
    const one = async (path) => (await (await fetch(`${base}/v1/${path}`)).json()).data;
    const program = (...args) => JSON.parse(execFileSync(PROGRAM, [...args, '--rpc', chain.url, '--json'], { env: { HOME: folder }, stdio: ['ignore', 'pipe', 'ignore'] }));
    return { chain, browser, base, folder, all, one, program, stop, startIndex, stopIndex };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The page as somebody of the development chain. */
export async function as(who, { browser, base, chain }, query = null) {
  const opened = await openPage(browser.context, query === null ? { base } : { base, rpc: chain.url, query });
  await opened.page.waitForSelector('#months .month');
  await opened.page.click('#connect-button');
  await opened.page.click(`.choice:has-text("${who}")`);
  await opened.page.waitForSelector('#margin');
  return opened;
}

/** One of the lists of the account. */
export const tab = (page, name) => page.locator('#account [role=tab]', { hasText: name }).first().click();

/** What the page writes with six decimals, in atoms. */
export const atomsOf = (text) => BigInt(text.replaceAll(/[\u202f+.]|\sUSD/g, '').replace('−', '-'));

/** Atoms as the page writes them with two decimals. */
export const dollarsOf = (atoms) => `${BigInt(atoms) <= -10_000n ? '−' : ''}${(BigInt(atoms) < 0n ? -BigInt(atoms) : BigInt(atoms)).toString().padStart(7, '0').replace(/(\d{2})\d{4}$/, '.$1').replace(/\B(?=(\d{3})+\.)/g, '\u202f')}`;

/** What a position has paid, and its entry, as the page and as the index say it: exactly, and as it is written. */
export async function positionsOf(page) {
  await tab(page, 'Positions');
  return page.locator('#account tbody tr').evaluateAll((rows) => rows.filter((row) => /Long|Short/.test(row.textContent)).map((row) => {
    const cell = (label) => row.querySelector(`td[data-label="${label}"] span`);
    return [cell('Variation paid').title, cell('Fees so far').title, cell('Entry, average').title, cell('Variation paid').textContent.replace('+', ''), cell('Fees so far').textContent];
  })).then((rows) => rows.map(([paid, fees, entry, ...shown]) => [String(atomsOf(paid)), String(atomsOf(fees)), entry.replaceAll('\u202f', ''), ...shown]));
}
export const indexedPositions = async ({ one }, seat) => (await one(`accounts/${seat}`)).positions.filter(({ net_lots: net }) => net !== 0)
  .map((row) => [row.paid_atoms, row.fees_atoms, `${row.average_entry_ticks} ticks`, dollarsOf(row.paid_atoms), dollarsOf(row.fees_atoms)]);

// ---------------------------------------------------------------------------------------------------------------------
// What a page looks like to everybody

/** Widths and heights at which the page is looked at: a phone, a tablet, a screen. */
export const SIZES = [[360, 780], [768, 1024], [1440, 900]];

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Has axe look at the page, until it finds nothing: what the next block replaces is not a fault, and a fault stays. */
export async function axeFindsNothing(page, where) {
  await becomes('what still moves', () => page.evaluate(() => document.getAnimations().filter((one) => one.playState === 'running').length), 0);
  if (!(await page.evaluate(() => 'axe' in window))) {
    // The page's policy runs no text as script; the test adds it from outside.
    const session = await page.context().newCDPSession(page);
    await session.send('Runtime.evaluate', { expression: AXE });
  }
  await becomes(`what axe finds in ${where}`, () => page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary}`).join(' | ')}`);
  }), []);
}

/** What makes the page scroll sideways: elements beyond its right edge, the innermost last. */
export const tooWide = (page) => page.evaluate(() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  const dialog = document.querySelector('dialog[open] .body');
  if (scrollWidth <= clientWidth && (!dialog || dialog.scrollWidth <= dialog.clientWidth)) return [];
  const beyond = [...document.body.querySelectorAll('*')].filter((element) => element.getBoundingClientRect().right > clientWidth + 0.5 && !element.closest('.scroll'));
  return [`${scrollWidth} of ${clientWidth}`, ...beyond.slice(-4).map((element) => `${element.tagName} #${element.id} .${element.getAttribute('class') ?? ''}: ${Math.round(element.getBoundingClientRect().right - clientWidth)} pixels`)];
});

export async function resize(page, [width, height]) {
  await page.setViewportSize({ width, height });
  await becomes(`the width ${width}`, () => page.evaluate(() => window.innerWidth), width);
}

/** Words of what is shown: terms, labels, headings, tabs, columns and rows of tables. */
const words = (page) => page.evaluate(() => {
  const text = (element) => element.textContent.replace(/[\d.,:\u202f−–+▲▼◂-]+/g, '#').trim();
  const found = new Set();
  for (const element of document.querySelectorAll('main dt, main h2, main h3, main label, main [role=tab], main .table:not(.stack) th, main .refusal, dialog dt, dialog h2, dialog h3, dialog label, dialog .choice')) if (element.checkVisibility()) found.add(text(element));
  for (const cell of document.querySelectorAll('#account td[data-label]')) if (cell.checkVisibility()) found.add(`row: ${cell.dataset.label}`);
  return [...found].sort();
});

/** A state of the page has the same fields at all three widths, scrolls sideways at none, and axe finds nothing, on a phone and on a screen. */
export async function looksFine(page, where) {
  // The market goes on meanwhile, and a field may come with it: three looks in a row that agree are enough.
  await becomes(`fields that only some of the sizes have, ${where}`, async () => {
    const all = [];
    for (const size of SIZES) {
      await resize(page, size);
      await becomes(`what is too wide at ${size[0]}, ${where}`, () => tooWide(page), []);
      all.push(new Set(await words(page)));
    }
    if (all[0].size < 10) return [`${all[0].size} fields`];
    return all.flatMap((one, place) => [...one].filter((field) => all.some((other) => !other.has(field))).map((field) => `${SIZES[place][0]}: ${field}`));
  }, []);
  for (const size of [SIZES[0], SIZES[2]]) {
    await resize(page, size);
    await axeFindsNothing(page, `${where}, ${size[0]} pixels`);
  }
}

/** What a person would see on the page, in short, for whoever reads a log. */
async function seen(page) {
  const parts = ['#chain-state', '[aria-live=polite] .notice', '#ticket', '#margin', '#account', 'main.cards', '.toasts', 'dialog'];
  const texts = await Promise.all(parts.map(async (part) => {
    const found = await page.locator(part).allInnerTexts().catch(() => []);
    return found.length ? `  ${part}: ${found.join(' | ').replaceAll(/\s+/g, ' ').slice(0, 500)}` : null;
  }));
  return [`  ${page.url()}`, ...texts.filter(Boolean)].join('\n');
}

/** Steps of a story: after one that fails the others are not tried, and what was on the page is kept. */
export function steps(test, current) {
  let failed = null;
  return (name, step) => test(name, async (context) => {
    if (failed) {
      context.skip(`after “${failed}”`);
      return;
    }
    try {
      await step();
    } catch (error) {
      failed = name;
      const { page, faults } = current();
      if (page && process.env.SIT_WEB_SHOTS) await page.screenshot({ path: `${process.env.SIT_WEB_SHOTS}/failed.png`, fullPage: true }).catch(() => undefined);
      if (page && !page.isClosed()) error.message += `\nThe page showed:\n${await seen(page)}`;
      if (faults?.length) error.message += `\nFaults of the page: ${faults.join('; ')}`;
      throw error;
    }
  });
}
