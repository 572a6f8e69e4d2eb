// The module answers as the native engine does: the vectors of crates/wasm/tests/vectors.rs, with cells handed over only
// when it asks for them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const wasm = readFileSync(process.env.SIT_WEB_ENGINE);
const hedge = readFileSync(process.env.SIT_WEB_HEDGE);
const vectors = JSON.parse(readFileSync(process.env.SIT_WEB_VECTORS, 'utf8'));

async function load(module = wasm) {
  const { instance } = await WebAssembly.instantiate(module, {});
  const { memory, room, run, length } = instance.exports;
  return (question) => {
    const bytes = new TextEncoder().encode(typeof question === 'string' ? question : JSON.stringify(question));
    const place = room(bytes.length); // memory may grow by it: its buffer is another one afterwards
    new Uint8Array(memory.buffer, place, bytes.length).set(bytes);
    const answer = run();
    return JSON.parse(new TextDecoder().decode(new Uint8Array(memory.buffer, answer, length())));
  };
}

test('the module previews 300 random states as the native engine does, to the atom', async () => {
  const ask = await load();
  assert.equal(vectors.length, 300);
  for (const [number, { question, cells, answer }] of vectors.entries()) {
    ask({ do: 'cells', keep: false, cells: [] });
    let said = ask(question);
    for (let round = 0; 'missing' in said; round += 1) {
      assert.ok(round < 64, 'it asks for ever');
      const read = said.missing.map((id) => {
        const bytes = cells[id.join('.')];
        assert.notEqual(bytes, undefined, `state ${number}: the native engine did not read ${id}`);
        return [...id, bytes];
      });
      ask({ do: 'cells', keep: true, cells: read });
      said = ask(question);
    }
    assert.deepEqual(said, answer, `state ${number}: ${JSON.stringify(question)}`);
  }
});

test('what is no question is said to be none, and the module goes on', async () => {
  const ask = await load();
  for (const question of ['', '[', '{}', '{"do": 1}', '{"do":"preview"}', 'x'.repeat(100_000)]) assert.ok('malformed' in ask(question), question);
  assert.deepEqual(ask({ do: 'account', seat: 3, now: 1 }), { missing: [[65, 3, 0]] });
});

test('neither module asks anything of its host but memory', async () => {
  for (const bytes of [wasm, hedge]) assert.deepEqual(WebAssembly.Module.imports(await WebAssembly.compile(bytes)), []);
});

test('the module with the simulator says what a hedge costs, the engine alone does not, and both say the same plan', async () => {
  const question = {
    usage: 'date,model,input_tokens,output_tokens\n2026-08-03,m,800000000,200000000\n2026-09-03,m,800000000,200000000\n2026-10-31,m,800000000,200000000\n',
    models: ['model,input,output\nm,1,4\n'], today: '2026-11-28', months: 3, ratio_bps: 10_000, lot: 100_000_000, round: 'down', growth_bps: 0,
  };
  const [engine, simulator] = [await load(), await load(hedge)];
  assert.deepEqual(engine({ do: 'hedge', ...question }), simulator({ do: 'hedge', ...question }));
  const band = { do: 'band', ...question, sells: false, confidence_bps: 9_900, seed: 1 };
  assert.ok('malformed' in engine(band));
  const { ok } = simulator(band);
  const width = ({ p5, p95 }) => Number(p95) - Number(p5);
  assert.ok(width(ok.with) < width(ok.without) / 2, JSON.stringify(ok));
  assert.deepEqual(ok.by_month.map(({ month }) => month), ['2026-12', '2027-01', '2027-02']);
  assert.deepEqual(ok.by_month[2].with, ok.with);
  assert.deepEqual(simulator(band), { ok }, 'the same seed gives the same figures');
});
