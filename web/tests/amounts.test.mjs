// Money and prices as text and back: exactly, or not at all.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { transformWithOxc } from 'vite';
import { palette } from '../tools/pictures.mjs';

async function load(name) {
  const path = new URL(`../src/${name}.ts`, import.meta.url);
  const { code } = await transformWithOxc(readFileSync(path, 'utf8'), `${name}.ts`);
  return import(`data:text/javascript,${encodeURIComponent(code)}`);
}
const amounts = await load('amounts');
const clock = await load('clock');
const { candlesOf } = await load('candles');
const { split, usual } = await load('cost');
const { covered } = await load('cover');
const { closable, opened } = await load('exits');
const { averageEntry, carried, fifoEntry, rowsOf } = await load('ledger');
const { sharesOf } = await load('shares');

/** Numbers that are the same in each run. */
function* random(seed) {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state;
  }
}

const SIZES = [1, 10, 100, 1_000, 10_000];
const LARGEST = 0xff_fffe;

test('every price is read back as the tick that it was written for', () => {
  const numbers = random(7);
  for (const size of SIZES) {
    const ticks = [...Array.from({ length: 20_000 }, (_, place) => place + 1), ...Array.from({ length: 20_000 }, () => 1 + (numbers.next().value % LARGEST)), LARGEST];
    for (const tick of ticks) {
      const read = amounts.parsePrice(amounts.price(tick, size), size);
      assert.deepEqual(read, { ok: true, value: tick }, `${tick} of ${size}: ${amounts.price(tick, size)}`);
    }
  }
});

test('whoever signs for an account of somebody else is a delegate, however their address is written', async () => {
  const { sentBy } = await load('sender');
  const owner = '0xAb00000000000000000000000000000000000001';
  assert.deepEqual(sentBy(owner, undefined), { caller: owner, delegate: false }, 'nobody is connected');
  assert.deepEqual(sentBy(owner, owner.toLowerCase()), { caller: owner, delegate: false });
  const other = '0xab00000000000000000000000000000000000002';
  assert.deepEqual(sentBy(owner, other), { caller: other, delegate: true });
});

test('a price between two ticks is refused with both, and none is ever rounded', () => {
  const numbers = random(8);
  for (const size of SIZES.slice(1)) {
    for (let number = 0; number < 5_000; number += 1) {
      const tick = 1 + (numbers.next().value % 100_000);
      const atoms = BigInt(tick) * BigInt(size) + 1n + BigInt(numbers.next().value % (size - 1));
      const read = amounts.parsePrice(amounts.decimal(atoms, 6), size);
      assert.equal(read.ok, false);
      assert.ok(read.why.includes(amounts.price(tick, size)) && read.why.includes(amounts.price(tick + 1, size)), `${atoms}: ${read.why}`);
    }
  }
});

test('what is no number, too fine or too large is refused with what to do', () => {
  for (const text of ['', ' ', '-1', '+1', '1e3', '0x10', '1.2.3', 'NaN', 'Infinity', '１', '1/2', '.5', '1.0000001', '9'.repeat(30)]) {
    const read = amounts.parseDecimal(text, 6, 'USDC');
    assert.equal(read.ok, false, text);
    assert.match(read.why, /\.$/);
  }
  for (const text of ['0', '1.5', '8388608', '-3', '']) assert.equal(amounts.parseLots(text).ok, false, text);
  assert.deepEqual(amounts.parseLots('8388607'), { ok: true, value: 8_388_607 });
  for (const text of ['0', '16777.215']) assert.equal(amounts.parsePrice(text, 1_000).ok, false, text);
  assert.deepEqual(amounts.parseDecimal('1,5', 6, 'USDC'), { ok: true, value: 1_500_000n });
  assert.deepEqual(amounts.parseDecimal('1\u202f000.000001', 6, 'USDC'), { ok: true, value: 1_000_000_001n });
});

