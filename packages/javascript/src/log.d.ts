/** Something did not work. */
export function error(...message: unknown[]): void;
/** Something may not be as intended. */
export function warn(...message: unknown[]): void;
/** What is going on. */
export function info(...message: unknown[]): void;
/** For the author. */
export function debug(...message: unknown[]): void;
