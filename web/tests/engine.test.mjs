// The module answers as the native engine does: the vectors of crates/wasm/tests/vectors.rs, with cells handed over only
// when it asks for them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const wasm = readFileSync(process.env.SIT_WEB_ENGINE);
const vectors = JSON.parse(readFileSync(process.env.SIT_WEB_VECTORS, 'utf8'));

async function load() {
  const { instance } = await WebAssembly.instantiate(wasm, {});
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

test('it asks nothing of its host but memory', async () => {
  const module = await WebAssembly.compile(wasm);
  assert.deepEqual(WebAssembly.Module.imports(module), []);
});
