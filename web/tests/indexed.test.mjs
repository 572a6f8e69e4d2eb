// The page as `sit index --serve --web` hands it out: one address, no query, and history from the index.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { becomes, openPage, says, Somebody, startBrowser, startChain, until } from './support.mjs';

const PROGRAM = process.env.SIT_PROGRAM;

const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

test('the index serves the page, names its node, and knows what was before', async () => {
  const chain = await startChain([]);
  const folder = mkdtempSync(join(tmpdir(), 'sit-index-'));
  const port = await freePort();
  const index = spawn(PROGRAM, ['index', '--rpc', chain.url, '--folder', folder, '--serve', '--port', String(port), '--web', process.env.SIT_WEB_DIST], { stdio: 'ignore', env: { HOME: folder } });
  const browser = await startBrowser();
  try {
    const base = `http://127.0.0.1:${port}`;
    await until('the index answers', async () => (await fetch(`${base}/v1/status`)).ok);
    const you = await (await Somebody.named(chain, 'you 0')).join(100_000);
    await until('it is traded', async () => (await (await fetch(`${base}/v1/trades?instrument=0`)).json()).data.length > 2, 90);
    const [{ price_ticks: last }] = (await (await fetch(`${base}/v1/trades?instrument=0`)).json()).data;
    await you.place(0, true, last + 30, 10, 1);
    const { page, faults } = await openPage(browser.context, { base });
    await page.waitForSelector('#months .month');
    await page.click('#connect-button');
    await page.click('.choice:has-text("you 0")');
    await page.waitForSelector('#margin');
    await says('an entry', () => page.locator('#account tbody').innerText(), /Long \d+[\s\S]*\d\.\d{6}/);
    await becomes('a notice that the index is behind', () => page.locator('#notice-index').count(), 0);
    // While no block comes, page, index, program and engine say the same of the account, to the atom.
    await chain.rpc('evm_setIntervalMining', [0]);
    const exact = (term) => page.locator(`#margin .fact:has(dt:text-is("${term}")) dd`).getAttribute('title').then((title) => title.replaceAll('\u202f', '').replace('−', '-').replace(' USD', ''));
    const program = () => JSON.parse(execFileSync(PROGRAM, ['positions', '--rpc', chain.url, '--key', 'you-0', '--json'], { env: { HOME: folder }, stdio: ['ignore', 'pipe', 'ignore'] }));
    await until('the newest block in the page', async () => (await page.locator('main').evaluate((main) => main.dataset.block)) === String(Number(await chain.rpc('eth_blockNumber'))));
    const said = program();
    for (const [term, figure] of [['Equity', 'equity'], ['Initial margin', 'initial_margin'], ['Maintenance margin', 'maintenance_margin'], ['Free collateral', 'free_collateral']]) {
      await becomes(`${term} of page and program`, () => exact(term), said[figure]);
    }
    const dollars = (atoms) => `${atoms.startsWith('-') ? '-' : ''}${atoms.replace('-', '').padStart(7, '0').replace(/(\d{6})$/, '.$1')}`;
    await becomes('equity of index and program', async () => dollars((await (await fetch(`${base}/v1/accounts/${said.seat}`)).json()).data.equity_atoms), said.equity);
    await chain.rpc('evm_setIntervalMining', [2]);
    await page.locator('#account [role=tab]', { hasText: 'Ledger' }).click();
    await becomes('statements', () => page.locator('#account a[download]').count(), 3);
    const statement = await page.locator('#account a[download]').first().getAttribute('href');
    await says('the deposit', async () => (await page.request.get(statement)).text(), /100000/);
    assert.deepEqual(faults, []);
  } finally {
    await browser.stop();
    index.kill('SIGTERM');
    await chain.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
