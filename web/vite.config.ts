import { readFileSync } from 'node:fs';
import { defineConfig } from 'vite';

// The node of a page that is published for others (SIT_WEB_RPC=https://…), the only host beside its own that it may ask.
const rpc = process.env.SIT_WEB_RPC ?? '';
const hosts = rpc ? [new URL(rpc).origin, new URL(rpc).origin.replace(/^http/, 'ws')] : ['http://127.0.0.1:*', 'ws://127.0.0.1:*'];

// The record of one exchange (SIT_WEB_DEPLOYMENT=FILE): with it nobody has to be asked where that is.
const record = process.env.SIT_WEB_DEPLOYMENT ? JSON.parse(readFileSync(process.env.SIT_WEB_DEPLOYMENT, 'utf8')) : null;
if (record && record.schema !== 1) throw new Error(`${process.env.SIT_WEB_DEPLOYMENT} is no record of a deployment of schema 1`);

// One page, no foreign hosts, nothing inline: the policy of index.html allows neither.
export default defineConfig({
  base: './',
  define: { __RPC__: JSON.stringify(rpc || 'http://127.0.0.1:8545'), __RECORD__: JSON.stringify(record) },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [{ name: 'policy', transformIndexHtml: (html) => html.replace('%CONNECT%', ["'self'", ...hosts].join(' ')) }],
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false },
  server: { host: '127.0.0.1' },
});
