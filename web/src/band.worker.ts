// The engine with the simulator, in a thread of its own: what a hedge costs takes seconds, for which nothing else waits.

import { Engine, type Question } from './engine';
import hedgeUrl from './hedge.wasm?url';

const engine = Engine.load(fetch(hedgeUrl));

self.addEventListener('message', ({ data }: MessageEvent<Question>) => {
  void engine.then((loaded) => {
    const said = loaded.ask(data);
    return 'ok' in said ? said.ok : { error: 'Band', sentence: 'The simulation asked for cells.' };
  }).catch((error: unknown) => ({ error: 'Band', sentence: (error as Error).message })).then((answer) => self.postMessage(answer));
});
