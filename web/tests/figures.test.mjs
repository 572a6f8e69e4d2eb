// One market, and five who say what stands in an account of it: the page in its browser, the index over its API, the program
// `sit`, the contract by its own views, and the engine. At every 50th block of a chain that is reorganised again and again they
// say the same, to the atom; and the tables of the index are those of a fresh one of the final chain.
//
// 200 blocks in a test run; SIT_FIGURES_BLOCKS=2000 scripts/web --test figures.test.mjs for the long form.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { decodeFunctionResult, encodeFunctionData } from 'viem';
import { transformWithOxc } from 'vite';
import { abis, as, atomsOf, becomes, indexedPositions, positionsOf, PROGRAM, served, sleep, Somebody, tab, until } from './support.mjs';

const BLOCKS = Number(process.env.SIT_FIGURES_BLOCKS ?? 200);
const EVERY = 50;
const DEEPEST = 20;

/** The page's own way to its engine. */
const source = await transformWithOxc(readFileSync(new URL('../src/engine.ts', import.meta.url), 'utf8'), 'engine.ts');
const { Engine } = await import(`data:text/javascript,${encodeURIComponent(source.code)}`);

/** Numbers that are the same in each run, below a bound. */
function dice(seed) {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

const hex = (number) => `0x${number.toString(16)}`;
/** Dollars of the program, exactly, in atoms. */
const atoms = (text) => String(BigInt(text.replace('.', '')));
const ticks = (price) => (price === null || price === undefined ? null : Math.round(Number(price) * 1000));

describe('a market that is reorganised', () => {
  let all, page, faults, you, engine, where;
  const roll = dice(11);
  const seen = { reorganised: 0, deepest: 0, moved: 0, compared: 0, accounts: 0, positions: 0, looks: 0 };

  before(async () => {
    // A block when this test wants one; the market goes on by itself, through days that take minutes. The first month ends
    // after nine of them: the long form goes half as fast, so that on a busy machine, too, it is over before that.
    all = await served(['--no-mining', '--round', '250', '--time-scale', BLOCKS > 500 ? '200' : '400', '--start', '1796630400']);
    where = await all.chain.rpc('sit_deployments');
    engine = await Engine.load(readFileSync(process.env.SIT_WEB_ENGINE));
  });
  after(async () => all?.stop());

  const head = async () => all.chain.rpc('eth_getBlockByNumber', ['latest', false]);
  const view = async (block, functionName, args = []) => {
    const data = encodeFunctionData({ abi: abis.clearing, functionName, args });
    return decodeFunctionResult({ abi: abis.clearing, functionName, data: await all.chain.rpc('eth_call', [{ to: where.clearing, data }, { blockHash: block.hash }]) });
  };
  /** The engine's answer on the cells of one block, each read from the chain when the engine asks for it. */
  const ask = async (block, question) => {
    for (let round = 0; round < 64; round += 1) {
      const said = engine.ask(question);
      if ('ok' in said) return said.ok;
      engine.give(await Promise.all(said.missing.map(async (id) => [id, await view(block, 'cell', id)])), true);
    }
    throw new Error('the engine asks for ever');
  };

  /** Replaces the newest blocks; what was in them is gone, or goes into the new ones, often into a later one. */
  const reorganise = async (depth) => {
    const newest = Number((await head()).number);
    const moves = roll(2) === 0;
    const pairs = [];
    let place = 0;
    for (let number = 0; moves && number < depth; number += 1) {
      const block = await all.chain.rpc('eth_getBlockByNumber', [hex(newest - depth + 1 + number), false]);
      for (const hash of block.transactions) {
        place = Math.min(depth - 1, Math.max(place, number + roll(3)));
        pairs.push([await all.chain.rpc('eth_getRawTransactionByHash', [hash]), hex(place)]);
        if (place !== number) seen.moved += 1;
      }
    }
    await all.chain.rpc('anvil_reorg', [depth, pairs]);
    seen.reorganised += 1;
    seen.deepest = Math.max(seen.deepest, depth);
  };

  /** The newest block, once the index and the page have it. */
  const settled = async () => {
    let block;
    await until('chain, index and page have one newest block', async () => {
      block = await head();
      const { block_hash: indexed, data } = await (await fetch(`${all.base}/v1/status`)).json();
      const { number, hash } = await page.locator('main').evaluate((main) => ({ number: main.dataset.block, hash: main.dataset.hash }));
      assert.equal(data.alarms, 0, 'the index agrees with the cells');
      return data.state === 'live' && indexed === block.hash && hash === block.hash && Number(number) === Number(block.number);
    }, 90);
    return block;
  };

  /** Compares everything of one block. A settlement of the market may bring the next one meanwhile: then of that. */
  const compare = async () => {
    for (let tries = 1; ; tries += 1) {
      const block = await settled();
      const before = { ...seen };
      const failure = await compareAt(block).then(() => null, (error) => error);
      const moved = (await head()).hash !== block.hash;
      if (!failure && !moved) return Number(block.number);
      if (!moved || tries === 5) throw failure ?? new Error('no block stays the newest one for long enough');
      Object.assign(seen, before);
    }
  };

  /** Everything of one block, from all five. */
  const compareAt = async (block) => {
    const number = Number(block.number);
    const at = `at block ${number}`;
    engine.give([], false);
    const curve = await ask(block, { do: 'curve', product: 0, now: Number(block.timestamp) });
    const keys = (await all.chain.rpc('sit_info')).accounts;
    let cash = 0n;
    for (let seat = 0; ; seat += 1) {
      const cell = await view(block, 'cell', ['A'.charCodeAt(0), seat, 0]);
      const answer = await fetch(`${all.base}/v1/accounts/${seat}`);
      if (cell === '0x') {
        assert.equal(answer.status, 404, `seat ${seat} ${at}`);
        break;
      }
      const indexed = (await answer.json()).data;
      const engines = await ask(block, { do: 'account', seat, now: Number(block.timestamp) });
      // The cell begins with the owner, and the cash in eight bytes, the greatest first.
      const bytes = Buffer.from(cell.slice(2), 'hex');
      const contracts = { owner: `0x${bytes.subarray(0, 20).toString('hex')}`, cash: String(bytes.readBigUInt64BE(20)) };
      cash += BigInt(contracts.cash);
      const name = keys.find(({ address }) => address === contracts.owner)?.name;
      assert.ok(name, `seat ${seat} is of a key of this chain`);
      const said = all.program('positions', '--key', name.replace(' ', '-'), '--seat', String(seat));
      assert.equal(said.block, number);
      const held = (positions, of) => positions.map(of).sort((one, other) => one[0] - other[0]);
      const open = engines.positions.filter(({ net_lots: net, variation_points: points }) => net !== 0 || points !== '0');
      const health = engines.standing.health;
      const figures = (owner, cashAtoms, equity) => ({ owner, cash: cashAtoms, equity });
      assert.deepEqual(figures(indexed.owner, indexed.cash_atoms, indexed.equity_atoms), figures(contracts.owner, contracts.cash, health.equity_atoms), `index and contract, seat ${seat} ${at}`);
      assert.deepEqual(figures(engines.owner, engines.cash_atoms, health.equity_atoms), figures(contracts.owner, atoms(said.cash), atoms(said.equity)), `engine and program, seat ${seat} ${at}`);
      assert.deepEqual([atoms(said.initial_margin), atoms(said.maintenance_margin)], [health.initial_atoms, health.maintenance_atoms], `margins, seat ${seat} ${at}`);
      assert.deepEqual(
        held(indexed.positions, (one) => [one.instrument, one.net_lots, one.basis_points, one.variation_atoms, one.mark_ticks]),
        held(open, (one) => [one.instrument, one.net_lots, one.basis_points, one.variation_atoms, one.mark_ticks]),
        `positions of index and engine, seat ${seat} ${at}`,
      );
      const listed = open.filter(({ instrument }) => curve.months.some((month) => month.instrument === instrument));
      const rows = said.positions.filter(({ lots, unsettled }) => lots !== 0 || atoms(unsettled) !== '0');
      assert.deepEqual(
        rows.map((one) => [one.lots, ticks(one.mark), atoms(one.unsettled), ticks(one.liquidation_below), ticks(one.liquidation_above)]),
        listed.map((one) => [one.net_lots, one.mark_ticks, one.variation_atoms, one.liquidation_below_ticks, one.liquidation_above_ticks]),
        `positions of program and engine, seat ${seat} ${at}`,
      );
      seen.accounts += 1;
      seen.positions += open.length;
      if (seat !== you.seat) continue;

      // And the page, of the account that is shown: every figure of its margin, every position, to the atom.
      const exact = (term) => page.locator(`#margin .fact:has(dt:text-is("${term}")) dd`).getAttribute('title').then((title) => String(atomsOf(title)));
      for (const [term, wanted] of [['Equity', health.equity_atoms], ['Initial margin', health.initial_atoms], ['Maintenance margin', health.maintenance_atoms], ['Free collateral', atoms(said.free_collateral)]]) {
        await becomes(`${term} of the page ${at}`, () => exact(term), wanted);
      }
      await becomes(`paid, fees and entries of the page ${at}`, () => positionsOf(page), await indexedPositions(all, seat), 90);
      const shown = (tick) => (tick === null ? '–' : (tick / 1000).toFixed(3));
      await becomes(`marks and liquidation prices of the page ${at}`, () => page.locator('#account tbody tr').evaluateAll((found) => found
        .filter((one) => /Long|Short/.test(one.textContent))
        .map((one) => ['Side and lots', 'Mark', 'Liquidation below / above'].map((label) => one.querySelector(`td[data-label="${label}"]`).textContent.replaceAll('\u202f', '')))),
      open.filter(({ net_lots: net }) => net !== 0).map((one) => [`${one.net_lots > 0 ? '▲ Long' : '▼ Short'} ${Math.abs(one.net_lots)}`, shown(one.mark_ticks), `${shown(one.liquidation_below_ticks)} / ${shown(one.liquidation_above_ticks)}`]));
      seen.looks += 1;
    }
    // The contract's own sum of all accounts is that of the figures that were compared.
    const books = await view(block, 'books');
    const [, trading, instruments, , balanced] = Array.isArray(books) ? books : Object.values(books);
    assert.deepEqual([cash, balanced], [trading - instruments, true], `the books ${at}`);

    // The front month's book: levels of the index, the program, the engine and the page.
    const { instrument, expiry } = curve.months.find(({ status }) => status === 'trading');
    const month = new Date(expiry * 1000).toLocaleDateString('en-US', { month: 'short', year: '2-digit', timeZone: 'UTC' }).toUpperCase().replace(' ', '');
    const engines = await ask(block, { do: 'book', instrument, seat: you.seat, now: Number(block.timestamp) });
    const indexed = (await all.one(`book/${instrument}?depth=11`));
    const program = all.program('book', month, '--depth', '11').book;
    const levels = (side) => engines[side].slice(0, 11).map(([price, lots]) => [price, lots]);
    assert.equal(indexed.verified, true, `events and pages agree ${at}`);
    for (const [side, word] of [['bids', 'bid'], ['asks', 'ask']]) {
      assert.deepEqual(indexed[side].map((one) => [one.price_ticks, one.lots]), levels(side), `${side} of index and engine ${at}`);
      assert.deepEqual(program.filter((one) => one.side === word).map((one) => [ticks(one.price), Number(one.lots)]), levels(side), `${side} of program and engine ${at}`);
      await becomes(`${side} of the page ${at}`, () => page.locator(`#book tbody.${side} tr:not(.empty)`).evaluateAll((rows) => rows.map((one) => {
        const [price, lots] = [...one.querySelectorAll('td')].map((cell) => cell.textContent.replaceAll('\u202f', '').replace(/^◂\d+ /, ''));
        return [Math.round(Number(price) * 1000), Number(lots)];
      })), side === 'asks' ? levels(side).reverse() : levels(side));
    }
    seen.compared += 1;
  };

  test(`page, index, program, contract and engine say the same at every ${EVERY}th of ${BLOCKS} blocks`, async () => {
    const { chain, one } = all;
    // Transactions of one's own wait for a block, too, and nothing that is needed later is in one that may be replaced.
    const mining = setInterval(() => void chain.rpc('evm_mine').catch(() => undefined), 200);
    you = await (await Somebody.named(chain, 'you 0')).join(50_000);
    await until('the market has its accounts', async () => (await fetch(`${all.base}/v1/accounts/5`)).ok, 90);
    const deep = Number((await head()).number) + DEEPEST + 5;
    await until('they are deep enough', async () => Number((await head()).number) >= deep, 90);
    clearInterval(mining);
    await sleep(500);
    ({ page, faults } = await as('you 0', all));
    await tab(page, 'Positions');
    const order = (buy, price, lots) => encodeFunctionData({ abi: abis.clearing, functionName: 'place', args: [[you.seat, 0, buy, price, lots, 1, 1, false, 0, 0]] });
    const first = Number((await head()).number);
    let [looked, late] = [Math.floor(first / EVERY), 0];
    for (let mined = 0; mined < BLOCKS; mined += 1) {
      if (mined % 5 === 1) {
        // Now this side and now that one, so that there is a position and sometimes none; what is refused costs a fee.
        const month = (await one('instruments')).find(({ instrument }) => instrument === 0);
        const buy = roll(5) > 1;
        await chain.rpc('eth_sendTransaction', [{ from: you.address, to: where.clearing, gas: '0x8000', data: order(buy, month.mark_ticks + (buy ? 40 : -40), 1 + roll(9)) }]).catch(() => undefined);
      }
      await sleep(60);
      await chain.rpc('evm_mine');
      if (roll(12) === 0) await reorganise(1 + roll(DEEPEST));
      const due = Math.floor(Number((await head()).number) / EVERY);
      if (due === looked) continue;
      // A block of a settlement may come between: then the one after the fiftieth is looked at.
      looked = due;
      late += Number((await compare()) % EVERY !== 0);
    }
    const blocks = Number((await head()).number) - first;
    console.log(`${blocks} blocks, ${seen.reorganised} reorganisations up to ${seen.deepest} deep, ${seen.moved} transactions in another block than before: ${seen.accounts} accounts with ${seen.positions} positions compared at ${seen.compared} blocks, ${late} of them just after a fiftieth one, each in the page, too`);
    assert.ok(blocks >= BLOCKS && seen.compared >= Math.floor(BLOCKS / EVERY) && late * 5 < seen.compared + 5, `${blocks} blocks, compared at ${seen.compared}, late ${late} times`);
    assert.equal(seen.looks, seen.compared);
    assert.ok(seen.reorganised >= BLOCKS / 40 && seen.deepest > 10 && seen.moved > 0 && seen.positions > seen.compared, JSON.stringify(seen));
    assert.deepEqual(faults, []);
  });

  test('and the tables of the index are those of a fresh one of the final chain', async () => {
    const { chain, folder, stopIndex } = all;
    const last = await head();
    await until('the index has the last block', async () => (await (await fetch(`${all.base}/v1/status`)).json()).block_hash === last.hash);
    await stopIndex();
    const fresh = mkdtempSync(join(tmpdir(), 'sit-fresh-'));
    try {
      const sit = (...args) => execFileSync(PROGRAM, ['index', '--rpc', chain.url, ...args], { env: { HOME: fresh }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
      sit('--folder', join(fresh, 'index'), '--once');
      const [followed, anew] = [sit('--folder', folder, '--digests'), sit('--folder', join(fresh, 'index'), '--digests')];
      assert.match(followed, /  trade\n/);
      assert.equal(followed, anew);
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  });
});
