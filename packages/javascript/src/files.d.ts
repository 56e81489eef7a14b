// Files and folders of the machine on which the plugin runs. Each function needs the permission `files` in `package.json` for its path, and
// throws a HostError without it. Paths are absolute and have no `..` in them.

/** What stands at a path; a symbolic link is one in a list only. */
export type FileKind = "file" | "folder" | "link" | "other";

/** One name in a folder. */
export interface Entry {
  name: string;
  kind: FileKind;
}

/** What stands at a path, symbolic links followed. */
export interface Stat {
  kind: FileKind;
  /** Its bytes. Files of the kernel often say 0. */
  size: number;
  /** When its contents last changed, in seconds since 1970. */
  modified: number | null;
}

/** The contents of a file. */
export function read(path: string): Uint8Array;
/** The contents of a file that is text in UTF-8. */
export function readText(path: string): string;
/**
 * Writes a file: what was in it goes, as soon as the new contents are there in full. A file that is not there is made. One that cannot be replaced
 * and stay what it is (with its owner and its access control list, or because something is mounted on it) is left as it is, with a HostError.
 */
export function write(path: string, contents: string | Uint8Array): void;
/** Overwrites a file where it is, for one that cannot be replaced. Readers may see a half. A file that is not there is made. */
export function writeInPlace(path: string, contents: string | Uint8Array): void;
/** Writes behind what is in a file. A file that is not there is made. */
export function append(path: string, contents: string | Uint8Array): void;
/** Writes a file that must not be there yet. */
export function createNew(path: string, contents: string | Uint8Array): void;
/** What is in a folder, by name. */
export function list(path: string): Entry[];
/** What stands at a path. */
export function stat(path: string): Stat;
/** Whether there is anything at a path. */
export function exists(path: string): boolean;
