// The README's first command as a newcomer meets it: `scripts/devnet`, the address that it prints, one of the ready accounts,
// and a trade. Nobody looks at a clock here; what it took is printed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { createInterface } from 'node:readline';
import { becomes, freePort, openPage, says, startBrowser, steps, tab, until } from './support.mjs';

const SHOTS = process.env.SIT_WEB_SHOTS;

describe('whoever types the first command of the README', () => {
  let script, said, port, browser, page, faults, hosts, ended, served, begun;
  const clicks = { count: 0 };
  const step = steps(test, () => ({ page, faults }));
  const click = async (what) => {
    clicks.count += 1;
    await (typeof what === 'string' ? page.locator(what).first() : what).click();
  };
  const time = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["latest",false]}' });
    return Number((await answer.json()).result.timestamp);
  };

  before(async () => {
    // On ports that are free here, and otherwise as it stands in the README.
    port = await freePort();
    served = await freePort();
    said = [];
    script = spawn(process.env.SIT_DEVNET_SCRIPT, ['--port', String(port), '--page-port', String(served)], { stdio: ['ignore', 'pipe', 'pipe'] });
    ended = new Promise((resolve) => { script.on('exit', resolve); });
    for (const stream of [script.stdout, script.stderr]) createInterface({ input: stream }).on('line', (line) => said.push(line));
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.stop();
    script?.kill('SIGTERM');
    await ended;
  });

  step('is told the address, and what answers there is the page, which asks that chain and nobody else', async () => {
    const address = await until('the address', async () => {
      if (script.exitCode !== null) throw new Error(`it ended with ${script.exitCode}: ${said.slice(-5).join(' | ')}`);
      return said.map((line) => /^Trade at (http:\/\/\S+)/.exec(line)?.[1]).find(Boolean) ?? false;
    }, 300);
    assert.equal(address, `http://127.0.0.1:${served}`);
    begun = await time();
    ({ page, faults, hosts } = await openPage(browser.context, { base: address }));
    await becomes('ten months', () => page.locator('#months .month').count(), 10);
    await says('a market that trades', () => page.locator('#book tbody.asks').innerText(), /\d\.\d{3}/);
    await until('it asks the chain', async () => hosts.size === 2);
    assert.deepEqual([...hosts].sort(), [`127.0.0.1:${port}`, `127.0.0.1:${served}`].sort());
  });

  step('chooses one of the ready accounts, without a wallet', async () => {
    await click('#connect-button');
    await click('.choice:has-text("you 0")');
    await says('whose account it is', () => page.locator('#account-button').innerText(), /you 0/);
    await click('#open-account');
    await page.waitForSelector('.toast.done:has-text("Open an account")');
  });

  step('deposits', async () => {
    await until('the ticket knows the account', async () => (await page.locator('#open-account').count()) === 0);
    await click('#account-button');
    await page.fill('#amount', '10000');
    await click('#deposit');
    await page.waitForSelector('.toast.done:has-text("Deposit")');
    await click('dialog .close');
    await until('the equity', async () => /10.000\.00/.test(await page.locator('#margin').innerText()));
  });

  step('orders, and is filled', async () => {
    // A price that is in the ticket is up to a tick of what the makers ask a second later: a market order needs none.
    await click(page.locator('.segments.sides button', { hasText: 'Buy' }));
    await click(page.locator('#ticket .segments:not(.sides) button', { hasText: 'Market' }));
    await page.fill('#lots', '5');
    await says('what it would come to', () => page.locator('#will').innerText(), /Will trade \d+ now/, 150);
    await page.waitForSelector('#submit:not([disabled])', { timeout: 150_000 });
    await click('#submit');
    await tab(page, 'Positions');
    await says('a position', () => page.locator('#account tbody').innerText(), /Long [1-5]/);
    const seconds = (await time()) - begun;
    await tab(page, 'Fills');
    await says('a fill', () => page.locator('#account tbody').innerText(), /▲ Buy/);
    if (SHOTS) await page.screenshot({ path: `${SHOTS}/newcomer.png` });
    console.log(`from the page to a trade: ${clicks.count} clicks, two numbers typed, ${seconds} s of the chain`);
    assert.ok(clicks.count <= 10, `${clicks.count} clicks`);
    assert.deepEqual(faults, []);
  });

  step('ends the chain, the index and the page by ending the command', async () => {
    await page.close();
    script.kill('SIGTERM');
    await ended;
    for (const gone of [port, served]) await until(`nobody answers at ${gone}`, async () => fetch(`http://127.0.0.1:${gone}`).then(() => false, () => true));
  });
});
