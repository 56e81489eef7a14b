// What a component's JavaScript lacks, made of what its host offers: a console, the time, randomness. The build imports this before the
// plugin. It is for its side effects alone.

import { getRandom, getTimestamp } from "#host";

import { format } from "./format.js";
import * as log from "./log.js";
import { GLOBALS, NO_NORMALIZATION } from "./missing.js";
import { isLoading, load } from "./running.js";

load();

// The top level runs once, when the plugin is built, and what it finds is frozen into the plugin. `__driftless_loading` is the build's: it throws where
// the author's own top level asks for what would be frozen.
const atTopLevel = (what) => globalThis.__driftless_loading?.(what);

const LEVELS = { log: log.info, info: log.info, warn: log.warn, error: log.error, debug: log.debug, trace: log.debug, dir: log.info, dirxml: log.info };
for (const [name, write] of Object.entries(LEVELS)) {
  console[name] = (...values) => (isLoading() ? atTopLevel(`console.${name}`) : write(format(values)));
}
const say = (text) => console.info(text);
const [counts, timers] = [new Map(), new Map()];
Object.assign(console, {
  assert: (holds, ...values) => holds || console.error("Assertion failed", ...values),
  table: (...values) => console.info(...values),
  group: (...values) => values.length > 0 && console.info(...values),
  groupCollapsed: (...values) => values.length > 0 && console.info(...values),
  groupEnd() {},
  clear() {},
  count(label = "default") {
    counts.set(label, (counts.get(label) ?? 0) + 1);
    say(`${label}: ${counts.get(label)}`);
  },
  countReset: (label = "default") => void counts.delete(label),
  time: (label = "default") => void timers.set(label, Date.now()),
  timeLog: (label = "default", ...values) => console.info(`${label}: ${elapsed(label)}`, ...values),
  timeEnd(label = "default") {
    say(`${label}: ${elapsed(label)}`);
    timers.delete(label);
  },
});
const elapsed = (label) => `${timers.has(label) ? (Date.now() - timers.get(label)) / 1000 : 0} s, in whole seconds`;

const noRandom = (what) => {
  atTopLevel(what);
  throw new Error(`\`${what}\` at the top of a module: a plugin has no randomness while it is built; call it inside of \`run\``);
};
Math.random = () => (isLoading() ? noRandom("Math.random()") : Number(BigInt.asUintN(53, getRandom())) / 2 ** 53);

/** The milliseconds since 1970 for packages that ask while they are loaded: builds of one source are to be the same. */
const WHILE_LOADING = 1000;

const PlainDate = Date;
const now = (what) => {
  if (!isLoading()) return Number(getTimestamp()) * 1000;
  atTopLevel(what);
  return WHILE_LOADING;
};
PlainDate.now = () => now("Date.now()");
globalThis.Date = new Proxy(PlainDate, {
  construct: (target, values, made) =>
    Reflect.construct(target, values.length === 0 ? [now("new Date()")] : values, made === globalThis.Date ? target : made),
  apply: () => new PlainDate(now("Date()")).toString(),
});
PlainDate.prototype.constructor = globalThis.Date;

const refuse = (what, why) => () => {
  if (isLoading()) atTopLevel(what);
  throw new Error(why);
};
const wait = refuse("setTimeout()", "a plugin cannot wait, since nothing wakes it between two calls; do it at once");
const { queueMicrotask } = globalThis;
// Without a delay it is only about the order of things.
globalThis.setTimeout = (run, delay, ...values) => {
  if (delay > 0 || isLoading()) wait();
  queueMicrotask(() => run(...values));
  return 0;
};
globalThis.clearTimeout = () => {};
globalThis.setInterval = refuse("setInterval()", `\`setInterval\`: ${GLOBALS.setInterval}`);
globalThis.fetch = refuse("fetch()", `\`fetch\`: ${GLOBALS.fetch}`);

const { crypto, performance } = globalThis;
if (performance) performance.now = () => now("performance.now()");
if (crypto) {
  const fill = (array) => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let at = 0; at < bytes.length; at += 8) {
      let bits = getRandom();
      for (let place = at; place < Math.min(at + 8, bytes.length); place++, bits >>= 8n) bytes[place] = Number(bits & 255n);
    }
    return array;
  };
  crypto.getRandomValues = (array) => (isLoading() ? noRandom("crypto.getRandomValues()") : fill(array));
  crypto.randomUUID = () => {
    const bytes = isLoading() ? noRandom("crypto.randomUUID()") : fill(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  };
}

// The engine has none. What is sure to stay as it is can be answered: below U+0300 nothing is composed, and ASCII has one form.
if (!String.prototype.normalize) {
  const normalize = function (form = "NFC") {
    const text = String(this);
    if (!["NFC", "NFD", "NFKC", "NFKD"].includes(form)) throw new RangeError(`there is no form ${form} of Unicode; there are NFC, NFD, NFKC and NFKD`);
    if ((form === "NFC" ? /^[\0-\u02ff]*$/ : /^[\0-\x7f]*$/).test(text)) return text;
    throw new Error(NO_NORMALIZATION);
  };
  Object.defineProperty(String.prototype, "normalize", { value: normalize, writable: true, configurable: true });
}
