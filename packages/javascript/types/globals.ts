// What a plugin has at run time is there for TypeScript as well, in a project that knows neither a browser nor Node.js. `tsc` compiles this, and runs
// nothing. `test/globals.test.js` holds that all of it is there.

import { facts, logParser, task } from "@driftless/plugin-sdk";

task({
  name: "globals",
  async run() {
    console.log("a %s", "b");
    console.assert(true);
    const url = new URL("/x?a=b", "https://example.com");
    url.searchParams.append("c", "d");
    const names = new URLSearchParams({ a: "b" });
    const bytes = new TextEncoder().encode(url.hostname + names.get("a"));
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    crypto.getRandomValues(bytes);
    queueMicrotask(() => {});
    setTimeout(() => {}, 0);
    const copy = structuredClone({ id: crypto.randomUUID(), digest: new Uint8Array(digest).length });
    return { text, ...copy, now: performance.now(), base64: atob(btoa("x")) };
  },
});

// @ts-expect-error nothing wakes a plugin
setTimeout(() => {}, 100);
// @ts-expect-error there is no such thing
setInterval(() => {}, 100);
// @ts-expect-error there is no such thing
process.env;
// @ts-expect-error there is no such thing
Buffer.from("x");
// @ts-expect-error there is no such thing
fetch("https://example.com");

// An object, and nothing that JSON has other words for.
interface Named {
  name: string;
}
facts({ name: "interface", run: async (): Promise<Named> => ({ name: "x" }) });
// @ts-expect-error a list is no object of facts
facts({ name: "list", run: () => [1] });
// @ts-expect-error a Map has no JSON
facts({ name: "map", run: () => new Map() });
// @ts-expect-error an entry is an object
logParser({ name: "set", run: (line) => new Set([line]) });
// @ts-expect-error a configuration is an object
task({ name: "config", config: { type: "string" }, run: () => "" });
