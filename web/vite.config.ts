import { defineConfig } from 'vite';

// One page, no foreign hosts, nothing inline: the policy of index.html allows neither.
export default defineConfig({
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false },
  server: { host: '127.0.0.1' },
});
