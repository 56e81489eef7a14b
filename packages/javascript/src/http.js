// HTTP requests, which the host sends. Each needs the permission `network` in `package.json` for the host in its URL, and for each to which
// it is redirected.

import { request as ask } from "#http";

import { exchange, toBytes, toText } from "./exchange.js";
import { HostError } from "./failure.js";
import { toJson, wellFormed } from "./text.js";

/**
 * Sends a request, and waits for the response. A status such as 404 is a response: see `Response.ok`.
 *
 * @param options `headers`, an object or a list of pairs; `query`, an object; `body`, text or bytes; or `json`, any value
 */
export function request(method, url, { headers = [], query = {}, body, json } = {}) {
  const pairs = (Array.isArray(headers) ? headers : Object.entries(headers)).map(([name, value]) => [String(name), String(value)]);
  if (json !== undefined) {
    body = toJson(json);
    if (!pairs.some(([name]) => name.toLowerCase() === "content-type")) pairs.push(["content-type", "application/json"]);
  }
  const target = withQuery(String(url), query);
  const question = pairs.length > 0 ? { method, url: target, headers: pairs } : { method, url: target };
  return new Response(...exchange(ask, question, toBytes(body ?? "")));
}

export const get = (url, options) => request("GET", url, options);
export const post = (url, options) => request("POST", url, options);
export const put = (url, options) => request("PUT", url, options);
// `delete` is a word of the language.
const remove = (url, options) => request("DELETE", url, options);
export { remove as delete };

/** The response to a request. */
export class Response {
  constructor({ status, url, headers }, body) {
    /** `200`, `404`, … */
    this.status = status;
    /** Where it came from, after redirects. */
    this.url = url;
    /** Names in small letters, and values, as pairs. */
    this.headers = headers;
    /** What came behind the headers, as bytes. */
    this.body = body;
  }

  /** Whether the status says that it was done: 200 to 299. */
  get success() {
    return this.status >= 200 && this.status < 300;
  }

  /** The response, unless its status says that it was not done: then it throws, with the beginning of the body in the message. */
  ok() {
    if (this.success) return this;
    const start = beginning(this.body);
    throw new HostError("failed", `${this.url} answered with status ${this.status}${start && `: ${start}`}`);
  }

  /** The first header of this name, in small or in large letters. */
  header(name) {
    return this.headers.find(([given]) => given.toLowerCase() === name.toLowerCase())?.[1];
  }

  /** The body as text. */
  text() {
    return toText(this.body, `the body of ${this.url}`);
  }

  /** The body, read as JSON. */
  json() {
    try {
      return JSON.parse(this.text());
    } catch (error) {
      if (error instanceof HostError) throw error;
      throw new HostError("failed", `the body of ${this.url} is not JSON: ${error.message}`);
    }
  }
}

function withQuery(url, query) {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  if (pairs.length === 0) return url;
  // A fragment stands at the end, and is never sent.
  const start = url.split("#", 1)[0];
  const text = pairs.map(([name, value]) => `${escape(name)}=${escape(String(value))}`).join("&");
  return `${start}${start.includes("?") ? "&" : "?"}${text}`;
}

function escape(text) {
  return encodeURIComponent(wellFormed(text)).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** As much of a body as fits into a message, where it is text. */
function beginning(body) {
  try {
    // Streaming leaves out a character that is cut in two.
    return new TextDecoder("utf-8", { fatal: true }).decode(body.subarray(0, 300), { stream: true }).trim();
  } catch {
    return "";
  }
}
