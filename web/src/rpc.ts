// Ethereum's JSON-RPC over HTTP, in batches, and new heads over a WebSocket or by asking.

import { signal } from '@preact/signals';

export type Hex = `0x${string}`;

/** What a node answered when it refused. */
export class RpcError extends Error {
  readonly code: number;
  readonly data: unknown;
  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** No answer came. */
export class Unreachable extends Error {}

export interface Call { method: string; params: unknown[] }

/** Largest batch: nodes refuse more. */
const BATCH = 100;
const TIMEOUT = 10_000;
/** Seconds for which a node that asks for patience is waited for at once. */
const PATIENCE = 10;

/** Requests sent since the page was opened, by method: the page hides no polling. */
export const requests = signal<Record<string, number>>({});

export class Rpc {
  readonly url: string;
  private next = 1;
  constructor(url: string) {
    this.url = url;
  }

  /** Sends calls in one batch; an answer or an error for each, in their order. */
  async batch(calls: Call[]): Promise<(unknown | RpcError)[]> {
    const answers: (unknown | RpcError)[] = [];
    for (let start = 0; start < calls.length; start += BATCH) {
      answers.push(...(await this.post(calls.slice(start, start + BATCH))));
    }
    return answers;
  }

  /** One call; throws what the node refuses with. */
  async call<T>(method: string, params: unknown[] = []): Promise<T> {
    const [answer] = await this.batch([{ method, params }]);
    if (answer instanceof RpcError) throw answer;
    return answer as T;
  }

  private async post(calls: Call[]): Promise<(unknown | RpcError)[]> {
    const body = calls.map((call) => ({ jsonrpc: '2.0', id: this.next++, ...call }));
    const counted = { ...requests.peek() };
    for (const { method } of calls) counted[method] = (counted[method] ?? 0) + 1;
    requests.value = counted;
    let response: Response;
    for (let wait = 500; ; wait *= 2) {
      try {
        response = await fetch(this.url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
          signal: AbortSignal.timeout(TIMEOUT),
        });
      } catch {
        throw new Unreachable(`The node at ${this.url} does not answer.`);
      }
      if (response.status !== 429 || wait > 8_000) break;
      const asked = Number(response.headers.get('retry-after'));
      await new Promise((resolve) => setTimeout(resolve, asked > 0 ? Math.min(asked, PATIENCE) * 1000 : wait));
    }
    if (!response.ok) throw new Unreachable(`The node at ${this.url} answers ${response.status}.`);
    let parsed: unknown;
    try {
      parsed = await response.json();
    } catch {
      throw new Unreachable(`What answers at ${this.url} is no Ethereum node.`);
    }
    const found = new Map<number, unknown>();
    for (const one of Array.isArray(parsed) ? parsed : [parsed]) {
      const { id, result, error } = one as { id: number; result?: unknown; error?: { code: number; message: string; data?: unknown } };
      found.set(id, error ? new RpcError(error.code, error.message, error.data) : result);
    }
    return body.map(({ id }) => (found.has(id) ? found.get(id) : new RpcError(-32603, 'The node left a call unanswered.')));
  }
}

export interface Head { number: number; hash: Hex; parent: Hex; time: number; bloom: Hex; price: bigint }

interface RawHead { number: Hex; hash: Hex; parentHash: Hex; timestamp: Hex; logsBloom?: Hex; baseFeePerGas?: Hex }

export function headOf(raw: RawHead): Head {
  return {
    number: Number(raw.number), hash: raw.hash, parent: raw.parentHash, time: Number(raw.timestamp),
    bloom: raw.logsBloom ?? '0x', price: BigInt(raw.baseFeePerGas ?? '0x0'),
  };
}

/** How heads come: `socket` when the node tells, `asking` when it has to be asked. */
export type Feed = 'socket' | 'asking' | 'none';

/**
 * Follows the newest block until it is stopped. A socket that closes is opened again, and the node asked meanwhile;
 * a hidden tab hears and asks nothing, and asks at once when it is shown.
 */
export class Heads {
  private socket: WebSocket | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;
  private heard = 0;
  private readonly rpc: Rpc;
  private readonly onHead: (head: Head) => void;
  private readonly onFeed: (feed: Feed, why?: string) => void;

  constructor(rpc: Rpc, onHead: (head: Head) => void, onFeed: (feed: Feed, why?: string) => void) {
    this.rpc = rpc;
    this.onHead = onHead;
    this.onFeed = onFeed;
    document.addEventListener('visibilitychange', this.shown);
    this.open();
    void this.ask();
  }

  stop(): void {
    this.stopped = true;
    document.removeEventListener('visibilitychange', this.shown);
    this.close();
    clearTimeout(this.timer);
  }

  private readonly shown = (): void => {
    if (document.hidden) {
      this.close();
      clearTimeout(this.timer);
    } else {
      this.open();
      void this.ask();
    }
  };

  private close(): void {
    const socket = this.socket;
    this.socket = undefined;
    socket?.close();
  }

  private open(): void {
    if (this.socket || this.stopped) return;
    try {
      const socket = new WebSocket(this.rpc.url.replace(/^http/, 'ws'));
      this.socket = socket;
      socket.onopen = () => socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['newHeads'] }));
      socket.onmessage = (message) => {
        const told = JSON.parse(String(message.data)) as { method?: string; params?: { result: RawHead }; result?: string };
        if (told.result) this.onFeed('socket');
        if (told.method !== 'eth_subscription' || !told.params) return;
        this.heard = Date.now();
        this.onFeed('socket');
        this.onHead(headOf(told.params.result));
      };
      socket.onclose = () => {
        if (this.socket !== socket) return;
        this.socket = undefined;
        // Whether the node still answers is what asking it shows.
        this.schedule(500);
      };
    } catch {
      this.socket = undefined;
    }
  }

  private schedule(wait: number): void {
    clearTimeout(this.timer);
    if (!this.stopped && !document.hidden) this.timer = setTimeout(() => void this.ask(), wait);
  }

  private async ask(): Promise<void> {
    const live = this.socket?.readyState === WebSocket.OPEN;
    // A socket that is open and silent is asked after, too: it may hang.
    if (!live || Date.now() - this.heard > 14_000) {
      try {
        this.onHead(headOf(await this.rpc.call<RawHead>('eth_getBlockByNumber', ['latest', false])));
        if (!live) this.onFeed('asking');
      } catch (error) {
        this.onFeed('none', (error as Error).message);
      }
    }
    this.open();
    this.schedule(live ? 15_000 : 2_000);
  }
}
