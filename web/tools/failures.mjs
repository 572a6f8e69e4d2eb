// A reporter of node's tests that says at the end, in few lines, what has failed and why: a log is read from its end.
import { basename } from 'node:path';

/** The sentences of a failure: its message, and of a cause the cause's. */
function why(error) {
  const cause = error?.cause?.message ?? error?.message ?? String(error);
  return cause.split('\n').slice(0, 14).map((line) => `    ${line}`).join('\n');
}

export default async function* failures(source) {
  const failed = [];
  const names = [];
  let [passed, skipped] = [0, 0];
  for await (const { type, data } of source) {
    if (type === 'test:start') names[data.nesting] = data.name;
    if (type === 'test:pass' && data.skip === undefined && data.details?.type !== 'suite') passed += 1;
    if (type === 'test:pass' && data.skip !== undefined) skipped += 1;
    // A suite fails because a test of it does, which is told by itself.
    if (type !== 'test:fail' || data.details?.error?.failureType === 'subtestsFailed') continue;
    const name = [...names.slice(0, data.nesting), data.name].join(' › ');
    failed.push(`FAILED ${basename(data.file ?? '')}: ${name}\n${why(data.details?.error)}`);
  }
  if (failed.length) yield `\n${failed.join('\n')}\n${failed.length} failed, ${passed} passed, ${skipped} not tried after them.\n`;
}
