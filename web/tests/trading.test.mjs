// A newcomer trades: every step in a real browser on a real chain.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { abis, becomes, openPage, says, serve, Somebody, startBrowser, startChain, steps, until } from './support.mjs';

const DIST = process.env.SIT_WEB_DIST;
const SHOTS = process.env.SIT_WEB_SHOTS;

describe('a newcomer', () => {
  let chain, web, browser, page, faults, hosts, other;
  const ticks = {};
  /** What the first steps cost, as the page says before any of them is taken. */
  const told = {};
  /** Steps of a newcomer that are not done. */
  const begun = () => page.locator('#begin li[data-state=waits]').evaluateAll((found) => found.map(({ dataset }) => dataset.step));
  const near = (step, paid) => assert.ok(Math.abs(paid - told[step]) <= told[step] / 4, `${step}: about ${told[step]} DOT were told, and it is ${paid}`);

  before(async () => {
    chain = await startChain(['--quiet-market', '--automine']);
    web = await serve(DIST);
    browser = await startBrowser();
    ({ page, faults, hosts } = await openPage(browser.context, { base: web.url, rpc: chain.url, query: '&index=none' }));
    other = await (await Somebody.named(chain, 'you 1')).join(500_000);
  });
  after(async () => {
    await browser?.stop();
    await web?.stop();
    await chain?.stop();
  });

  const step = steps(test, () => ({ page, faults }));
  const text = (selector) => page.locator(selector).innerText();
  const tab = (name) => page.locator(`#account [role=tab]`, { hasText: name }).first().click();
  const done = (label) => page.waitForSelector(`.toast.done:has-text("${label}")`, { timeout: 30_000 });
  const shot = async (name, part = null) => { if (SHOTS) await (part ? page.locator(part) : page).screenshot({ path: `${SHOTS}/${name}.png` }); };
  const order = async ({ side = 'Buy', kind = 'Limit', price, lots, reduce = false }) => {
    await page.locator('.segments.sides button', { hasText: side }).click();
    await page.locator('#ticket .segments:not(.sides) button', { hasText: kind }).click();
    if (price) await page.fill('#price', price);
    await page.fill('#lots', String(lots));
    await page.setChecked('#reduce-only', reduce);
  };
  const submit = async () => {
    await page.waitForSelector('#submit:not([disabled])');
    const label = await text('#submit');
    await page.click('#submit');
    await done(label);
    return label;
  };
  /** Ticks as the page writes them: three decimals. */
  const shown = (number) => (number / 1000).toFixed(3);

  step('sees the market without connecting', async () => {
    await becomes('ten months', () => page.locator('#months .month').count(), 10);
    await says('the session', () => text('#session-state'), /open|closed/);
    const mark = () => page.locator('#head .fact:has-text("Settlement mark") dd').innerText();
    await says('a mark', mark, /^\d+\.\d{3}$/);
    ticks.mark = Math.round(Number(await mark()) * 1000);
    assert.ok(ticks.mark > 500 && ticks.mark < 5000, `${ticks.mark}`);
    await becomes('what is left to do', begun, ['connect', 'dot', 'usdc', 'account', 'deposit', 'order']);
    for (const name of ['account', 'order']) await says(`about what ${name} costs`, () => text(`#begin li[data-step=${name}] .hint`), /^about 0\.0\d\d DOT fee, about 0\.00\d\d DOT refundable deposit$/);
    for (const name of ['deposit', 'order']) told[name] = Number(/about (0\.\d{3}) DOT fee/.exec(await text(`#begin li[data-step=${name}] .hint`))[1]);
    await says('of a deposit nothing is to come back', () => text('#begin li[data-step=deposit] .hint'), /no refundable deposit$/);
  });

  step('connects an account of the development chain without a wallet', async () => {
    await page.click('#connect-button');
    await page.click('.choice:has-text("you 0")');
    await page.waitForSelector('#account-button:has-text("you 0")');
    await page.waitForSelector('#open-account');
    await says('what an account costs, and what of it comes back', () => text('#opening-cost'), /^\d\.\d{5} DOT fee, 0\.00503 DOT refundable deposit$/);
    await becomes('what is left to do', begun, ['account', 'deposit', 'order']);
  });

  step('opens an account', async () => {
    await page.click('#open-account');
    await done('Open an account');
    await until('the ticket knows the account', async () => (await page.locator('#open-account').count()) === 0);
    await becomes('what is left to do', begun, ['deposit', 'order']);
  });

  step('deposits by a permit: one signature, and one transaction', async () => {
    await page.click('#account-button');
    await page.fill('#amount', '250000.5');
    await page.click('#deposit');
    await done('Deposit');
    await becomes('both steps are done', () => page.locator('#deposit-steps li[data-state=done]').allInnerTexts().then((texts) => texts.map((one) => /permit/.test(one))), [true, true]);
    await shot('deposit');
    await page.locator('dialog .close').click();
    await tab('Transactions');
    await becomes('what was sent', () => page.locator('#account tbody td[data-label="What"]').allInnerTexts(), ['Deposit 250\u202f000.50 USDC', 'Open an account']);
    await becomes('the deposit for the account’s two cells, apart from the fee', () => page.locator('#account tbody tr', { hasText: 'Open an account' }).locator('td[data-label="Refundable deposit"]').innerText(), '0.00503 DOT');
    await until('the equity is shown', async () => /250.000\.50/.test(await text('#margin')));
    near('deposit', Number(/^(\d\.\d{5}) DOT$/.exec(await page.locator('#account tbody tr', { hasText: 'Deposit' }).locator('td[data-label="Network fee"]').innerText())[1]));
    await becomes('what is left to do', begun, ['order']);
  });

  step('is told before signing what is refused, and why', async () => {
    await order({ price: shown(ticks.mark * 3), lots: 1 });
    await says('the limits are named', () => text('#refusal'), /limit/i);
    await becomes('it cannot be sent', () => page.locator('#submit').isDisabled(), true);
    await order({ price: '1.0005', lots: 1 });
    await says('the nearest prices are named', () => text('#refusal'), /nearest are 1\.000 and 1\.001/);
    await order({ price: shown(ticks.mark), lots: 19_000 });
    await says('margin is named', () => text('#refusal'), /margin/i);
  });

  step('takes a part of the largest size that margin allows', async () => {
    const press = (name) => page.locator(`#ticket button:text-is("${name}")`).click();
    await order({ price: shown(ticks.mark - 10), lots: 1 });
    await press('Max');
    await until('the largest size', async () => Number(await page.inputValue('#lots')) > 100);
    const most = Number(await page.inputValue('#lots'));
    for (const part of [25, 75, 50]) {
      await press(`${part} %`);
      await becomes(`${part} % of ${most}`, async () => Number(await page.inputValue('#lots')), Math.floor((most * part) / 100));
    }
    // One lot more than the largest is refused.
    await page.fill('#lots', String(most + 1));
    await says('why', () => text('#refusal'), /\w/);
  });

  step('places an order that rests, and sees it as their own in the book and below', async () => {
    await order({ price: shown(ticks.mark - 10), lots: 40 });
    await until('the preview', async () => /Trades nothing now, 40 will rest/.test(await text('#will')));
    await says('what the chain takes, and what of it comes back', () => text('#network-cost'), /^Network fee\s+\d\.\d{5} DOT\s+Refundable deposit\s+\d\.\d{5} DOT$/);
    const [, fee, deposit] = /fee\s+(\d\.\d{5}) DOT\s+Refundable deposit\s+(\d\.\d{5}) DOT$/.exec(await text('#network-cost'));
    near('order', Number(fee));
    await becomes('what the first order costs, beside it', () => text('#begin li[data-step=order] .hint'), `${fee} DOT fee, ${deposit} DOT refundable deposit`);
    // The deposit that `sit order` tells of the same order.
    const said = JSON.parse(execFileSync(process.env.SIT_PROGRAM, ['order', 'buy', '40lots', 'front', shown(ticks.mark - 10), '--rpc', chain.url, '--key', 'you-0', '--dry-run', '--json'], { env: { HOME: mkdtempSync(join(tmpdir(), 'sit-order-')) }, stdio: ['ignore', 'pipe', 'ignore'] }));
    await says('the scenario that binds, by the same name', () => text('#preview'), new RegExp(`Scenario\\s+${said.scenario_after}: this month`));
    assert.equal(Number(/deposit\s+(\d\.\d{5}) DOT/.exec(await text('#network-cost'))[1]), Number(said.dot_deposit), JSON.stringify(said));
    await until('the scenario that binds, by name', async () => /Scenario\s+(level-(up|down)|joint-\d\d): this month/.test(await text('#preview')));
    await submit();
    await tab('Orders');
    await becomes('the order', () => page.locator('#account tbody tr').count(), 1);
    await says('its side', () => text('#account tbody tr'), /Buy/);
    await becomes('the list of first steps, of which all are done', () => page.locator('#begin').count(), 0);
    await until('own lots in the book', async () => (await page.locator('#book .mine').count()) > 0);
    await shot('order');
  });

  step('is filled in part', async () => {
    await other.place(0, false, ticks.mark - 10, 15, 1);
    await until('25 lots rest', async () => /\b25\b/.test(await text('#account tbody tr')));
    await shot('partial-fill', '#account');
    await tab('Positions');
    await until('a long position of 15', async () => /Long 15/.test(await text('#account tbody')));
    await until('an entry', async () => new RegExp(shown(ticks.mark - 10).replace('.', '\\.')).test(await text('#account tbody')));
  });

  step('replaces the rest by another price and size', async () => {
    await tab('Orders');
    await page.locator('#account tbody button', { hasText: 'Replace' }).click();
    await page.fill('#price', shown(ticks.mark - 5));
    await page.fill('#lots', '30');
    const label = await submit();
    assert.match(label, /^Replace order/);
    await says('the new price', () => text('#account tbody'), new RegExp(shown(ticks.mark - 5)));
    await becomes('the old order is gone', () => page.locator('#account tbody tr').count(), 1);
    await shot('replaced-order', '#account');
  });

  step('is filled whole', async () => {
    await other.place(0, false, ticks.mark - 5, 30, 1);
    await until('no order rests', async () => /No orders rest/.test(await text('#account')));
    await tab('Positions');
    await until('45 long', async () => /Long 45/.test(await text('#account tbody')));
    await tab('Fills');
    await becomes('both fills', () => page.locator('#account tbody tr').count(), 2);
    await shot('fills', '#account');
    await says('that they are marked in the chart', () => text('#own-trades'), /your trades/);
  });

  step('takes what stands: so much trades now and the rest rests', async () => {
    await other.place(0, false, ticks.mark + 8, 10);
    await order({ price: shown(ticks.mark + 8), lots: 25 });
    await says('the preview tells both', () => text('#will'), /Will trade 10 now at .* on average, 15 will rest/);
    const previewed = await page.locator('#preview dt:has-text("Liq. below / above") + dd').innerText();
    await submit();
    await tab('Positions');
    await says('55 long', () => text('#account tbody'), /Long 55/);
    // One function says where an account would be liquidated: before the order as after it.
    await becomes('the liquidation prices that were previewed', () => text('#account td[data-label="Liquidation below / above"]'), previewed);
    // Nobody bids: what the marks promise cannot be had now, and that is said.
    await says('that nobody would take it now', () => text('#account td[data-label="If closed now, after fees"]'), /nobody bids for it/);
    await other.place(0, true, ticks.mark - 20, 55);
    await says('what closing would give now, less than the mark says', () => text('#account td[data-label="If closed now, after fees"]'), /^−\d/);
    await other.send('clearing', abis.clearing, 'cancel_all', [other.seat, 0]);
    await shot('position');
  });

  step('replaces it by one that is good for a day of the chain’s clock, whatever this machine’s says', async () => {
    await tab('Orders');
    await page.locator('#account tbody button', { hasText: 'Replace' }).click();
    await page.evaluate(() => { Date.now = ((now) => () => now() + 11 * 3_600_000)(Date.now); });
    await page.locator('#ticket summary', { hasText: 'More' }).click();
    await page.selectOption('#expiry', '86400');
    await submit();
    const { timestamp } = await chain.rpc('eth_getBlockByNumber', ['latest', false]);
    const until = (seconds) => new Date((Number(timestamp) + seconds) * 1000).toISOString().slice(0, 16).replace('T', ' ');
    await says('a day', () => text('#account tbody td[data-label="Good until"]'), new RegExp(`${until(86_400)}|${until(86_340)}|${until(86_280)}`));
    await page.evaluate(() => { Date.now = ((now) => () => now() - 11 * 3_600_000)(Date.now); });
    await page.selectOption('#expiry', '0');
  });

  step('is told what of an order neither trades nor rests', async () => {
    await other.place(0, false, ticks.mark + 9, 4);
    await order({ price: shown(ticks.mark + 9), lots: 10 });
    await page.locator('#ticket details').evaluate((more) => { more.open = true; });
    await page.selectOption('#policy', '1');
    await says('all three parts', () => text('#will'), /Will trade 4 now at .* on average, 6 will be cancelled/);
    await page.selectOption('#policy', '0');
    await page.fill('#lots', '');
    await other.send('clearing', abis.clearing, 'cancel_all', [other.seat, 0]);
  });

  step('cancels', async () => {
    await tab('Orders');
    await page.locator('#account tbody button', { hasText: 'Cancel' }).first().click();
    await done('Cancel order');
    await until('no order rests', async () => /No orders rest/.test(await text('#account')));
    await tab('Transactions');
    await says('that the order was cancelled', () => text('#account tbody tr:first-child'), /Cancel order/);
    await shot('cancelled', '#account');
    await tab('Orders');
  });

  step('supposes another mark and sees the margin change', async () => {
    const before = await text('#margin .whatif');
    await page.locator('#what-if').fill('-40');
    await says('it says so', () => text('#margin .whatif'), /supposed/);
    await until('another margin', async () => (await text('#margin .whatif')) !== before);
    await page.locator('#margin button', { hasText: 'Now' }).click();
    await until('what is', async () => !/supposed/.test(await text('#margin .whatif')));
    // One month alone: all lots are in it, so that its mark does what all marks do; another month's cannot be chosen.
    const equity = () => page.locator('#margin .fact:has(dt:text-is("Equity")) dd').getAttribute('title');
    const now = await equity();
    await page.locator('#what-if').fill('-40');
    await until('another equity', async () => (await equity()) !== now);
    const all = await equity();
    await becomes('the months that can move', () => page.locator('#what-if-of option').count(), 2);
    await page.selectOption('#what-if-of', '0');
    await becomes('whose mark moves, in words', () => page.locator('#what-if').getAttribute('aria-label'), `What if the mark of ${(await page.locator('#what-if-of option').nth(1).textContent()).replace('only ', '')} alone moved by`);
    await becomes('equity if its mark alone moved', equity, all);
    await page.selectOption('#what-if-of', '');
    await page.locator('#margin button', { hasText: 'Now' }).click();
    await becomes('equity', equity, now);
  });

  step('sees which position the margin is for, once they ask', async () => {
    await tab('Positions');
    await becomes('nothing is read before', () => page.locator('#scenario-shares dl').count(), 0);
    await page.locator('#scenario-shares summary').click();
    const month = await text('#account tbody td[data-label="Month"]');
    await says('the scenario that binds, by name', () => text('#scenario-shares'), /(level-down|joint-\d\d) costs this account most/);
    await says('what the month does in it', () => text('#scenario-shares dt'), new RegExp(`^${month}, mark −\\d+\\.\\d %$`));
    await says('what that costs: all of the loss', () => text('#scenario-shares dd'), /^−[\d\u202f]+\.\d\d USD, 100\.0 % of the loss$/);
    const [shock, loss] = [/mark −(\d+\.\d) %/.exec(await text('#scenario-shares dt'))[1], /^−([\d\u202f]+\.\d\d)/.exec(await text('#scenario-shares dd'))[1]];
    const value = Number((await text('#account tbody td[data-label="Value"]')).replaceAll('\u202f', ''));
    // The percentage is written with one decimal, towards zero.
    const part = (100 * Number(loss.replaceAll('\u202f', ''))) / value;
    assert.ok(part >= Number(shock) - 0.001 && part < Number(shock) + 0.101, `${loss} of ${value} is ${part} %, and not ${shock}`);
    await page.locator('#scenario-shares summary').click();
  });

  step('rolls to another month in one click', async () => {
    await other.place(0, true, ticks.mark - 3, 60);
    const far = () => page.locator('#months .month').nth(1).innerText();
    await says('the price of the next month', far, /\d\.\d{3}/);
    const farTicks = Math.round(Number(/\d\.\d{3}/.exec(await far())[0]) * 1000);
    await other.place(1, false, farTicks + 3, 60);
    await tab('Positions');
    await page.locator('#account tbody button', { hasText: 'Roll' }).click();
    await page.waitForSelector('#roll:not([disabled])');
    // A price of both legs together would be none of anything.
    await says('what each leg trades at', () => text('dialog #will'), /^Will sell 55 \w+ \d+ at \d\.\d+ and buy 55 \w+ \d+ at \d\.\d+ on average$/);
    await shot('roll');
    await page.click('#roll');
    await done('Roll 55');
    // What the near month has won since it was settled is paid with the next settlement: its row stays until then.
    await until('the position stands in the next month', async () => /closed/.test(await text('#account tbody tr:nth-child(1)')) && /Long 55/.test(await text('#account tbody tr:nth-child(2)')));
  });

  step('sets a stop and removes it', async () => {
    await page.locator('#months .month').nth(1).click();
    await until('the ticket follows', async () => !(await text('#ticket h2')).includes(await page.locator('#months .month').nth(0).locator('.name span').first().innerText()));
    const mark = Math.round(Number(await page.locator('#head .fact:has-text("Settlement mark") dd').innerText()) * 1000);
    await order({ side: 'Sell', kind: 'Stop / take', price: shown(mark - 60), lots: 55, reduce: true });
    await page.fill('#trigger-price', shown(mark - 50));
    await submit();
    await tab('Triggers');
    await until('the trigger', async () => new RegExp(`mark ≤ ${shown(mark - 50)}`).test(await text('#account tbody')));
    await shot('trigger', '#account');
    await page.locator('#account tbody button', { hasText: 'Remove' }).click();
    await until('no trigger', async () => /No stop or take-profit orders wait/.test(await text('#account')));
  });

  step('orders with a take profit and a stop, which are set after it, one by one', async () => {
    const mark = Math.round(Number(await page.locator('#head .fact:has-text("Settlement mark") dd').innerText()) * 1000);
    await order({ price: shown(mark - 20), lots: 5 });
    await page.setChecked('#exits', true);
    await says('that a price is missing', () => text('#refusal'), /Type a price to take profit or to stop at/);
    await page.fill('#take-profit', shown(mark - 10));
    await says('that it would be executed at once', () => text('#refusal'), /Take profit: it has to be above the mark and the order’s price/);
    await page.fill('#take-profit', shown(mark + 90));
    await page.fill('#stop-loss', shown(mark - 20));
    await says('the same of the stop', () => text('#refusal'), /Stop: it has to be below the mark and the order’s price/);
    await page.fill('#stop-loss', shown(mark - 90));
    await says('what each costs', async () => (await page.locator('#exits-said li').allInnerTexts()).join(' | '), /Take profit: sell 5 .* when ≥ [\s\S]*\d\.\d{5} DOT fee, .* refundable deposit, and 0\.50 USD to the keeper[\s\S]*Stop: sell 5 .* when ≤ [\s\S]*DOT fee/);
    await submit();
    await becomes('all three are done', () => page.locator('#attached li').evaluateAll((found) => found.map(({ dataset }) => dataset.state)), ['done', 'done', 'done']);
    await shot('exits', '#ticket');
    await tab('Triggers');
    await says('both triggers', () => text('#account tbody'), new RegExp(`Sell 5, reduce only\\s+mark ≥ ${shown(mark + 90)}\\s+${shown(mark + 90)}\\s+rests[\\s\\S]*Sell 5, reduce only\\s+mark ≤ ${shown(mark - 90)}\\s+${shown(mark - 90 - Math.ceil(((mark - 90) * 5) / 100))}\\s+cancelled`));
    for (const left of [1, 0]) {
      await page.locator('#account tbody button', { hasText: 'Remove' }).first().click();
      await becomes('triggers that are left', () => page.locator('#account tbody button', { hasText: 'Remove' }).count(), left);
    }
    await page.locator('#ticket button:text-is("Close")').click();
    await becomes('the list is closed', () => page.locator('#attached').count(), 0);
    await tab('Orders');
    await page.locator('#account tbody button', { hasText: 'Cancel' }).first().click();
    await until('no order rests', async () => /No orders rest/.test(await text('#account')));
  });

  step('is offered no take profit or stop after an order that only closes what is held, and for one that goes beyond it those of the lots beyond', async () => {
    const mark = Math.round(Number(await page.locator('#head .fact:has-text("Settlement mark") dd').innerText()) * 1000);
    await order({ side: 'Sell', price: shown(mark + 20), lots: 55 });
    await says('why none is offered', () => text('#no-exits'), /only closes lots that you hold: nothing would be left for a take profit or a stop to close/);
    await becomes('none can be switched on', () => page.locator('#exits').isDisabled(), true);
    await page.fill('#lots', '57');
    await becomes('the reason is gone', () => page.locator('#no-exits').count(), 0);
    await page.setChecked('#exits', true);
    await page.fill('#take-profit', shown(mark - 90));
    await page.fill('#stop-loss', shown(mark + 90));
    await says('for how many lots they are', async () => (await page.locator('#exits-said li').allInnerTexts()).join(' | '), /Take profit: buy 2 .* when ≤ [\s\S]*Stop: buy 2 .* when ≥ /);
    await says('the same in words', () => text('#ticket'), /trigger on the mark for the 2 lots by which the order goes beyond what it closes/);
    // Whoever makes the order smaller afterwards is told, and cannot send it with what would protect nothing.
    await page.fill('#lots', '55');
    await says('that nothing is left', () => text('#refusal'), /nothing would be left for a take profit or a stop to close. Switch both off/);
    await becomes('it cannot be sent', () => page.locator('#submit').isDisabled(), true);
    await page.setChecked('#exits', false);
    await page.waitForSelector('#submit:not([disabled])');
    // Nor is a trigger that may only reduce of any use on the side of what is held.
    await order({ side: 'Buy', kind: 'Stop / take', price: shown(mark + 60), lots: 55, reduce: true });
    await says('that it would close nothing', () => text('#reduces-nothing'), /it would close nothing: it may only reduce, and you hold nothing in \w+ \d+ that buying closes/);
    await order({ side: 'Sell', kind: 'Stop / take', price: shown(mark - 60), lots: 55, reduce: true });
    await becomes('on the other side it is', () => page.locator('#reduces-nothing').count(), 0);
    await order({ price: shown(mark - 20), lots: 5 });
  });

  step('clicks twice and has sent one order; what is typed while it is on its way stays', async () => {
    const mark = Math.round(Number(await page.locator('#head .fact:has-text("Settlement mark") dd').innerText()) * 1000);
    await chain.rpc('evm_setAutomine', [false]);
    await order({ price: shown(mark - 25), lots: 2 });
    await page.waitForSelector('#submit:not([disabled])');
    const label = await page.locator('#submit').textContent();
    await page.dblclick('#submit');
    await says('what becomes of it', () => text('#on-its-way'), /is being signed and sent/);
    await tab('Transactions');
    const rows = () => page.locator('#account tbody td[data-label="What"]').evaluateAll((all, wanted) => all.filter(({ textContent }) => textContent === wanted).length, label);
    await until('it waits for a block', async () => /sent/.test(await text('#account tbody tr:first-child')));
    assert.equal(await rows(), 1, 'a second click is no second order');
    await page.fill('#lots', '3');
    await chain.rpc('evm_setAutomine', [true]);
    await chain.rpc('evm_mine');
    await until('it is done', async () => /included|final/.test(await text('#account tbody tr:first-child')));
    await page.waitForSelector('#submit:not([disabled])');
    assert.equal(await page.inputValue('#lots'), '3', 'the next order is still there');
    assert.equal(await rows(), 1);
    await page.fill('#lots', '');
    await tab('Orders');
    await page.locator('#account tbody button', { hasText: 'Cancel' }).first().click();
    await until('no order rests', async () => /No orders rest/.test(await text('#account')));
  });

  step('names a session key, trades with it without a question, and dismisses it', async () => {
    await page.click('#account-button');
    await page.locator('dialog button', { hasText: 'Session key' }).click();
    const lost = async () => Number((await text('#most-lost')).replace(' USD', '').replaceAll('\u202f', ''));
    await until('what can be lost with it in a day', async () => (await lost()) > 0);
    const most = await lost();
    await page.fill('#session-day', '200');
    await until('twice as much with twice the lots', async () => Math.abs((await lost()) - 2 * most) <= 2);
    await page.fill('#session-day', '100');
    await page.locator('dialog button', { hasText: 'Name the key' }).click();
    await until('the key is named', async () => /Dismiss/.test(await text('dialog')), 20);
    await shot('session-key');
    await page.locator('dialog .close').click();
    const mark = Math.round(Number(await page.locator('#head .fact:has-text("Settlement mark") dd').innerText()) * 1000);
    await order({ price: shown(mark - 20), lots: 5 });
    await until('the ticket says who signs', async () => /session key/.test(await text('#ticket')));
    await submit();
    await tab('Transactions');
    await says('who signed', () => text('#account tbody tr:first-child'), /session key/);
    await order({ price: shown(mark - 20), lots: 60 });
    await until('more than its scope is refused', async () => /delegat/i.test(await text('#refusal')));
    // What it has left for fees comes back before it is forgotten: nobody would have its key afterwards.
    const { address: key } = await page.evaluate(() => JSON.parse(Object.entries(localStorage).find(([name]) => name.startsWith('sit.session.'))[1]));
    const hundredths = async () => Number(BigInt(await chain.rpc('eth_getBalance', [key, 'latest'])) / 10n ** 16n);
    const before = await hundredths();
    assert.ok(before > 150 && before < 200, `${before} hundredths of the 2 DOT are left`);
    await page.click('#account-button');
    await page.locator('dialog button', { hasText: 'Session key' }).click();
    await page.locator('dialog button', { hasText: 'Dismiss' }).click();
    await until('it is gone', async () => /Name the key/.test(await text('dialog')), 20);
    await page.locator('dialog .close').click();
    const after = await hundredths();
    assert.ok(after < before / 5, `${after} of ${before} hundredths of a DOT stay with a key that is forgotten`);
    await becomes('nothing of it is left in the browser', () => page.evaluate(() => Object.keys(localStorage).filter((name) => name.startsWith('sit.session.')).length), 0);
    await tab('Transactions');
    await says('that it came back', () => text('#account tbody tr:first-child'), /Take back what the session key has left for fees[\s\S]*(included|final)/);
  });

  step('plans a hedge from a usage file as `sit hedge plan` does, signs its orders, and sees that it is locked', async () => {
    const today = new Date(Number((await chain.rpc('eth_getBlockByNumber', ['latest', false])).timestamp) * 1000);
    const month = (back) => new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - back, 1)).toISOString().slice(0, 7);
    const usage = `date,model,input_tokens,output_tokens\n${[3, 2, 1].map((back) => `${month(back)},acme-large,${4_000_000_000 - back * 300_000_000},1200345678`).join('\n')}\n`;
    const models = 'model,input,output,quality\nacme-large,2.50,10,1040\n';
    const folder = mkdtempSync(join(tmpdir(), 'sit-hedge-'));
    writeFileSync(join(folder, 'usage.csv'), usage);
    writeFileSync(join(folder, 'models.csv'), models);
    const options = ['--months', '4', '--ratio', '62.5%', '--today', today.toISOString().slice(0, 10), '--json'];
    const planned = JSON.parse(execFileSync(process.env.SIT_PROGRAM, ['hedge', 'plan', 'usage.csv', '--models', 'models.csv', ...options], { cwd: folder, env: { HOME: folder }, stdio: ['ignore', 'pipe', 'ignore'] }));
    rmSync(folder, { recursive: true });
    // A fresh chain's months are numbered by their end.
    const listed = await page.locator('#months .month > .name:first-child').allInnerTexts();
    await page.evaluate(() => { location.hash = 'hedge'; });
    await says('an example, and that it is one', () => text('#example'), /example/);
    await page.fill('#usage', usage);
    await page.fill('#models', 'model,input,output\nother,1,2\n');
    await says('a model without a price', () => text('#plan-refusal'), /no price is known of the model `acme-large`/);
    await page.fill('#models', models);
    await page.fill('#horizon', '4');
    await page.fill('#part', '62.5');
    const named = (one) => new Date(`${one}-15T00:00:00Z`).toLocaleString('en', { month: 'short', year: '2-digit', timeZone: 'UTC' }).toUpperCase().replace(' ', '');
    await becomes('SIT and lots of each month are those of the program', async () => (await page.locator('#exposure tbody tr').evaluateAll((rows) => rows.map((row) => ({ ...row.dataset })))).map((row) => [named(row.month), Number(row.sit), Number(row.lots)]), planned.months.map((row) => [row.month, row.sit, row.lots]));
    // The simulation draws the same paths here as there.
    await becomes('the bill without and with the hedge', () => page.locator('#bands tbody tr').evaluateAll((all) => all.map(({ dataset: { p5, p50, p95 } }) => [p5, p50, p95])), planned.bands.map(({ p5, p50, p95 }) => [p5, p50, p95]), 120);
    for (const [field, name] of [['variation', 'variation'], ['initial', 'initial_margin'], ['cash', 'cash']]) {
      assert.equal(await page.locator('#band-cash').getAttribute(`data-${field}`), planned[name], name);
    }
    assert.equal(await page.locator('#band-months tbody tr').count(), planned.months.length);
    await says('the picture in words', () => page.locator('svg.band').getAttribute('aria-label'), /Without the hedge .* USD.*; with it .* USD/);
    const rows = () => page.locator('#plan tbody tr').evaluateAll((all) => all.map((row) => Object.fromEntries([...row.querySelectorAll('td')].map((cell) => [cell.dataset.label, cell.textContent]))));
    await becomes('its orders', async () => (await rows()).map((row) => [row.Contract.replace(' ', ''), Number(/\d+/.exec(row.Buy)[0])]), planned.orders.map((row) => [row.month, row.lots]));
    for (const row of await rows()) {
      const instrument = listed.findIndex((name) => name.startsWith(row.Contract));
      assert.ok(instrument >= 0, `${row.Contract} of ${listed}`);
      if (Number(row.Left) > 0) await other.place(instrument, false, Math.round(Number(row.Mark) * 1000) + 2, Number(row.Left));
    }
    await shot('hedge');
    await page.click('#send-plan');
    await says('all of it is locked', () => text('#send-plan'), /Nothing is left to send/);
    await says('the status', () => text('#hedge-status'), /Of the plan (\d+) of \1 lots are locked/);
    await page.evaluate(() => { location.hash = 'trade'; });
  });

  step('withdraws what may be withdrawn, and no more', async () => {
    await page.click('#account-button');
    const before = await text('dialog .list');
    await page.locator('dialog button', { hasText: 'All that may be withdrawn' }).click();
    await until('an amount', async () => Number(await page.inputValue('#amount')) > 1000 && (await page.inputValue('#amount')) !== '250000.5');
    const amount = Number(await page.inputValue('#amount'));
    assert.ok(amount < 250_000, `${amount}`);
    await page.click('#withdraw');
    await done('Withdraw');
    await until('the cash is less', async () => (await text('dialog .list')) !== before);
    await shot('withdraw', 'dialog');
    await page.locator('dialog .close').click();
  });

  step('connecting a delegate shows the owner’s account, and says so', async () => {
    const delegate = await Somebody.named(chain, 'you 2');
    await other.send('clearing', abis.clearing, 'set_delegate', [other.seat, delegate.address, 10, 100, 0xffff_fff0, '0x']);
    const { page: second } = await openPage(browser.context, { base: web.url, rpc: chain.url, query: '&index=none' });
    await second.waitForSelector('#months .month');
    // As the Hub's own server: whoever asks for logs of a delegate, whatever the seat, is refused.
    await chain.rpc('sit_faults', [{ closedTopics: true }]);
    await second.click('#connect-button');
    await second.click('.choice:has-text("you 2")');
    await says('who it trades for', () => second.locator('#notice-delegate').innerText(), new RegExp(`account ${other.seat} as its delegate`));
    await until('the owner’s margin', async () => /Seat/.test(await second.locator('#margin').innerText()));
    await chain.rpc('sit_faults', [null]);
    await second.click('#account-button');
    await becomes('a delegate withdraws nothing', () => second.locator('#withdraw').isDisabled(), true);
    await second.locator('dialog .close').click();
    await second.fill('#price', shown(ticks.mark - 30));
    await second.fill('#lots', '3');
    await second.waitForSelector('#submit:not([disabled])');
    await second.click('#submit');
    await second.waitForSelector('.toast.done');
    await second.locator('#account [role=tab]', { hasText: 'Orders' }).click();
    await until('the order rests in the owner’s name', async () => /Buy/.test(await second.locator('#account tbody').innerText()));
    // Anybody can name anybody: it keeps nobody from an account of their own.
    await second.click('#account-button');
    await second.click('#open-own');
    await until('what is shown is its own account', async () => (await second.locator('#notice-delegate').count()) === 0);
    await says('its seat', () => second.locator('dialog .list').innerText(), /Cash in the exchange\s+0\.00 USDC[\s\S]*Seat\s+\d+/);
    const seat = Number(/Seat\s+(\d+)/.exec(await second.locator('dialog .list').innerText())[1]);
    assert.notEqual(seat, other.seat);
    await second.close();

    // Who is named by two and dismissed by one of them trades for the other.
    const named = await Somebody.named(chain, 'guardian');
    const names = (owner, of, expiry) => owner.send('clearing', abis.clearing, 'set_delegate', [of, named.address, 10, 100, expiry, '0x']);
    await names(other, other.seat, 0xffff_fff0);
    await names(delegate, seat, 0xffff_fff0);
    await names(delegate, seat, 0);
    const { page: third } = await openPage(browser.context, { base: web.url, rpc: chain.url, query: '&index=none' });
    await third.waitForSelector('#months .month');
    await third.click('#connect-button');
    await third.click('.choice:has-text("guardian")');
    await says('for whom it trades still', () => third.locator('#notice-delegate').innerText(), new RegExp(`account ${other.seat} as its delegate`));
    await third.close();
  });

  step('every transaction has become final, and nothing went wrong in the page', async () => {
    await tab('Transactions');
    let states = [];
    await until('all are final', async () => {
      states = await page.locator('#account tbody td[data-label="State"]').allInnerTexts();
      return states.length > 8 && states.every((state) => /final/.test(state));
    }).catch(({ message }) => assert.fail(`${message}: ${states}`));
    await shot('transactions', '#account');
    assert.deepEqual(faults, []);
    const own = [new URL(web.url).host, new URL(chain.url).host];
    assert.deepEqual([...hosts].filter((host) => !own.includes(host)), [], 'no foreign host is asked');
  });
});
