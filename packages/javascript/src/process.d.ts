// Other programs on the machine on which the plugin runs. Each needs the permission `commands` in `package.json`.

/** How a program ended, and what it wrote. */
export class Output {
  /** Its exit code; `null` where a signal ended it. */
  readonly code: number | null;
  /** The signal that ended it. */
  readonly signal: number | null;
  /** What it wrote to standard output. */
  readonly stdout: Uint8Array;
  /** What it wrote to standard error; what is not UTF-8 in it is replaced. */
  readonly stderr: string;
  /** Whether the exit code is 0. */
  get success(): boolean;
  /** The output, unless the program failed: then it throws, with the end of standard error in the message. */
  ok(): this;
  /** What it wrote to standard output, as text. */
  text(): string;
}

/** Runs a program, and waits for its end. No shell is involved. A program that ends with an exit code has run: see `Output.ok`. */
export function run(command: string, args?: readonly (string | number)[], options?: { stdin?: string | Uint8Array }): Output;
