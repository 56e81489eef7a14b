// What a plugin imports, for TypeScript and for editors.

/** What JSON can hold. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A schema in JSON Schema, as far as types follow from it. Any other keyword of JSON Schema may stand in it, and the host checks it. */
export interface Schema {
  readonly type?: SchemaType | readonly SchemaType[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly properties?: { readonly [name: string]: Schema };
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly [keyword: string]: unknown;
}

export type SchemaType = "string" | "integer" | "number" | "boolean" | "object" | "array" | "null";

/** The type of the values that a schema lets through, with its defaults filled in. */
export type FromSchema<S> = S extends { readonly const: infer Value }
  ? Value
  : S extends { readonly enum: readonly (infer Value)[] }
    ? Value
    : S extends { readonly type: readonly (infer Types)[] }
      ? { [Type in Types & SchemaType]: FromType<Type, S> }[Types & SchemaType]
      : S extends { readonly type: infer Type }
        ? FromType<Type, S>
        : S extends { readonly properties: object }
          ? FromObject<S>
          : any;

type FromType<Type, S> = Type extends "string"
  ? string
  : Type extends "integer" | "number"
    ? number
    : Type extends "boolean"
      ? boolean
      : Type extends "null"
        ? null
        : Type extends "array"
          ? S extends { readonly items: infer Items }
            ? FromSchema<Items>[]
            : any[]
          : Type extends "object"
            ? FromObject<S>
            : any;

type FromObject<S> = S extends { readonly properties: infer Properties }
  ? Flat<
      { [Name in keyof Properties as IsThere<S, Properties, Name> extends true ? Name : never]: FromSchema<Properties[Name]> } & {
        [Name in keyof Properties as IsThere<S, Properties, Name> extends true ? never : Name]?: FromSchema<Properties[Name]>;
      }
    >
  : S extends { readonly additionalProperties: infer Rest }
    ? Rest extends Schema
      ? { [name: string]: FromSchema<Rest> }
      : { [name: string]: any }
    : { [name: string]: any };

/** A property is there if it is required, or has a default. */
type IsThere<S, Properties, Name extends keyof Properties> = S extends { readonly required: readonly (infer Required)[] }
  ? Name extends Required
    ? true
    : HasDefault<Properties[Name]>
  : HasDefault<Properties[Name]>;

type HasDefault<S> = S extends { readonly default: unknown } ? true : false;

type Flat<T> = { [Key in keyof T]: T[Key] };

type Later<T> = T | Promise<T>;

/** What every component has. */
export interface About {
  /** By which the host calls it: ASCII letters, digits, `-` and `_`, a letter first, at most 64. */
  name: string;
  /** One sentence for people. */
  description?: string;
}

/** The schema of a configuration, which is an object. */
export type ConfigSchema = Schema & { readonly type?: "object" | readonly SchemaType[] };

/** Values by name: an object, and no list, `Map`, `Set` or function. */
export type NamedValues = object & { readonly [Symbol.iterator]?: never; readonly bind?: never };

interface WithConfigSchema<S> {
  /** JSON Schema of its configuration. Without one it has none. */
  config?: S;
}

/** The data of a task, and perhaps a message. The keys `status` and `message` are the protocol's. */
export interface TaskData {
  /** `error` says that the task did not do what it was asked to do; a `Failure` that is thrown says the same. */
  status?: "success" | "error";
  /** One sentence for people. */
  message?: string;
  [key: string]: unknown;
}

export interface TaskResult extends TaskData {
  status: "success" | "error";
}

/** Does something. It returns nothing, a message, or data with perhaps a message. */
export function task<const S extends ConfigSchema = {}, R extends Later<TaskData | string | void> = Later<TaskData | string | void>>(
  definition: About & WithConfigSchema<S> & { type?: "apply" | "facts" | "logs"; run(config: FromSchema<S>): R },
): (config: FromSchema<S>) => R;

/** Finds something out. It returns an object. */
export function facts<const S extends ConfigSchema = {}, R extends Later<NamedValues> = Later<NamedValues>>(
  definition: About & WithConfigSchema<S> & { run(config: FromSchema<S>): R },
): (config: FromSchema<S>) => R;

/** An argument of a template: its name, its schema, and whether it may be left out. One with a `default` may be as well. */
export interface Argument extends Schema {
  readonly name: string;
  readonly optional?: boolean;
}

/** The values of arguments, as a tuple. */
export type Values<A extends readonly Argument[]> = {
  -readonly [Place in keyof A]: A[Place] extends { readonly optional: true } ? FromSchema<A[Place]> | undefined : FromSchema<A[Place]>;
};

type WithConfig<S, Rest extends unknown[]> = S extends undefined ? Rest : [...Rest, config: FromSchema<S>];

/** `{{ value | name(…) }}`: it takes the value, the arguments, and the configuration if it has one. */
export function templateFilter<
  const V extends Schema = {},
  const A extends readonly Argument[] = [],
  const S extends ConfigSchema | undefined = undefined,
  R = unknown,
>(
  definition: About &
    WithConfigSchema<S> & { value?: V; arguments?: A; run(value: FromSchema<V>, ...rest: WithConfig<S, Values<A>>): R },
): (value: FromSchema<V>, ...rest: WithConfig<S, Values<A>>) => R;

/** `{{ name(…) }}`: it takes the arguments, and the configuration if it has one. */
export function templateFunction<const A extends readonly Argument[] = [], const S extends ConfigSchema | undefined = undefined, R = unknown>(
  definition: About & WithConfigSchema<S> & { arguments?: A; run(...rest: WithConfig<S, Values<A>>): R },
): (...rest: WithConfig<S, Values<A>>) => R;

/** A line, which goes through the parser, or an entry. */
export type LogRecord = string | object;

/** Where log lines come from. It is usually a generator function: `*run(config) { yield "a line"; }`. */
export function logSource<const S extends ConfigSchema = {}>(
  definition: About & WithConfigSchema<S> & { run(config: FromSchema<S>): Iterable<LogRecord> },
): (config: FromSchema<S>) => Iterable<LogRecord>;

/** Makes an entry of a line. */
export function logParser<const S extends ConfigSchema = {}, R extends Later<NamedValues> = Later<NamedValues>>(
  definition: About & WithConfigSchema<S> & { run(line: string, config: FromSchema<S>): R },
): (line: string, config: FromSchema<S>) => R;

/** Keeps an entry or drops it. `value` is the schema that an entry has to fit. */
export function logFilter<const S extends ConfigSchema = {}, const V extends Schema = {}>(
  definition: About & WithConfigSchema<S> & { value?: V; run(entry: FromSchema<V>, config: FromSchema<S>): Later<boolean> },
): (entry: FromSchema<V>, config: FromSchema<S>) => Later<boolean>;

/** Where entries go. `value` is the schema that an entry has to fit. */
export function logOutput<const S extends ConfigSchema = {}, const V extends Schema = {}>(
  definition: About & WithConfigSchema<S> & { value?: V; run(entry: FromSchema<V>, config: FromSchema<S>): Later<void> },
): (entry: FromSchema<V>, config: FromSchema<S>) => Later<void>;

/** A command that the plugin adds. */
export function command<const S extends Schema = {}, R = unknown>(
  definition: About & WithConfigSchema<S> & { run(args: FromSchema<S>): R },
): (args: FromSchema<S>) => R;

/** The task that is about to run, or did. */
export interface TaskContext {
  task_name: string;
  command: string;
  working_dir: string;
  env_vars: Record<string, string>;
  /** What the task says to this plugin. */
  config: any;
}

/** How a task ended. */
export interface TaskOutcome {
  status: "success" | "error";
  exit_code?: number;
  duration_ms?: number;
}

/** Why a task failed. */
export interface TaskError {
  message: string;
  exit_code?: number;
}

/** What a plugin says to a task that is about to run. */
export type Verdict =
  | { verdict: "continue" }
  | { verdict: "modify"; command?: string; env_vars?: Record<string, string> }
  | { verdict: "abort"; message: string };

/** What is called around tasks. */
export interface Hooks {
  /** Before any other function, with the plugin's configuration. */
  initialize?(config: any): Later<void>;
  /** After the last call. */
  shutdown?(): Later<void>;
  /** Before a task. Nothing stands for "go on". */
  beforeTask?(context: TaskContext): Later<Verdict | undefined | void>;
  /** After a task. */
  afterTask?(context: TaskContext, outcome: TaskOutcome): Later<void>;
  /** After a task that failed. */
  onTaskFailure?(context: TaskContext, error: TaskError): Later<void>;
}

export function hooks<H extends Hooks>(functions: H): H;

/**
 * A failure that the plugin foresaw: only its message is shown to the user. Anything else that is thrown is taken for a mistake of the
 * plugin, and the place in its source is shown as well.
 */
export class Failure extends Error {}

export type HostErrorKind = "denied" | "not_found" | "limit" | "invalid" | "failed";

/** Why the host did not do what the plugin asked for. */
export class HostError extends Failure {
  constructor(kind: HostErrorKind, message: string, options?: ErrorOptions);
  readonly kind: HostErrorKind;
}

/** The time, in whole seconds since 1970. */
export function timestamp(): number;

/** 64 unpredictable bits. */
export function random(): bigint;

export * as environment from "./environment.js";
export * as files from "./files.js";
export * as functions from "./functions.js";
export * as http from "./http.js";
export * as log from "./log.js";
export * as process from "./process.js";