test('amounts are written without a float: beyond 53 bits, below zero, at zero', () => {
  assert.equal(amounts.usd(9_007_199_254_740_993_000_001n, 6), '9\u202f007\u202f199\u202f254\u202f740\u202f993.000001');
  assert.equal(amounts.usd(-1_500_000n), '−1.50');
  assert.equal(amounts.usd(-1n), '0.00', 'what is shown as nothing has no sign');
  assert.equal(amounts.signed(1n), '0.00');
  assert.equal(amounts.signed(2_000_000n), '+2.00');
  assert.equal(amounts.dot(10n ** 18n + 1n), '1.0000');
  assert.equal(amounts.percent(-412), '−4.12 %');
  assert.equal(amounts.tokens(25, 100), '2.50 B');
  const numbers = random(9);
  for (let number = 0; number < 20_000; number += 1) {
    const atoms = (BigInt(numbers.next().value) << 32n) | BigInt(numbers.next().value);
    assert.deepEqual(amounts.parseDecimal(amounts.usd(atoms, 6), 6, 'USDC'), { ok: true, value: atoms });
  }
});

test('times are UTC wherever the machine stands, over both changes of the clock', () => {
  // The last Sundays of March and October 2027, when Berlin's clocks change; and the new year.
  const zone = process.env.TZ;
  for (const [seconds, text, name] of ['UTC', 'Europe/Berlin', 'Pacific/Auckland', 'America/New_York'].flatMap((at) => [[at], [1_806_195_600, '2027-03-28 01:00 UTC', 'MAR 27'], [1_824_944_400, '2027-10-31 01:00 UTC', 'OCT 27'], [1_798_761_599, '2026-12-31 23:59 UTC', 'DEC 26']])) {
    if (text === undefined) {
      process.env.TZ = seconds;
      continue;
    }
    assert.equal(clock.utc(seconds), text, process.env.TZ);
    assert.equal(clock.monthName(seconds), name, process.env.TZ);
    assert.equal(clock.timeOfDay(seconds), `${text.slice(11, 16)}:${text.startsWith('2026') ? '59' : '00'}`, process.env.TZ);
  }
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
  assert.equal(clock.span(90_061), '1 d 1 h');
  assert.equal(clock.span(59), '59 s');
  assert.equal(clock.span(-5), '0 s');
});

test('a candle stands where its trades were, in UTC, and where nobody traded it is flat, marked and without a volume', () => {
  // Hours around the change of Berlin's clocks: one of them comes twice there, and once here.
  const begin = Date.UTC(2027, 9, 30, 23) / 1000;
  const traded = [0, 1, 2, 5].map((hour) => ({ time: begin + hour * 3600 + 61, price: 2600 + hour, lots: 3 }));
  for (const zone of ['UTC', 'Europe/Berlin', 'Pacific/Auckland']) {
    process.env.TZ = zone;
    const candles = candlesOf(traded, 3600);
    assert.deepEqual(candles.map(({ time }) => time), [0, 1, 2, 3, 4, 5].map((hour) => begin + hour * 3600), zone);
    assert.deepEqual(candles.map(({ lots, trades, flat }) => [lots, trades, flat === true]), [[3, 1, false], [3, 1, false], [3, 1, false], [0, 0, true], [0, 0, true], [3, 1, false]]);
    assert.deepEqual(candles.slice(3, 5).map(({ open, high, low, close }) => [open, high, low, close]), [[2602, 2602, 2602, 2602], [2602, 2602, 2602, 2602]]);
  }
  delete process.env.TZ;
});

test('fee and deposit of a transaction are told apart, and together they are what was paid', () => {
  const wei = 123_456_789_000_000_000n;
  const { fee, deposit } = split(wei, '50300000');
  assert.deepEqual([amounts.dot(deposit, 5), amounts.dot(fee, 5), fee + deposit], ['0.00503', '0.11842', wei]);
  // What comes back now makes the fee larger than what is paid.
  assert.deepEqual(split(wei, '-100000'), { fee: wei + 10_000_000_000_000n, deposit: -10_000_000_000_000n });
  assert.deepEqual(split(wei, null), { fee: wei, deposit: null }, 'what nobody tells apart is in the fee');
  // Of a step that nobody can estimate yet, at the least price of gas there is.
  assert.deepEqual(usual('deposit', 8n * 10n ** 11n), { fee: 2_320n * 10n ** 12n, deposit: 0n });
  assert.deepEqual(split(5n, '1'), { fee: 0n, deposit: 100_000_000n }, 'no fee is below zero');
});

