// Promises that never settle. An engine that finds nothing to do while one is awaited ends without a word.

import { Defect } from "./failure.js";

/** How often the engine may have nothing but what it reads from memory left to do. */
const TURNS = 100;

/** The promise, or a failure when nothing is left that could settle it. */
export function settling(promise) {
  let pending = true;
  const done = () => {
    pending = false;
  };
  promise.then(done, done);
  const watched = (async () => {
    // Most are settled by then, and cost no more.
    for (let turn = 0; turn < 4; turn++) await undefined;
    for (let turn = 0; turn < TURNS && pending; turn++) await idle();
    if (!pending) return promise;
    throw new Defect(
      "the promise that it returned never settles: a plugin has no timers and waits for no input, so nothing is left that could settle it; call its " +
        "`resolve` before the function ends, and use `http`, `files` and `process` of `@driftless/plugin-sdk`, which return what they found without a promise",
    );
  })();
  return Promise.race([promise, watched]);
}

/** Is over when everything that was under way is. The engine reads a blob when it has no other job. */
async function idle() {
  await new Blob(["x"]).stream().getReader().read();
}
