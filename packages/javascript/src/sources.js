// Log sources: the author's iterable, handed over in batches.

import { Defect } from "./failure.js";
import { kindOf, write } from "./json.js";

/** How much of JSON one call returns, about: enough to make the call's own cost small, little enough to stay far below every limit. */
const BATCH = 128 << 10;

/** Sources between two calls, by name and configuration: what the next call brings. */
const running = new Map();

/**
 * The next batch of a source, which `start` starts where it is not running yet.
 *
 * Where the source fails, the records before the failure are handed over as a batch that promises more, and the next call brings the
 * failure. After its end, and after a failure, a source starts anew.
 */
export function batch(name, config, start) {
  const key = JSON.stringify([name, config]);
  const resumed = running.get(key);
  running.delete(key);
  if (resumed && "thrown" in resumed) throw resumed.thrown;
  const iterator = resumed?.iterator ?? iterate(start());
  const { records, next } = fill(iterator);
  if (next) running.set(key, next);
  return `{"records":[${records.join(",")}],"more":${next !== undefined}}`;
}

function fill(iterator) {
  const records = [];
  let size = 0;
  try {
    while (size < BATCH) {
      const { done, value } = iterator.next();
      if (done) return { records };
      const record = write(value);
      records.push(record);
      size += record.length + 1;
    }
  } catch (thrown) {
    if (records.length === 0) throw thrown;
    return { records, next: { thrown } };
  }
  return { records, next: { iterator } };
}

function iterate(records) {
  const iterator = typeof records === "string" ? undefined : records?.[Symbol.iterator]?.();
  if (!iterator) {
    const what = typeof records?.then === "function" || records?.[Symbol.asyncIterator] ? "asynchronous" : kindOf(records);
    throw new Defect(`what it returned is no list of records, and no generator of them: it is ${what}; write \`*run(config) { yield "a line"; }\``);
  }
  return iterator;
}
