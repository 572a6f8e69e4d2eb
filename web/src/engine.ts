// The exchange's engine in this page (crates/wasm): it answers from cells, or says which are missing.

import type { Hex } from './rpc';

/** Kind and two identifiers, as the contract's `cell` view takes them. */
export type CellId = [number, number, number];

export const idKey = ([kind, a, b]: CellId): string => `${kind}.${a}.${b}`;

export type Question = { do: string } & Record<string, unknown>;

export type Said<T> = { ok: T } | { missing: CellId[] };

interface Exports {
  memory: WebAssembly.Memory;
  room(bytes: number): number;
  run(): number;
  length(): number;
}

export class Engine {
  private readonly exports: Exports;
  private readonly encoder = new TextEncoder();
  private readonly decoder = new TextDecoder();

  private constructor(exports: Exports) {
    this.exports = exports;
  }

  static async load(source: Response | Promise<Response> | BufferSource): Promise<Engine> {
    const bytes = source instanceof Response || source instanceof Promise ? await (await source).arrayBuffer() : source;
    const { instance } = await WebAssembly.instantiate(bytes, {});
    return new Engine(instance.exports as unknown as Exports);
  }

  /** Asks once. Throws for a question that is none, which is a fault of the page. */
  ask<T>(question: Question): Said<T> {
    const bytes = this.encoder.encode(JSON.stringify(question));
    // `room` may make memory grow, and a view of the old one is empty then: take the view afterwards.
    const place = this.exports.room(bytes.length);
    new Uint8Array(this.exports.memory.buffer, place, bytes.length).set(bytes);
    const answer = this.exports.run();
    const text = this.decoder.decode(new Uint8Array(this.exports.memory.buffer, answer, this.exports.length()));
    const said = JSON.parse(text) as Said<T> | { malformed: string };
    if ('malformed' in said) throw new Error(`The engine does not understand the page: ${said.malformed}`);
    return said;
  }

  /** Hands cells over: in place of all there were, or beside them. */
  give(cells: [CellId, Hex][], keep: boolean): void {
    this.ask({ do: 'cells', keep, cells: cells.map(([id, bytes]) => [...id, bytes]) });
  }

  /** What an error of a contract means and what to do about it. */
  explain(contract: string, error: string): string | undefined {
    const said = this.ask<{ sentence: string | null }>({ do: 'explain', contract, error });
    return 'ok' in said ? said.ok.sentence ?? undefined : undefined;
  }
}
