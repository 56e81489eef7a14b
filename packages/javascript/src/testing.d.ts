// Tests of plugins, without touching the machine that runs them.

import type { HostErrorKind, LogRecord, TaskResult } from "./index.js";

/** A component, as the host hears of it. */
export interface Definition {
  name: string;
  type?: string;
  description?: string;
  config_schema?: any;
}

/** A host that has what the test gives it. Of several, the one that was made last answers. */
export function testHost(): TestHost;

export class TestHost {
  /** All that it was asked for, in order: `read /srv/x`, `write /srv/x`, `var TOKEN`, `GET https://example.com/`, `run git status`. */
  get calls(): string[];
  /** All that it was asked for, with what was sent. */
  readonly requests: { what: string; headers: [string, string][]; body: Uint8Array }[];
  /** All messages, in order. */
  readonly logged: { level: "error" | "warn" | "info" | "debug"; message: string }[];
  /** Gives it a file. The folders above it are there as well. */
  file(path: string, contents: string | Uint8Array): this;
  /** Gives it an empty folder. */
  folder(path: string): this;
  /** Gives it an environment variable, or with `null` one that may be read and is not set. */
  variable(name: string, value: string | null): this;
  /** Gives it the response to a request, `GET https://example.com/`. Given again it is the response to the next one; the last stays. */
  response(request: string, status: number, body?: string | Uint8Array, headers?: [string, string][]): this;
  /** Gives it what a function of the host returns, whatever its arguments are. Given again it is what the next call returns; the last stays. */
  function(name: string, returns: unknown): this;

  /** Gives it the output of a command with these arguments. Given again it is the output of the next run; the last stays. */
  command(
    command: string,
    args: readonly string[],
    output?: { code?: number | null; stdout?: string | Uint8Array; stderr?: string; signal?: number | null },
  ): this;
  /** Lets a call fail, in the words of `calls`: `fails("read /etc/shadow", "denied")`. */
  fails(call: string, kind: HostErrorKind): this;
  /** What is in a file, as the test or the plugin has written it. */
  contents(path: string): Uint8Array | undefined;
  /** What is in a file that the plugin wrote, as text. */
  written(path: string): string | undefined;
  /** From now on everything is denied again. */
  remove(): void;
}

// What a host calls, with values instead of JSON. Where `run` is asynchronous, so are these.

export function taskDefinitions(): Definition[];
export function factsCollectors(): Definition[];
export function templateExtensions(): Definition[];
export function executeTask(name: string, config?: object): TaskResult;
export function executeFactsCollector(name: string, config?: object): any;
/** All records of a source, over as many calls as it takes. */
export function executeLogSource(name: string, config?: object): LogRecord[];
export function executeLogParser(name: string, line: string, config?: object): any;
export function executeLogFilter(name: string, entry: object, config?: object): boolean;
export function executeLogOutput(name: string, entry: object, config?: object): null;
/** `args` is a list, or an object of arguments by name. */
export function executeTemplateFilter(name: string, value: unknown, args?: unknown[] | object, config?: object): any;
/** `args` is a list, or an object of arguments by name. */
export function executeTemplateFunction(name: string, args?: unknown[] | object, config?: object): any;
export function executeCommand(name: string, args?: unknown): any;
export function beforeTask(context: unknown): any;
export function afterTask(context: unknown, result: unknown): any;
export function onTaskFailure(context: unknown, error: unknown): any;