test('a fund covers jumps up to the first one at which the two largest owe more than it has', () => {
  const jumps = (owed) => owed.map(([shift_bps, two]) => ({ shift_bps, accounts: 2, owed_atoms: String(two), two_atoms: String(two) }));
  const told = jumps([[-3000, 90], [-2000, 101], [-1000, 40], [1000, 100], [2000, 100], [3000, 5000]]);
  assert.deepEqual(covered(told, 100n), { down: -1000, up: 2000 }, 'one that is covered beyond one that is not does not count');
  assert.deepEqual(covered(jumps([[-1000, 1], [1000, 1]]), 0n), { down: 0, up: 0 });
  assert.deepEqual(covered(jumps([[-1000, 0], [1000, 0]]), 0n), { down: -1000, up: 1000 }, 'where nobody owes, nothing has to be covered');
});

/** What happened to account 7, as its events tell it: the cash that each moves, and steps of a liquidation. */
const STORY = [
  ['Deposited', { seat: 7, amount: 1_000_000_000n }, [['deposit', 1_000_000_000n]]],
  ['Deposited', { seat: 8, amount: 5n }, []],
  ['Filled', { instrument: 1, taker: 7, maker: 9, buy: true, price: 2_600, lots: 10, taker_fee: 13_000n, maker_fee: 2_600n }, [['taker_fee', -13_000n]]],
  ['Filled', { instrument: 1, taker: 9, maker: 7, buy: true, price: 2_610, lots: 4, taker_fee: 5_000n, maker_fee: 1_000n }, [['maker_fee', -1_000n]]],
  ['Rebated', { seat: 7, instrument: 1, amount: 400n }, [['rebate', 400n]]],
  ['Filled', { instrument: 1, taker: 7, maker: 9, buy: false, price: 2_600, lots: 1, taker_fee: 0n, maker_fee: 0n }, []],
  ['Triggered', { seat: 7, slot: 0, keeper: 7, fee: 250_000n, left: 0 }, []],
  ['Triggered', { seat: 7, slot: 1, keeper: 9, fee: 250_000n, left: 0 }, [['trigger_fee_paid', -250_000n]]],
  ['Triggered', { seat: 9, slot: 0, keeper: 7, fee: 10_000n, left: 0 }, [['trigger_fee_earned', 10_000n]]],
  ['Transferred', { from: 7, to: 12, amount: 70n }, [['transfer_out', -70n]]],
  ['Transferred', { from: 12, to: 7, amount: 30n }, [['transfer_in', 30n]]],
  ['Settled', { seat: 7, instrument: 1, paid: -300n, unpaid: 0n }, [['variation', -30_000n]]],
  ['Settled', { seat: 7, instrument: 1, paid: 0n, unpaid: 12n }, []],
  ['Rewarded', { seat: 7, amount: 5_000n }, [['reward', 5_000n]]],
  ['MarginCall', { seat: 7, shortfall: 99n }, [['margin_call', 99n]]],
  ['LiquidationStarted', { seat: 7 }, [['started', null]]],
  ['Liquidated', { seat: 7, liquidator: 9, instrument: 1, buy: false, price: 2_500, lots: 2 }, [['taken_over', null]]],
  ['Liquidated', { seat: 9, liquidator: 7, instrument: 1, buy: false, price: 2_500, lots: 2 }, [['took_over', null]]],
  ['DeficitReported', { seat: 7, deficit: 8n }, [['deficit', 8n]]],
  ['Covered', { seat: 7, instrument: 1, amount: 5n }, [['covered', 5n]]],
  ['Bridged', { seat: 7, debt: 1, claim: 2, amount: 6n, bought: 3n }, [['bridged', 6n]]],
  ['Offset', { seat: 7, debt: 1, claim: 2, amount: 7n }, [['offset', 7n]]],
  ['WrittenOff', { seat: 7, instrument: 1, points: 4n }, [['written_off', null]]],
  ['Haircut', { seat: 7, instrument: 1, lost: 4n }, [['haircut', null]]],
  ['LiquidationEnded', { seat: 7 }, [['ended', null]]],
  ['Finalised', { instrument: 1, price: 2_550 }, []],
  ['SettlementFee', { seat: 7, instrument: 1, amount: 21n }, [['settlement_fee', -21n]]],
  ['Withdrawn', { seat: 7, amount: 100n }, [['withdrawal', -100n]]],
];
const happened = STORY.map(([name, args], log) => ({ block: 1, log, time: 0, tx: '0x', name, args }));
const worthOf = (instrument) => (instrument === 1 ? 100 : undefined);

