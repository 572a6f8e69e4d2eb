// Writes down what is asked of a chain, what came back, and which of its fields were read.

/** Packages that copy, compare or store what came back: what they touch is read by nobody yet. */
const CARRIERS = /node_modules\/(immer|lodash|klona|fast-json-patch|fast-deep-equal|@metamask\/(json-rpc-engine|superstruct|utils|base-controller|eth-json-rpc-middleware)\/)/;

/** Where the caller of a trap stands: the first line of the stack outside of this file. */
const place = () => new Error().stack.split('\n').slice(1).find((line) => !line.includes('tape.mjs')) ?? '';

/** `value`, which tells `heard(path)` of each of its fields that somebody reads: of all, who keeps a copy of its own. */
function read(value, heard, path = '') {
  if (typeof value !== 'object' || value === null) return value;
  return new Proxy(value, {
    get(target, key) {
      const found = Reflect.get(target, key);
      if (typeof key !== 'string' || !Object.hasOwn(target, key)) return found;
      const held = Object.getOwnPropertyDescriptor(target, key);
      const at = place();
      const here = Array.isArray(target) ? `${path}[]` : `${path}${path && '.'}${key}`;
      if (key !== 'length' && !CARRIERS.test(at)) heard(here);
      // What is frozen may not be shown as another object.
      return held.configurable || held.writable ? read(found, heard, here) : found;
    },
  });
}

/** A quantity, a hash and so on: what a wallet has to be able to read. */
export function kind(value) {
  if (value === null || typeof value !== 'string') return value === null ? 'null' : typeof value;
  if (/^0x[0-9a-f]{64}$/i.test(value)) return 'hash';
  if (/^0x[0-9a-f]{40}$/i.test(value)) return 'address';
  // No amount here has more than 128 bits; a bloom that begins with a bit is none.
  if (/^0x(0|[1-9a-f][0-9a-f]{0,31})$/.test(value)) return 'quantity';
  return 'data';
}

export class Tape {
  /** Each call of the step: `{ method, params, answer, reads, heads }`, as it was. */
  calls = [];
  lastNew = Date.now();
  /** The block that the wallet has heard of last, the other one before, and the highest of all. */
  heads = [];
  #seen = new Set();

  constructor(url) {
    this.url = url;
  }

  begin() {
    this.calls = [];
    this.#seen = new Set();
    this.lastNew = Date.now();
  }

  #note(call) {
    const known = JSON.stringify([call.method, call.params, typeof (call.answer.result ?? null) === 'object' && call.answer.result ? 'object' : call.answer.result, call.answer.error?.message]);
    if (!this.#seen.has(known)) this.lastNew = Date.now();
    this.#seen.add(known);
    this.calls.push(call);
  }

  /** `fetch` for the controllers. */
  fetch = async (address, options) => {
    const url = String(address);
    if (!/^http:\/\/(127\.0\.0\.1|localhost):/.test(url)) throw new TypeError('Failed to fetch');
    const { heads } = this;
    const { method, params } = JSON.parse(options.body);
    const response = await fetch(url, options);
    if (!url.startsWith(this.url)) return response;
    const answer = await response.json();
    const call = { method, params, answer: structuredClone(answer), reads: new Set(), heads };
    if (method === 'eth_blockNumber' && answer.result !== this.heads[0]) {
      const [last, , highest] = this.heads;
      this.heads = [answer.result, last, Number(highest ?? 0) > Number(answer.result) ? highest : answer.result];
    }
    this.#note(call);
    if (typeof answer.result === 'object') answer.result = read(answer.result, (path) => call.reads.add(path));
    return { ok: response.ok, status: response.status, json: async () => answer };
  };
}
