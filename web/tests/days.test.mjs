// Days on which something happens: a price cut, a margin call, a liquidation seen by both sides, a settlement, and the end
// of a month.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { encodeEventTopics } from 'viem';
import { abis, becomes, looksFine, openPage, says, serve, sleep, Somebody, startBrowser, startChain, steps, until } from './support.mjs';

const DIST = process.env.SIT_WEB_DIST;
const SHOTS = process.env.SIT_WEB_SHOTS;

/** What both stories do in the page. */
const hands = (current) => {
  const page = () => current().page;
  const text = (selector) => page().locator(selector).innerText();
  const tab = (name) => page().locator('#account [role=tab]', { hasText: name }).first().click();
  const done = (label) => page().waitForSelector(`.toast.done:has-text("${label}")`, { timeout: 30_000 });
  /** A picture of the account, or of another part of the page. */
  const shot = async (name, part = '#account') => { if (SHOTS) await page().locator(part).screenshot({ path: `${SHOTS}/${name}.png` }); };
  const join = async (name, dollars) => {
    await page().click('#connect-button');
    await page().click(`.choice:has-text("${name}")`);
    await page().click('#open-account');
    await until('the account', async () => (await page().locator('#open-account').count()) === 0);
    await page().click('#account-button');
    await page().fill('#amount', String(dollars));
    await page().click('#deposit');
    await done('Deposit');
    await page().locator('dialog .close').click();
    await page().waitForSelector('#margin');
  };
  const market = async (side, lots) => {
    await page().locator('.segments.sides button', { hasText: side }).click();
    await page().locator('#ticket .segments:not(.sides) button', { hasText: 'Market' }).click();
    if (lots === 'max') {
      await page().fill('#lots', '');
      await page().locator('#ticket button', { hasText: 'Max' }).click();
      await until('a size', async () => Number(await page().inputValue('#lots')) > 0);
    } else {
      await page().fill('#lots', String(lots));
    }
    await page().waitForSelector('#submit:not([disabled])');
    const label = await text('#submit');
    await page().click('#submit');
    await done(label);
  };
  return { page, text, tab, done, shot, join, market };
};

describe('a price cut', () => {
  let chain, web, browser, page, faults, rich;
  const step = steps(test, () => ({ page, faults }));
  const { text, tab, shot, join, market } = hands(() => ({ page }));

  before(async () => {
    chain = await startChain(['--scene', 'margin-call', '--block-time', '1']);
    web = await serve(DIST);
    browser = await startBrowser();
    ({ page, faults } = await openPage(browser.context, { base: web.url, rpc: chain.url, query: '&index=none' }));
    rich = await (await Somebody.named(chain, 'you 1')).join(1_000_000);
    await page.waitForSelector('#months .month');
    await until('a book', async () => (await page.locator('#book .asks button').count()) > 2, 30);
  });
  after(async () => {
    await browser?.stop();
    await web?.stop();
    await chain?.stop();
  });

  step('finds a newcomer with little and the largest position that margin allows', async () => {
    await join('you 0', 4000);
    await market('Buy', 'max');
    await until('a position', async () => /Long \d+/.test(await text('#account tbody')));
    await says('it meets its margin', () => text('#margin'), /Meets its margin/);
  });

  step('is settled at noon: variation is paid, margin is called, and the page says both', async () => {
    await chain.rpc('evm_increaseTime', [600]);
    await chain.rpc('evm_mine');
    await tab('Settlements');
    await until('the settlement', async () => /−/.test(await text('#account tbody')));
    await says('the mark that it was settled at, and its day', () => page.locator('#account td[data-label="Mark, set"]').first().innerText(), /^\d+\.\d{3}, \d{4}-\d\d-\d\d$/);
    await shot('settlement');
    await looksFine(page, 'settlements');
    await until('it is below maintenance', async () => /Below maintenance margin/.test(await text('#margin')));
    await tab('Ledger');
    await until('the margin call', async () => /Margin call/.test(await text('#account tbody')));
    await looksFine(page, 'the ledger with a margin call');
    await shot('margin-call');
  });

  step('ends in a liquidation that the liquidated sees as it runs', async () => {
    const seat = Number(await page.locator('#margin .fact:has-text("Seat") dd').innerText());
    // The market's keeper may have come first.
    await rich.send('clearing', abis.clearing, 'start_liquidation', [seat]).catch((error) => assert.match(error.message, /NotLiquidatable|failed/));
    await page.waitForSelector('#liquidation');
    await until('nothing covers the account', async () => (await page.locator('.toast').count()) === 0, 90);
    await page.locator('#liquidation').scrollIntoViewIfNeeded();
    await shot('liquidation');
    await looksFine(page, 'a liquidation');
    await tab('Positions');
    await says('the position', () => text('#account tbody'), /Long \d+/);
    const lots = Number(/Long (\d+)/.exec(await text('#account tbody'))[1]);
    await rich.send('clearing', abis.clearing, 'bid', [rich.seat, seat, 0, lots]);
    await until('fewer lots', async () => {
      const held = /Long (\d+)/.exec((await page.locator('#account tbody').count()) ? await text('#account tbody') : '');
      return !held || Number(held[1]) < lots;
    });
    await tab('Ledger');
    await until('what was taken over', async () => /Liquidation: lots were taken over/.test(await text('#account tbody')));
    // Whoever looks at the last trades sees which of them was none of the book.
    await page.locator('#book [role=tab]', { hasText: 'Trades' }).click();
    await until('it among the last trades', async () => /liq\./.test(await text('#book')));
    await page.locator('#book [role=tab]', { hasText: 'Book' }).click();
  });

  step('and that the liquidator sees from their side', async () => {
    await page.click('#account-button');
    await page.locator('dialog button', { hasText: 'Disconnect' }).click();
    await page.click('#connect-button');
    await page.click('.choice:has-text("you 1")');
    await page.waitForSelector('#margin');
    await tab('Ledger');
    await until('it was them', async () => /taken over, by you/.test(await text('#account tbody')));
    await shot('liquidator');
    await tab('Positions');
    await until('they hold the lots', async () => /Long \d+/.test(await text('#account tbody')));
    assert.deepEqual(faults, []);
  });
});

