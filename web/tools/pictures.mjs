// Makes the book's pictures of what the stories have kept: node tools/pictures.mjs FOLDER-OF-THE-STORIES FOLDER-OF-THE-BOOK.
// Every picture that a page of the book shows from its folder `page` is written anew, with 64 colours: those that a picture
// has most of as they are, the others by median cut. What no story has kept is named, and is an error.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
const COLOURS = 64;
/** Of the colours, those that stay exactly as they are: backgrounds, lines, letters. */
const EXACT = 32;

/** Pixels of a PNG of eight bits a channel, as numbers of 24 bits; what is transparent is shown on white. */
export function decoded(file) {
  if (!file.subarray(0, 8).equals(SIGNATURE)) throw new Error('this is no PNG');
  const parts = [];
  let head;
  for (let at = 8; at < file.length; ) {
    const [length, kind] = [file.readUInt32BE(at), file.toString('latin1', at + 4, at + 8)];
    const data = file.subarray(at + 8, at + 8 + length);
    if (kind === 'IHDR') head = { width: data.readUInt32BE(0), height: data.readUInt32BE(4), bits: data[8], colour: data[9], interlaced: data[12] };
    if (kind === 'IDAT') parts.push(data);
    at += length + 12;
  }
  const channels = { 2: 3, 6: 4 }[head.colour];
  if (!channels || head.bits !== 8 || head.interlaced) throw new Error(`a PNG of colour type ${head.colour} with ${head.bits} bits is not read here`);
  const [row, bytes] = [head.width * channels, inflateSync(Buffer.concat(parts))];
  const plain = Buffer.alloc(row * head.height);
  for (let y = 0; y < head.height; y += 1) {
    const filter = bytes[y * (row + 1)];
    for (let x = 0; x < row; x += 1) {
      const left = x >= channels ? plain[y * row + x - channels] : 0;
      const up = y > 0 ? plain[(y - 1) * row + x] : 0;
      const corner = x >= channels && y > 0 ? plain[(y - 1) * row + x - channels] : 0;
      const nearest = () => {
        const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
        return a <= b && a <= c ? left : b <= c ? up : corner;
      };
      const guess = filter === 0 ? 0 : filter === 1 ? left : filter === 2 ? up : filter === 3 ? (left + up) >> 1 : nearest();
      plain[y * row + x] = bytes[y * (row + 1) + 1 + x] + guess;
    }
  }
  const pixels = new Uint32Array(head.width * head.height);
  for (let place = 0; place < pixels.length; place += 1) {
    const at = place * channels;
    const cover = channels === 4 ? plain[at + 3] : 255;
    const shown = (channel) => Math.round((plain[at + channel] * cover + 255 * (255 - cover)) / 255);
    pixels[place] = (shown(0) << 16) | (shown(1) << 8) | shown(2);
  }
  return { width: head.width, height: head.height, pixels };
}

const channel = (colour, which) => (colour >> (16 - 8 * which)) & 255;

/** A palette for colours that come so often, and which of its places each takes. */
export function palette(counts) {
  const ordered = [...counts].sort(([a, many], [b, more]) => more - many || a - b);
  const kept = ordered.slice(0, ordered.length <= COLOURS ? COLOURS : EXACT);
  const chosen = kept.map(([colour]) => colour);
  const place = new Map(chosen.map((colour, index) => [colour, index]));
  let boxes = ordered.length > kept.length ? [ordered.slice(kept.length)] : [];
  const widest = (box) => [0, 1, 2].map((which) => {
    const values = box.map(([colour]) => channel(colour, which));
    return [values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b)), which];
  }).reduce((a, b) => (b[0] > a[0] ? b : a));
  while (boxes.length > 0 && boxes.length < COLOURS - EXACT) {
    const weight = (box) => (box.length < 2 ? -1 : widest(box)[0] * box.reduce((sum, [, many]) => sum + many, 0));
    const largest = boxes.reduce((a, b) => (weight(b) > weight(a) ? b : a));
    if (weight(largest) <= 0) break;
    const [, which] = widest(largest);
    const sorted = [...largest].sort(([a], [b]) => channel(a, which) - channel(b, which));
    const half = sorted.reduce((sum, [, many]) => sum + many, 0) / 2;
    let [cut, seen] = [0, 0];
    while (cut < sorted.length - 1 && seen < half) { seen += sorted[cut][1]; cut += 1; }
    boxes = [...boxes.filter((box) => box !== largest), sorted.slice(0, cut), sorted.slice(cut)];
  }
  for (const box of boxes) {
    const all = box.reduce((sum, [, many]) => sum + many, 0);
    const mean = (which) => Math.round(box.reduce((sum, [colour, many]) => sum + channel(colour, which) * many, 0) / all);
    for (const [colour] of box) place.set(colour, chosen.length);
    chosen.push((mean(0) << 16) | (mean(1) << 8) | mean(2));
  }
  return { chosen, place };
}

/** The checksum of a part of a PNG. */
function crc(bytes) {
  let sum = 0xffff_ffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb8_8320 : 0);
  }
  return (sum ^ 0xffff_ffff) >>> 0;
}

/** A PNG of a palette. */
export function encoded({ width, height, pixels }) {
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const { chosen, place } = palette(counts);
  const part = (kind, data) => {
    const body = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) rows[y * (width + 1) + 1 + x] = place.get(pixels[y * width + x]);
  const colours = Buffer.from(chosen.flatMap((colour) => [0, 1, 2].map((which) => channel(colour, which))));
  return Buffer.concat([SIGNATURE, part('IHDR', head), part('PLTE', colours), part('IDAT', deflateSync(rows, { level: 9 })), part('IEND', Buffer.alloc(0))]);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [kept, book] = process.argv.slice(2);
  const pages = readdirSync(book).filter((name) => name.endsWith('.md')).map((name) => readFileSync(join(book, name), 'utf8'));
  const named = [...new Set(pages.flatMap((text) => [...text.matchAll(/\]\(page\/([a-z0-9-]+)\.png\)/g)].map((found) => found[1])))].sort();
  const missing = named.filter((name) => !existsSync(join(kept, `${name}.png`)));
  for (const name of named.filter((one) => !missing.includes(one))) {
    const picture = encoded(decoded(readFileSync(join(kept, `${name}.png`))));
    writeFileSync(join(book, 'page', `${name}.png`), picture);
    console.log(`docs/book/src/page/${name}.png: ${picture.length} bytes`);
  }
  if (missing.length > 0) {
    console.error(`No story has kept a picture named ${missing.join(', ')}, which pages of the book show.`);
    process.exit(1);
  }
}
