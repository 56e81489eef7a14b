// What a component's JavaScript lacks, made of what its host offers: a console, the time, randomness. The build imports this before the
// plugin. It is for its side effects alone.

import { getRandom, getTimestamp } from "#host";

import * as log from "./log.js";
import { isRunning } from "./running.js";

// While the component is built, its top level runs where there is no host yet.
const during = (instead, otherwise) =>
  (...values) =>
    isRunning() ? instead(...values) : otherwise(...values);

const LEVELS = { log: log.info, info: log.info, warn: log.warn, error: log.error, debug: log.debug, trace: log.debug };
for (const [name, write] of Object.entries(LEVELS)) console[name] = during(write, console[name].bind(console));

Math.random = during(() => Number(BigInt.asUintN(53, getRandom())) / 2 ** 53, Math.random);

const PlainDate = Date;
PlainDate.now = during(() => Number(getTimestamp()) * 1000, PlainDate.now);
globalThis.Date = new Proxy(PlainDate, {
  construct: (target, values, made) =>
    Reflect.construct(target, values.length === 0 ? [PlainDate.now()] : values, made === globalThis.Date ? target : made),
  apply: () => new PlainDate(PlainDate.now()).toString(),
});
PlainDate.prototype.constructor = globalThis.Date;

const refuse = (why) => () => {
  throw new Error(why);
};
const { fetch, queueMicrotask, setInterval, setTimeout } = globalThis;
const wait = refuse("a plugin cannot wait: its host has no clock to wake it");
// Without a delay it is only about the order of things.
globalThis.setTimeout = during((run, delay, ...values) => (delay > 0 ? wait() : queueMicrotask(() => run(...values))), setTimeout);
globalThis.setInterval = during(wait, setInterval);
globalThis.fetch = during(refuse("a plugin has no network of its own; `http` of `@driftless/plugin-sdk` reaches that of the host"), fetch);

const { crypto, performance } = globalThis;
if (performance) performance.now = during(PlainDate.now, performance.now.bind(performance));
if (crypto) {
  const plainValues = crypto.getRandomValues.bind(crypto);
  crypto.getRandomValues = during((array) => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let at = 0; at < bytes.length; at += 8) {
      let bits = getRandom();
      for (let place = at; place < Math.min(at + 8, bytes.length); place++, bits >>= 8n) bytes[place] = Number(bits & 255n);
    }
    return array;
  }, plainValues);
  crypto.randomUUID = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  };
}
