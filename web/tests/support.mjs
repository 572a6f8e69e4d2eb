// What the browser's tests share: a chain of their own, the built page on a free port, and Chromium.
import { spawn } from 'node:child_process';
import { createReadStream, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.wasm': 'application/wasm' };

/** The development chain on a free port, ended by `stop`. */
export async function startChain(args = []) {
  const program = process.env.SIT_DEVNET;
  if (!program) throw new Error('SIT_DEVNET names the development chain’s program');
  const child = spawn(program, ['--port', '0', '--quiet', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      const match = /^sit-devnet: (\S+)/.exec(line);
      if (match) resolve(match[1]);
    });
    child.on('exit', (code) => reject(new Error(`the chain ended with ${code}`)));
  });
  const rpc = async (method, params = []) => {
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) });
    const { result, error } = await response.json();
    if (error) throw Object.assign(new Error(`${method}: ${error.message}`), error);
    return result;
  };
  if (!args.includes('--bare')) {
    // It answers while the exchange is being opened on it.
    for (let tries = 0; !(await rpc('sit_deployments')).incentives; tries += 1) {
      if (tries > 600) throw new Error('the exchange was not opened within a minute');
      await sleep(100);
    }
  }
  return { url, rpc, stop: () => new Promise((resolve) => { child.on('exit', resolve); child.kill('SIGTERM'); setTimeout(() => child.kill('SIGKILL'), 3000).unref(); }) };
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The folder of a built page on a free port of this machine. */
export async function serve(folder) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname));
    const file = join(folder, path === '/' ? 'index.html' : path);
    if (!file.startsWith(folder) || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }) };
}

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
export const hasChromium = CHROMIUM !== undefined;

export async function startBrowser() {
  const profile = mkdtempSync(join(tmpdir(), 'sit-web-'));
  const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const context = await chromium.launchPersistentContext(profile, { executablePath: CHROMIUM, headless: true, args: flags, viewport: { width: 1440, height: 900 } });
  return { context, stop: async () => { await context.close(); rmSync(profile, { recursive: true, force: true }); } };
}

/** A page of the exchange; faults of its script and what its policy blocks are kept in `faults`. */
export async function openPage(context, { base, rpc, query = '', size = [1440, 900] }) {
  const page = await context.newPage();
  const faults = [];
  const hosts = new Set();
  page.on('pageerror', (error) => faults.push(`${error.message} ${error.stack ?? ''}`));
  page.on('console', (message) => message.type() === 'error' && !/Failed to load resource|WebSocket connection/.test(message.text()) && faults.push(message.text()));
  page.on('request', (request) => hosts.add(new URL(request.url()).host));
  await page.setViewportSize({ width: size[0], height: size[1] });
  await page.goto(`${base}/?rpc=${encodeURIComponent(rpc)}${query}`);
  return { page, faults, hosts };
}