test('every event that moves cash or belongs to a liquidation is a row, with the sign of the index, and no other is', () => {
  for (const [place, [name, , wanted]] of STORY.entries()) {
    assert.deepEqual(rowsOf(happened[place], 7, worthOf).map(({ kind, atoms }) => [kind, atoms]), wanted, name);
  }
  const rows = happened.flatMap((one) => rowsOf(one, 7, worthOf));
  const sum = rows.filter(({ cash }) => cash).reduce((total, { atoms }) => total + atoms, 0n);
  assert.equal(sum, 1_000_000_000n - 13_000n - 1_000n + 400n - 250_000n + 10_000n - 70n + 30n - 30_000n + 5_000n - 21n - 100n);
  assert.deepEqual(rowsOf(happened[11], 7, () => undefined).map(({ atoms, points }) => [atoms, points]), [[null, -300n]], 'points where a tick’s worth is unknown');
});

test('figures of a position are carried on from those of the index to the atom, and left out where a past is missing', () => {
  const until = (name) => happened.slice(0, happened.findIndex((one) => one.name === name));
  const whole = carried(new Map(), true, until('Liquidated'), 7, worthOf, new Set());
  // Ten bought at 2600, four of them and one more sold: five are left, at what they cost.
  assert.deepEqual(whole.get(1), { net: 5n, entry: 13_000n, paid: -30_000n, fees: 13_000n + 1_000n - 400n });
  assert.equal(averageEntry(whole.get(1)), 26_000_000n);
  // From the middle on, with what the index knew there.
  const known = carried(new Map(), true, happened.slice(0, 3), 7, worthOf, new Set());
  assert.deepEqual(carried(known, false, until('Liquidated').slice(3), 7, worthOf, new Set()), whole);
  assert.deepEqual(carried(new Map(), false, until('Liquidated').slice(3), 7, worthOf, new Set()), new Map(), 'it may have had a past');
  // A takeover has no fee; after the final price nothing is held, and the fee of the final settlement is in the fees.
  assert.deepEqual(carried(new Map(), true, happened, 7, worthOf, new Set()).get(1), { net: 0n, entry: 0n, paid: -30_000n, fees: 13_000n + 1_000n - 400n + 21n });
  assert.equal(averageEntry({ net: 0n, entry: 0n, paid: 0n, fees: 0n }), null);
  assert.equal(averageEntry({ net: -3n, entry: 8_000n, paid: 0n, fees: 0n }), 26_666_667n, 'half away from zero, as the index writes it');
});

test('an entry first in first out is that of the newest trades in the direction of the position', () => {
  // Of account 7, newest first: lots that it bought are above zero. As taker and as maker by turns, and one of another month.
  const trades = [[5, 2_700], [-12, 2_650], [4, 2_610], [10, 2_600]].map(([lots, price], place) => (
    { instrument: 1, price, lots: Math.abs(lots), buy: lots > 0 === (place % 2 === 0), taker: place % 2 === 0 ? 7 : 9 }));
  const all = [{ instrument: 2, price: 9, lots: 100, buy: true, taker: 7 }, ...trades];
  // Nineteen bought and twelve sold: of the seven that are left five are the newest, and two of the four before.
  assert.equal(fifoEntry(all, 7, 1, 7n), (2n * (5n * 2_700n + 2n * 2_610n) * 10_000n + 7n) / 14n);
  assert.equal(fifoEntry(all, 7, 1, 5n), 27_000_000n);
  assert.equal(fifoEntry(all, 7, 1, -12n), 26_500_000n);
  assert.equal(fifoEntry(all, 9, 1, 12n), 26_500_000n, 'the other side bought what it sold');
  assert.equal(fifoEntry(all, 7, 1, 0n), null, 'nothing is held');
  assert.equal(fifoEntry(all, 7, 1, 20n), null, 'the trades do not reach back far enough');
});