describe('a month that ends', () => {
  let chain, web, browser, page, faults, anyone, expiry;
  const step = steps(test, () => ({ page, faults }));
  const { text, tab, shot, join, market } = hands(() => ({ page }));

  before(async () => {
    // Four trading days before the third Wednesday of December 2026: the final price needs the prints of the days until it.
    // Nobody keeps: whoever claims is faster than the market's keeper would be, and this story does the rest of its work.
    chain = await startChain(['--start', String(Date.UTC(2026, 11, 10, 9) / 1000), '--block-time', '1', '--without', 'keeper']);
    web = await serve(DIST);
    browser = await startBrowser();
    ({ page, faults } = await openPage(browser.context, { base: web.url, rpc: chain.url, query: '&index=none' }));
    anyone = await Somebody.named(chain, 'you 2');
    await page.waitForSelector('#months .month');
    await until('a book', async () => (await page.locator('#book .asks button').count()) > 2, 30);
  });
  after(async () => {
    await browser?.stop();
    await web?.stop();
    await chain?.stop();
  });

  /** Moves the chain's clock to a time. */
  const to = async (time) => {
    const now = Number((await chain.rpc('eth_getBlockByNumber', ['latest', false])).timestamp);
    if (time > now) await chain.rpc('evm_increaseTime', [time - now]);
    await chain.rpc('evm_mine');
    // The market's people print and settle in the blocks that follow.
    const begun = Number(await chain.rpc('eth_blockNumber'));
    await until('three blocks of the market', async () => Number(await chain.rpc('eth_blockNumber')) >= begun + 3);
  };

  /** Sends what anybody may, where it can be done now. */
  const tried = (contract, name, args) => anyone.send(contract, abis[contract], name, args).then(() => true, () => false);

  /** Pays everybody in the first month but those who are left out: losers at once, winners where the books are open. */
  const pay = async (without = []) => {
    const [opened] = encodeEventTopics({ abi: abis.clearing.filter((item) => item.type === 'event'), eventName: 'Opened' });
    const seats = (await chain.rpc('eth_getLogs', [{ address: anyone.at.clearing, fromBlock: '0x0', toBlock: 'latest', topics: [opened] }])).length;
    const some = Array.from({ length: seats }, (_, seat) => seat).filter((seat) => !without.includes(seat));
    await tried('clearing', 'settle', [0, `0x${some.map((seat) => seat.toString(16).padStart(8, '0')).join('')}`]);
  };

  /** Publishes a day's print, settles by it, and pays everybody, as the market's keeper does. */
  const keep = async (noon) => {
    const [set] = encodeEventTopics({ abi: abis.clearing.filter((item) => item.type === 'event'), eventName: 'MarkSet' });
    await until(`a settlement after ${new Date(noon * 1000).toISOString()}`, async () => {
      await tried('oracle', 'publish', [0, Math.floor(noon / 86_400)]);
      await tried('clearing', 'settle_day', [0]);
      const logs = await chain.rpc('eth_getLogs', [{ address: anyone.at.clearing, fromBlock: '0x0', toBlock: 'latest', topics: [set] }]);
      return logs.some((log) => Number(log.blockTimestamp) >= noon);
    });
    await pay();
    await to(Number((await chain.rpc('eth_getBlockByNumber', ['latest', false])).timestamp) + 130);
    await pay();
  };

  step('is traded in its last week', async () => {
    await join('you 0', 50_000);
    await market('Buy', 10);
    await until('a position', async () => /Long 10/.test(await text('#account tbody')));
    expiry = Date.UTC(2026, 11, 16, 16) / 1000;
    await says('the day it ends', () => text('#head'), new RegExp(new Date(expiry * 1000).toISOString().slice(0, 10)));
  });

  step('trades no more after 16:00 UTC, which the page says by the chain’s clock', async () => {
    for (let day = 6; day >= 0; day -= 1) {
      const noon = expiry - 4 * 3600 - day * 86_400;
      await to(noon + 120);
      if (![0, 6].includes(new Date(noon * 1000).getUTCDay())) await keep(noon);
    }
    await tab('Settlements');
    await until('a settlement of every trading day', async () => (await page.locator('#account tbody tr').count()) >= 4);
    // Both sides of the deadline, by the chain's clock: seconds before it, and after it.
    await to(expiry - 40);
    await says('the seconds that are left', () => page.locator('#head .fact:has-text("Last trading time") dd').innerText(), /in [1-3]?\d s$/);
    await until('it is still open', async () => !/ended/.test(await text('#session-state')));
    await to(expiry + 1);
    await until('it has ended', async () => /trading has ended/.test(await text('#session-state')));
  });

  step('gets its final price, and whoever holds it claims', async () => {
    const day = Math.floor(expiry / 86_400);
    const index = 0;
    // Lock, dispute and finality, each as soon as the oracle allows it.
    await tab('Positions');
    await to(expiry + 8 * 3600 + 3_700);
    const claim = page.locator('#account button', { hasText: 'Claim' });
    for (let hours = 0; hours < 8 * 24 && (await claim.count()) === 0; hours += 6) {
      await tried('oracle', 'propose_final', [index, day]);
      await tried('oracle', 'finalise', [index, day]);
      if (!(await tried('clearing', 'finalise', [0]))) await to(Number((await chain.rpc('eth_getBlockByNumber', ['latest', false])).timestamp) + 6 * 3600);
      else await until('it can be claimed', async () => (await claim.count()) === 1);
    }
    // Everybody else is settled, so that what a winner is owed has been paid by those who owe it.
    const seat = Number(await page.locator('#margin .fact:has-text("Seat") dd').innerText());
    for (let round = 0; round < 3; round += 1) await pay([seat]);
    await shot('claim');
    await says('what is held until then', () => text('#account tbody'), /Long 10/);
    await claim.click();
    await page.waitForSelector('.toast.done:has-text("Claim")');
    await until('nothing is held', async () => /No positions/.test(await text('#account')));
    await tab('Settlements');
    await says('nothing is owed any more', () => page.locator('#account td[data-label="Still owed"]').first().innerText(), /^0\.00$/);
    await tab('Transactions');
    await says('that the claim is what did it', () => text('#account tbody tr:first-child'), /Claim the final settlement of DEC 26[\s\S]*(included|final)/);
    assert.deepEqual(faults, []);
  });
});
