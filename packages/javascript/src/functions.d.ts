/** Functions that the program offers in which the plugin's host is embedded. `driftless` itself has none. */

/**
 * Calls a function of the host's program, and returns what it returns.
 *
 * It needs the permission `functions` in `package.json`, with the function's name.
 *
 * @throws HostError without the permission, where the program has no such function, and where the function fails
 */
export function call<Result = unknown>(name: string, args?: unknown): Result;
