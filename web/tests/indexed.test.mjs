// The page as `sit index --serve --web` hands it out: one address, no query, and history from the index.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sleep, Somebody, startBrowser, startChain, until } from './support.mjs';

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
    await until('the index answers', async () => (await fetch(`${base}/v1/status`)).ok, 30);
    const you = await (await Somebody.named(chain, 'you 0')).join(100_000);
    await until('it is traded', async () => (await (await fetch(`${base}/v1/trades?instrument=0`)).json()).data.length > 2, 40);
    const [{ price_ticks: last }] = (await (await fetch(`${base}/v1/trades?instrument=0`)).json()).data;
    await you.place(0, true, last + 30, 10, 1);
    const page = await browser.context.newPage();
    page.setDefaultTimeout(15_000);
    const faults = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => message.type() === 'error' && !/Failed to load resource|WebSocket connection/.test(message.text()) && faults.push(message.text()));
    await page.goto(`${base}/`);
    await page.waitForSelector('#months .month');
    await page.click('#connect-button');
    await page.click('.choice:has-text("you 0")');
    await page.waitForSelector('#margin');
    await until('an entry', async () => /Long \d+[\s\S]*\d\.\d{6}/.test(await page.locator('#account tbody').innerText()));
    assert.equal(await page.locator('#notice-index').count(), 0);
    await page.locator('#account [role=tab]', { hasText: 'Ledger' }).click();
    await until('statements', async () => (await page.locator('#account a[download]').count()) === 3, 15);
    const statement = await page.request.get(await page.locator('#account a[download]').first().getAttribute('href'));
    assert.equal(statement.status(), 200);
    assert.match(await statement.text(), /100000/);
    await sleep(500);
    assert.deepEqual(faults, []);
  } finally {
    await browser.stop();
    index.kill('SIGTERM');
    await chain.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
