// Other programs on the machine on which the plugin runs. Each needs the permission `commands` in `package.json`.

import { request } from "#process";

import { exchange, toBytes, toText } from "./exchange.js";
import { HostError } from "./failure.js";

/**
 * Runs a program, and waits for its end. No shell is involved: an argument arrives as it is, whatever stands in it. A program that ends
 * with an exit code has run: see `Output.ok`.
 *
 * @param options `stdin`, text or bytes
 */
export function run(command, args = [], { stdin = "" } = {}) {
  const [answer, stdout] = exchange(request, { command, arguments: args.map(String) }, toBytes(stdin));
  return new Output(answer, stdout);
}

/** How a program ended, and what it wrote. */
export class Output {
  constructor({ code, signal, stderr }, stdout) {
    /** Its exit code; `null` where a signal ended it. */
    this.code = code;
    /** The signal that ended it, or `null`. */
    this.signal = signal;
    /** What it wrote to standard output, as bytes. */
    this.stdout = stdout;
    /** What it wrote to standard error, as text. */
    this.stderr = stderr;
  }

  /** Whether the exit code is 0. */
  get success() {
    return this.code === 0;
  }

  /** The output, unless the program failed: then it throws, with the end of standard error in the message. */
  ok() {
    if (this.success) return this;
    let words = "the command did not end by itself";
    if (this.code !== null && this.code !== undefined) words = `the command ended with exit code ${this.code}`;
    else if (this.signal !== null && this.signal !== undefined) words = `signal ${this.signal} ended the command`;
    const end = Array.from(this.stderr.trim()).slice(-1000).join("");
    throw new HostError("failed", end ? `${words}: ${end}` : words);
  }

  /** What it wrote to standard output, as text. */
  text() {
    return toText(this.stdout, "what the command wrote");
  }
}
