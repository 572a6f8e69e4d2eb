// The page as `sit index --serve --web` hands it out: one address, no query, and history from the index.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { abis, as, atomsOf, becomes, indexedPositions, openPage, positionsOf, PROGRAM, says, served, sleep, Somebody, steps, tab, until } from './support.mjs';

const SHOTS = process.env.SIT_WEB_SHOTS;

/** Every row of the ledger that the page shows when all older ones have been asked for. */
async function ledgerOf(page) {
  await tab(page, 'Ledger');
  const older = page.locator('#account button', { hasText: 'Show older' });
  while (await older.count()) await older.click();
  return page.locator('#account tbody tr').evaluateAll((rows) => rows.map((row) => {
    const cell = (label) => row.querySelector(`td[data-label="${label}"]`).textContent;
    return [cell('Time').replace(' not final yet', ''), row.dataset.kind, cell('Change of cash, USD'), cell('About')];
  })).then((rows) => rows.map(([time, kind, cash, about]) => [time, kind, cash === '–' ? null : String(atomsOf(cash)), about.replaceAll('\u202f', '')]));
}

const when = (time) => `${new Date(time * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
const exact = (atoms) => `${atoms.padStart(7, '0').replace(/(\d{6})$/, '.$1')} USD`;

/** What the index has of an account: changes of cash, and steps of its liquidation, newest first, as the page shows them. */
async function indexedLedger({ all }, seat) {
  const cash = (await all(`accounts/${seat}/ledger`)).map((row) => ({ ...row, shown: [when(row.time), row.kind, row.amount_atoms, '–'] }));
  const steps = (await all(`liquidations?seat=${seat}`)).map((row) => ({
    ...row, shown: [when(row.time), row.kind, null, row.kind === 'taken_over' ? `${row.lots} lots at ${(row.price_ticks / 1000).toFixed(3)}` : row.amount_atoms === null ? '–' : exact(row.amount_atoms)],
  }));
  return [...cash, ...steps].sort((a, b) => b.block - a.block || b.log - a.log).map(({ shown }) => shown);
}

test('the index serves the page, names its node, and knows what was before', async () => {
  const { chain, browser, base, folder, stop } = await served(SHOTS ? ['--time-scale', '12'] : []);
  try {
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
    if (SHOTS) {
      // A market of a few minutes, and an order that waits for a press of the button.
      await until('candles', async () => (await (await fetch(`${base}/v1/candles/0?resolution=1m`)).json()).data.candles.length > 24, 300);
      await page.locator('#book .bids button').first().click();
      await page.fill('#lots', '12');
      await says('what it costs', () => page.locator('#network-cost').innerText(), /DOT/);
      await page.screenshot({ path: `${SHOTS}/trade.png` });
    }
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
    await stop();
  }
});

async function positionsAreTheIndexes(all, page, seat) {
  await becomes('variation paid, fees and entries of the page as the index has them', async () => {
    const [shown, wanted] = [await positionsOf(page), await indexedPositions(all, seat)];
    return wanted.length > 0 && isDeepStrictEqual(shown, wanted) ? 'the same' : { shown, wanted };
  }, 'the same');
}

/** The entries first in first out are the index's; afterwards the page has the average ones again, unless it is to keep them. */
async function firstInFirstOutIsTheIndexes({ one }, page, seat, keeps = false) {
  await tab(page, 'Positions');
  await page.selectOption('#entry-method', 'fifo');
  await becomes('entries of the page as the index has them, first in first out', async () => {
    const titles = await page.locator('#account td[data-label="Entry, first in first out"] span').evaluateAll((found) => found.map(({ title }) => title.replaceAll('\u202f', '')));
    const shown = titles.filter((title) => title !== '');
    const wanted = (await one(`accounts/${seat}`)).positions.filter(({ net_lots: net }) => net !== 0).map(({ fifo_entry_ticks: ticks }) => `${ticks} ticks`);
    return wanted.length > 0 && isDeepStrictEqual(shown, wanted) ? 'the same' : { shown, wanted };
  }, 'the same');
  await says('what it means', () => page.locator('#account .foot-row:has(#entry-method)').innerText(), /the newest trades that make up the open lots/);
  if (!keeps) await page.selectOption('#entry-method', 'average');
}

describe('an account with a past', () => {
  let all, you, other, sub, young;
  const step = steps(test, () => young ?? {});

  before(async () => {
    all = await served(['--scene', 'margin-call', '--block-time', '1']);
  });
  after(async () => all?.stop());

  const trigger = (flags, price, limit, lots, fee) => [0, flags, price, limit, lots, 0, fee];

  step('pays in and out, trades, has triggers executed and executes others’, and the page’s own logs say what the index says', async () => {
    const { chain, base, one } = all;
    other = await (await Somebody.named(chain, 'you 1')).join(1_000_000);
    you = await (await Somebody.named(chain, 'you 0')).join(6_000);
    await you.send('clearing', abis.clearing, 'withdraw', [you.seat, 500_000_001n]);
    await you.send('clearing', abis.clearing, 'open_account', [1]);
    await until('the index knows both', async () => (await one(`accounts?owner=${you.address}`)).length === 2);
    sub = (await one(`accounts?owner=${you.address}`)).find(({ sub: number }) => number === 1).seat;
    await you.send('clearing', abis.clearing, 'transfer', [you.seat, sub, 1_500_000_000n]);
    await you.send('clearing', abis.clearing, 'transfer', [sub, you.seat, 7n]);
    const { mark_ticks: mark } = await one('instruments').then((months) => months.find(({ instrument }) => instrument === 0));
    // Both fire at once: a buy while the mark is at most so much, which rests below the market.
    for (const [owner, keeper, fee] of [[you, you, 250_000], [you, other, 260_000], [other, you, 270_000]]) {
      await owner.send('clearing', abis.clearing, 'set_trigger', [owner.seat, 3, trigger(16, mark + 50, mark - 100, 1, fee)]);
      await keeper.send('clearing', abis.clearing, 'execute_trigger', [keeper.seat, owner.seat, 3]);
    }
    for (const somebody of [you, other]) await somebody.send('clearing', abis.clearing, 'cancel_all', [somebody.seat, 0]);
    // As maker and as taker, up to what margin allows.
    await you.place(0, true, mark + 2, 3);
    await other.place(0, false, mark + 2, 3, 1);
    for (const lots of [25, 5, 1]) while (await you.place(0, true, mark + 100, lots, 1).then(() => true, () => false));
    await until('a position', async () => ((await one(`accounts/${you.seat}`)).positions[0]?.net_lots ?? 0) > 10);
    young = await as('you 0', all, '&index=none');
    const kinds = new Set();
    await becomes('the page’s rows, from the chain’s logs, as the index has them', async () => {
      const [shown, wanted] = [await ledgerOf(young.page), await indexedLedger(all, you.seat)];
      for (const [, kind] of shown) kinds.add(kind);
      return isDeepStrictEqual(shown, wanted) ? 'the same' : { shown, wanted };
    }, 'the same');
    assert.deepEqual([...kinds].sort(), ['deposit', 'maker_fee', 'taker_fee', 'transfer_in', 'transfer_out', 'trigger_fee_earned', 'trigger_fee_paid', 'withdrawal']);
    await becomes('their sum is the cash', async () => String(atomsOf(await young.page.locator('#ledger-sum').innerText())), (await one(`accounts/${you.seat}`)).cash_atoms);
    await positionsAreTheIndexes(all, young.page, you.seat);
    assert.equal((await fetch(`${base}/v1/alarms`).then((answer) => answer.json())).data.length, 0, 'the index agrees with the cells');
  });

  step('is settled, called and liquidated, and each step of it stands between the changes of cash', async () => {
    const { chain, all: list, one } = all;
    await chain.rpc('evm_increaseTime', [600]);
    await chain.rpc('evm_mine');
    await until('a margin call', async () => (await list(`liquidations?seat=${you.seat}`)).some(({ kind }) => kind === 'margin_call'), 90);
    await other.send('clearing', abis.clearing, 'start_liquidation', [you.seat]).catch(() => undefined);
    await until('a liquidation', async () => (await one(`accounts/${you.seat}`)).liquidation);
    await other.send('clearing', abis.clearing, 'bid', [other.seat, you.seat, 0, 5]);
    await until('a takeover', async () => (await list(`liquidations?seat=${you.seat}`)).some(({ kind }) => kind === 'taken_over'));
    await becomes('the page’s rows, from the chain’s logs, as the index has them', async () => {
      const [shown, wanted] = [await ledgerOf(young.page), await indexedLedger(all, you.seat)];
      return isDeepStrictEqual(shown, wanted) ? 'the same' : { shown, wanted };
    }, 'the same');
    const kinds = new Set((await ledgerOf(young.page)).map(([, kind]) => kind));
    for (const kind of ['variation', 'margin_call', 'started', 'taken_over']) assert.ok(kinds.has(kind), `${kind} of ${[...kinds]}`);
    await positionsAreTheIndexes(all, young.page, you.seat);
    // Of trades in the chain's logs alone, a takeover among them.
    await firstInFirstOutIsTheIndexes(all, young.page, you.seat, true);
    assert.notEqual((await indexedPositions(all, you.seat))[0][0], '0', 'variation was paid');
  });

  step('keeps every row when all of it is older than what the page reads of the chain', async () => {
    const { chain, one } = all;
    await chain.rpc('anvil_mine', ['0xc80']);
    const head = Number(await chain.rpc('eth_blockNumber'));
    await until('the index has followed', async () => (await (await fetch(`${all.base}/v1/status`)).json()).block >= head, 240);
    const { page, faults } = await as('you 0', all);
    young = { page, faults };
    await becomes('the page’s rows as the index has them', async () => {
      const [shown, wanted] = [await ledgerOf(page), await indexedLedger(all, you.seat)];
      return isDeepStrictEqual(shown, wanted) ? 'the same' : { shown, wanted };
    }, 'the same');
    await becomes('their sum is the cash', async () => String(atomsOf(await page.locator('#ledger-sum').innerText())), (await one(`accounts/${you.seat}`)).cash_atoms);
    // An index for which nothing is final yet that happens from now on, as on a chain whose finality lags.
    let final = head;
    await page.route('**/v1/status', async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: { ...(await answer.json()), final_block: final } });
    });
    // What happens now comes from the chain's logs, and stands above the index's rows, once.
    const paidIn = Number((await you.send('vault', abis.vault, 'deposit', [you.seat, 1_234_567n])).blockNumber);
    await becomes('the newest row', async () => (await ledgerOf(page))[0].slice(1, 3), ['deposit', '1234567']);
    const rowOf = (amount) => page.locator('#account tr[data-kind=deposit]', { hasText: amount }).innerText();
    await says('that another block may take the place of its block', () => rowOf(/\+1\.234567/), /not final yet/);
    await says('a row that is final', () => rowOf(/\+6.000\.000000/), /^(?![\s\S]*not final yet)/);
    await says('up to where a statement goes', () => page.locator('#account .foot-row:has(a[download])').innerText(), new RegExp(`up to block ${String(head).replace(/\B(?=(\d{3})+$)/g, '\u202f')}, the newest that is final`));
    final = paidIn;
    await says('that it is final', () => rowOf(/\+1\.234567/), /^(?![\s\S]*not final yet)/);
    await page.unrouteAll({ behavior: 'wait' });
    await becomes('the page’s rows as the index has them', async () => {
      const [shown, wanted] = [await ledgerOf(page), await indexedLedger(all, you.seat)];
      return isDeepStrictEqual(shown, wanted) ? 'the same' : { shown, wanted };
    }, 'the same');
    await becomes('their sum is the cash', async () => String(atomsOf(await page.locator('#ledger-sum').innerText())) === (await one(`accounts/${you.seat}`)).cash_atoms, true);
    if (SHOTS) {
      await tab(page, 'Ledger');
      await page.locator('#account').screenshot({ path: `${SHOTS}/ledger.png` });
    }
    // The choice is remembered, and what the index has read leads to the same entry.
    await tab(page, 'Positions');
    await becomes('the method', () => page.locator('#entry-method').inputValue(), 'fifo');
    await firstInFirstOutIsTheIndexes(all, page, you.seat);
    await positionsAreTheIndexes(all, page, you.seat);
    // Settlements of that age have the mark that they were reckoned by, and fills their takeover.
    await tab(page, 'Settlements');
    await says('the mark', () => page.locator('#account td[data-label="Mark, set"]').first().innerText(), /^\d\.\d{3}/);
    await tab(page, 'Fills');
    await says('the takeover', () => page.locator('#account tbody').innerText(), /liquidated/);
    assert.deepEqual(faults, []);
    await page.close();
  });

  step('and whoever took over sees that they did, however long ago', async () => {
    const { page, faults } = await as('you 1', all);
    young = { page, faults };
    await becomes('rows of takeovers', async () => (await ledgerOf(page)).filter(([, kind]) => kind === 'took_over').map(([, , cash, about]) => [cash, /^5 lots at \d\.\d{3}$/.test(about)]), [[null, true]]);
    await positionsAreTheIndexes(all, page, other.seat);
    // A trade of now carries the index's figures on, and one in a month that it had not there has them asked for again.
    await all.chain.rpc('evm_increaseTime', [130]);
    for (const instrument of [0, 1]) {
      const { mark_ticks: mark } = (await all.one('instruments')).find((month) => month.instrument === instrument);
      await until('somebody offers', async () => (await other.place(instrument, true, mark + 60, 2, 1).then(() => true, () => false)));
      await positionsAreTheIndexes(all, page, other.seat);
      await firstInFirstOutIsTheIndexes(all, page, other.seat);
    }
    assert.deepEqual(faults, []);
  });
});

test('a page on which nothing happens asks the index once in ten seconds how far it is and for nothing more; hidden, for nothing', async () => {
  const all = await served(['--quiet-market', '--automine']);
  try {
    await (await Somebody.named(all.chain, 'you 0')).join(100_000);
    const asked = [];
    const { page, faults } = await openPage(all.browser.context, { base: all.base });
    page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.startsWith('/v1/')) asked.push(pathname);
      else if (request.method() === 'POST') asked.push(JSON.parse(request.postData()).map(({ method }) => method).join());
    });
    await page.waitForSelector('#months .month');
    await page.click('#connect-button');
    await page.click('.choice:has-text("you 0")');
    await page.waitForSelector('#margin');
    const past = () => asked.filter((path) => path.startsWith('/v1/accounts/') || path.startsWith('/v1/liquidations')).map((path) => path.replace(/accounts\/\d+/, 'accounts/N')).sort();
    await becomes('the past is asked for', past, ['/v1/accounts/N', '/v1/accounts/N/fills', '/v1/accounts/N/ledger', '/v1/accounts/N/settlements', '/v1/liquidations']);
    await sleep(2_000);
    asked.length = 0;
    await sleep(31_000);
    assert.deepEqual([...new Set(asked)].sort(), ['/v1/status', 'eth_getBlockByNumber'], `${asked}`);
    const looks = asked.filter((path) => path === '/v1/status').length;
    assert.ok(looks >= 2 && looks <= 4, `${looks} looks at the index in 31 seconds`);
    assert.ok(asked.length - looks <= 3, `${asked.length - looks} questions to a node that tells of no block`);
    const show = (hidden) => page.evaluate((now) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => now });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
    await show(true);
    await sleep(1_000);
    asked.length = 0;
    await sleep(21_000);
    assert.deepEqual(asked, [], 'a hidden page asks nobody');
    await show(false);
    await until('it asks again', async () => asked.includes('/v1/status'));
    assert.deepEqual(past(), [], 'what is past has not changed');
    assert.deepEqual(faults, []);
  } finally {
    await all.stop();
  }
});
