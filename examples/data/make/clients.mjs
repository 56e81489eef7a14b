// Node clients: node:http (sends no User-Agent of its own) and fetch ("node").
// Usage: node clients.mjs PORT SECONDS
import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const port = Number(process.argv[2]);
const seconds = Number(process.argv[3]);
const v4 = `http://127.0.0.1:${port}`;
const v6 = `http://[::1]:${port}`;
const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });

// node:http, from the given loopback address.
function ask(localAddress, path, { method = "GET", headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const host = localAddress.includes(":") ? "::1" : "127.0.0.1";
    const request = http.request({ host, port, path, method, headers, localAddress, agent },
      (reply) => { reply.resume(); reply.on("end", () => resolve(reply)); });
    request.on("error", reject);
    request.end(body);
  });
}

async function get(url, options) {
  const reply = await fetch(url, options);
  await reply.arrayBuffer();
  return reply;
}

async function httpClient() {
  const first = await ask("127.0.4.1", "/js/app.js");
  const cached = { "If-None-Match": first.headers.etag };
  const steps = [
    () => ask("127.0.4.1", "/js/app.js", { headers: cached }),
    () => ask("127.0.4.1", "/api/items?page=1&tags=a%2Cb"),
    () => ask("127.0.4.2", "/img/icon.svg", { headers: { "User-Agent": "thumbnailer/0.9" } }),
    () => ask("::1", "/"),
    () => ask("127.0.4.2", "/api/orders", { method: "POST", body: '{"item": 3}',
      headers: { "Content-Type": "application/json", "User-Agent": "shop-client/2.0.1" } }),
    () => ask("127.0.4.1", "/js/app.js.map"),
    () => ask("127.0.4.1", "/feed.xml", { method: "HEAD" }),
    () => ask("127.0.4.3", "/js/app.js", { headers: { ...cached, "User-Agent": "" } }),
  ];
  const rounds = 20;
  for (let i = 0; i < rounds * steps.length; i++) {
    await steps[i % steps.length]();
    await sleep((seconds * 1000 * 0.9) / (rounds * steps.length));
  }
  agent.destroy();
}

async function fetchClient() {
  const etag = (await get(`${v4}/files/data.json`)).headers.get("etag");
  const search = new URLSearchParams({ q: 'tea & "kettle"', city: "Zürich" });
  const steps = [
    () => get(`${v4}/api/items?${search}`),
    () => get(`${v4}/files/data.json`, { headers: { "If-None-Match": etag } }),
    () => get(`${v6}/docs/日本語.html`, { referrer: "about:client" }),   // encoded by fetch
    () => get(`${v4}/go`),                                              // 302, then 200
    () => get(`${v4}/files/prices-2023.csv`, { headers: { Range: "bytes=100-299" } }),
    () => get(`${v4}/beacon?v=${encodeURIComponent("page view")}`, { method: "POST", body: "x" }),
    () => get(`${v4}/blog/no-such-post`),
    () => get(`${v6}/`, { headers: { "User-Agent": "status-page/1.4 (fetch)" } }),
    () => get(`${v4}/about.html`, { method: "PATCH", body: "{}" }),     // 405
    () => get(`${v4}/about.html`, { headers: { "If-None-Match": "*" } }),
  ];
  const rounds = 11;
  for (let i = 0; i < rounds * steps.length; i++) {
    await steps[i % steps.length]();
    if (i % 25 === 24) {                                                // 499
      await get(`${v4}/slow/1.5`, { signal: AbortSignal.timeout(300) }).catch(() => {});
    }
    if (i % 40 === 39) await get(`${v4}/broken`);                       // 500
    await sleep((seconds * 1000 * 0.85) / (rounds * steps.length));
  }
}

await Promise.all([httpClient(), fetchClient()]);
