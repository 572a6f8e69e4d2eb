// Money and prices as text and back: exactly, or not at all.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { transformWithOxc } from 'vite';

async function load(name) {
  const path = new URL(`../src/${name}.ts`, import.meta.url);
  const { code } = await transformWithOxc(readFileSync(path, 'utf8'), `${name}.ts`);
  return import(`data:text/javascript,${encodeURIComponent(code)}`);
}
const amounts = await load('amounts');
const clock = await load('clock');
const { candlesOf } = await load('candles');
const { split } = await load('cost');
const { covered } = await load('cover');

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
  assert.deepEqual(split(5n, '1'), { fee: 0n, deposit: 100_000_000n }, 'no fee is below zero');
});

test('a fund covers jumps up to the first one at which the two largest owe more than it has', () => {
  const jumps = (owed) => owed.map(([shift_bps, two]) => ({ shift_bps, accounts: 2, owed_atoms: String(two), two_atoms: String(two) }));
  const told = jumps([[-3000, 90], [-2000, 101], [-1000, 40], [1000, 100], [2000, 100], [3000, 5000]]);
  assert.deepEqual(covered(told, 100n), { down: -1000, up: 2000 }, 'one that is covered beyond one that is not does not count');
  assert.deepEqual(covered(jumps([[-1000, 1], [1000, 1]]), 0n), { down: 0, up: 0 });
  assert.deepEqual(covered(jumps([[-1000, 0], [1000, 0]]), 0n), { down: -1000, up: 1000 }, 'where nobody owes, nothing has to be covered');
});
