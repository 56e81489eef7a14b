// HTTP requests, which the host sends. Each needs the permission `network` in `package.json` for the host in its URL, and for each to which
// it is redirected.

export interface Options {
  headers?: Record<string, string> | [name: string, value: string][];
  /** Parameters for the URL, escaped as it needs them. */
  query?: Record<string, string | number | boolean | undefined>;
  /** What is sent behind the headers. */
  body?: string | Uint8Array;
  /** Any value, which is sent as JSON. */
  json?: unknown;
}

/** The response to a request. */
export class Response {
  /** `200`, `404`, … */
  readonly status: number;
  /** Where it came from, after redirects. */
  readonly url: string;
  /** Names in small letters, and values. */
  readonly headers: [name: string, value: string][];
  /** What came behind the headers. */
  readonly body: Uint8Array;
  /** Whether the status says that it was done: 200 to 299. */
  get success(): boolean;
  /** The response, unless its status says that it was not done: then it throws, with the beginning of the body in the message. */
  ok(): this;
  /** The first header of this name, in small or in large letters. */
  header(name: string): string | undefined;
  /** The body as text. */
  text(): string;
  /** The body, read as JSON. */
  json<T = any>(): T;
}

/** Sends a request, and waits for the response. A status such as 404 is a response: see `Response.ok`. */
export function request(method: string, url: string, options?: Options): Response;
export function get(url: string, options?: Options): Response;
export function post(url: string, options?: Options): Response;
export function put(url: string, options?: Options): Response;
declare function remove(url: string, options?: Options): Response;
export { remove as delete };
