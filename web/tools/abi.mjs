// Writes src/abi.ts from the contracts' ABIs as they were built, or with --check says whether it is what it would write:
//   node tools/abi.mjs FOLDER-OF-THE-BUILT-CONTRACTS OUTPUT [--check]
import { readFileSync, writeFileSync } from 'node:fs';

const [folder, output, check] = process.argv.slice(2);
const HOUSES = ['clearing', 'vault', 'oracle', 'governance', 'incentives'];
const OFFICES = { clearing: 'clearing-office', oracle: 'oracle-office' };

const read = (name) => JSON.parse(readFileSync(`${folder}/${name}/${name}.abi`, 'utf8'));
const types = (inputs) => inputs.map((input) => input.type === 'tuple' ? `(${types(input.components)})` : input.type).join(',');
const key = (item) => `${item.type} ${item.name ?? ''}(${types(item.inputs ?? [])})`;
const strip = (item) => JSON.parse(JSON.stringify(item, (name, value) => (name === 'internalType' || name === 'anonymous' ? undefined : value)));

let text = '// Written by tools/abi.mjs from the built contracts: do not edit.\n';
for (const house of HOUSES) {
  const items = new Map();
  // What an office answers is sent to its house, which has its messages, and emits its events.
  for (const name of [house, OFFICES[house]].filter(Boolean)) {
    for (const item of read(name)) {
      if (item.type === 'constructor') continue;
      if (name !== house && item.type === 'function') continue;
      items.set(key(item), strip(item));
    }
  }
  const sorted = [...items.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => `  ${JSON.stringify(item)},`);
  text += `\nexport const ${house} = [\n${sorted.join('\n')}\n] as const;\n`;
}

if (check) {
  const held = readFileSync(output, 'utf8');
  if (held !== text) {
    const [mine, theirs] = [new Set(held.split('\n')), new Set(text.split('\n'))];
    for (const line of mine) if (!theirs.has(line)) console.error(`only in ${output}: ${line.slice(0, 160)}`);
    for (const line of theirs) if (!mine.has(line)) console.error(`only in the contracts: ${line.slice(0, 160)}`);
    console.error('src/abi.ts is not what the contracts were built to: run scripts/web --abi');
    process.exit(1);
  }
  console.log('src/abi.ts: ok');
} else {
  writeFileSync(output, text);
}
