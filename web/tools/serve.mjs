// Serves a built page on this machine alone: node tools/serve.mjs FOLDER PORT [NODE]. Port 0 takes a free one.
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.wasm': 'application/wasm' };

/** The policy that stands in a page, and that no other page may show it inside, which a page cannot say of itself. */
function policyOf(page) {
  const own = /Content-Security-Policy" content="([^"]+)"/.exec(readFileSync(page, 'utf8'))?.[1] ?? "default-src 'self'";
  return `${own}; frame-ancestors 'none'`;
}

/** A server for the folder; it answers GET and HEAD for files that are in it, and nothing else. */
export function serverFor(folder) {
  const root = resolve(folder) + sep;
  return createServer((request, response) => {
    const refuse = (status) => response.writeHead(status, { 'content-type': 'text/plain' }).end(`${status}\n`);
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405);
    let path;
    try {
      path = normalize(decodeURIComponent(new URL(request.url, 'http://page').pathname));
    } catch {
      return refuse(400);
    }
    const file = join(root, path === '/' || path === sep ? 'index.html' : path);
    if (!file.startsWith(root) || !existsSync(file) || !statSync(file).isFile()) return refuse(404);
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      // Names under assets change with what is in them.
      'cache-control': path.includes('assets') ? 'public, max-age=31536000, immutable' : 'no-cache',
      'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer',
      ...(extname(file) === '.html' ? { 'content-security-policy': policyOf(file) } : {}),
    });
    return request.method === 'HEAD' ? response.end() : createReadStream(file).pipe(response);
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [folder, port, node] = process.argv.slice(2);
  const server = serverFor(folder);
  server.on('error', (error) => {
    console.error(`The page cannot be served on port ${port}: ${error.code === 'EADDRINUSE' ? 'something else listens there (--page-port N takes another)' : error.message}`);
    process.exit(1);
  });
  server.listen(Number(port), '127.0.0.1', () => {
    const query = node && node !== 'http://127.0.0.1:8545' ? `/?rpc=${encodeURIComponent(node)}` : '';
    console.log(`Trade at http://127.0.0.1:${server.address().port}${query}`);
  });
}