test('shares of a scenario add up to its loss: what wins offsets what loses', () => {
  const near = { instrument: 1, net: 100, mark: 2_600, tickValue: 100_000, shock: -1_500 };
  const far = { instrument: 2, net: -60, mark: 2_500, tickValue: 100_000, shock: -1_000 };
  // 100 lots of 260 dollars fall by 15 %, and 60 sold ones of 250 by 10 %.
  assert.deepEqual(sharesOf([near, far]), [
    { instrument: 1, shock: -1_500, atoms: -3_900_000_000n, bps: 16_250 }, { instrument: 2, shock: -1_000, atoms: 1_500_000_000n, bps: -6_250 },
  ]);
  assert.deepEqual(sharesOf([near]).map(({ bps }) => bps), [10_000]);
  assert.deepEqual(sharesOf([far]).map(({ bps }) => bps), [null], 'where nothing is lost, nothing has a part of it');
  assert.deepEqual(sharesOf([]), []);
});

test('a take profit and a stop are for the lots that an order opens, and never for those that it only closes', () => {
  // Net before, side and lots of the order; lots that can be closed again.
  for (const [net, buys, lots, wanted] of [
    [0, true, 5, 5], [0, false, 5, 5], [55, true, 5, 5], [-55, false, 5, 5], [55, false, 5, 0], [-55, true, 5, 0], [55, false, 55, 0], [55, false, 57, 2], [-3, true, 10, 7],
  ]) assert.equal(opened(net, buys, lots), wanted, `${net}, ${buys ? 'buys' : 'sells'} ${lots}`);
  const numbers = random(9);
  const below = (bound) => numbers.next().value % bound;
  for (let number = 0; number < 20_000; number += 1) {
    const [net, buys, lots] = [below(41) - 20, below(2) === 0, 1 + below(30)];
    const exits = opened(net, buys, lots);
    // What follows the order takes away what it has opened and nothing that was held before.
    const after = net + (buys ? lots : -lots);
    assert.ok(exits >= 0 && exits <= lots && exits <= closable(after, !buys), `${net}, ${buys}, ${lots}: ${exits}`);
    const left = after + (buys ? -exits : exits);
    const closed = Math.min(lots, closable(net, buys));
    assert.equal(left, net + (buys ? closed : -closed), `${net}, ${buys}, ${lots}: ${exits} leave ${left}`);
  }
  assert.deepEqual([closable(7, true), closable(7, false), closable(-7, true), closable(-7, false), closable(0, true)], [0, 7, 7, 0, 0]);
});

test('a picture of the book has 64 colours at most, and those that it has most of as they are', () => {
  const numbers = random(10);
  for (const many of [1, 63, 64, 65, 2_000]) {
    const counts = new Map();
    while (counts.size < many) counts.set(numbers.next().value >>> 8, 1 + (numbers.next().value % 1_000));
    const { chosen, place } = palette(counts);
    assert.ok(chosen.length <= 64 && place.size === many, `${many}: ${chosen.length} colours for ${place.size}`);
    const first = [...counts].sort(([a, one], [b, other]) => other - one || a - b).slice(0, many <= 64 ? many : 32);
    for (const [colour] of first) assert.equal(chosen[place.get(colour)], colour);
    for (const at of place.values()) assert.ok(chosen[at] >= 0 && chosen[at] <= 0xff_ffff, `${many}: ${at}`);
  }
});
