// Runs the engine of JavaScript until it has loaded a plugin, and writes a module that begins there.
//
// componentize-js leaves this to wizer, which lets the engine see the clock, random numbers and temporary paths of the machine: each build of the same
// source would have other bytes, and so another digest. Here the engine sees nothing that differs. What it draws as seeds of its tables is no secret either
// way, since it is in the finished plugin; a plugin's own random numbers are the host's.

/** What the module may ask for, in numbers of WASI. */
const [SUCCESS, BAD_FD, INVALID, NO_ENTRY, NOT_SUPPORTED] = [0, 8, 28, 44, 58];
const [DIRECTORY, REGULAR_FILE, CHARACTER_DEVICE] = [3, 4, 2];
const ROOT = 3;

/** Sections of a module. */
const [IMPORTS, MEMORIES, GLOBALS, EXPORTS, START, DATA, DATA_COUNT] = [2, 5, 6, 7, 8, 11, 12];

/** As many segments as wizer writes. An engine may have a limit. */
const MAX_SEGMENTS = 10_000;

/** Prefix of the names by which the values of globals are looked up. */
const GLOBAL = "__driftless_global_";

/** The module is not as the engine of componentize-js is. */
class Unexpected extends Error {}

/**
 * @param module the bytes of the engine
 * @param run the export that loads the plugin
 * @param machine `{ files, input, environment }`: contents by path, the text on standard input, and variables
 * @returns `{ module }`, or `{ failure }` with what the engine said
 */
export function snapshot(module, run, machine) {
  const sections = sectionsOf(module);
  const globals = globalsOf(sections);
  const said = [];
  const instance = instantiate(write(sections, { [EXPORTS]: (content) => withGlobals(content, globals) }), machine, said);
  try {
    // Once for all: the finished module does not export it.
    instance.exports._initialize?.();
    instance.exports[run]();
  } catch (thrown) {
    return { failure: `${said.join("")}\n${thrown instanceof Exit ? "" : thrown}`.trim() };
  }
  const segments = segmentsOf(new Uint8Array(instance.exports.memory.buffer));
  const changed = {
    [MEMORIES]: (content) => withPages(content, instance.exports.memory.buffer.byteLength / 65_536),
    [GLOBALS]: () => vector(globals.map((global, at) => [global.type, valueOf(global, instance.exports[GLOBAL + at])])),
    [EXPORTS]: (content) => without(content, ["_initialize", run]),
    [START]: () => undefined,
    [DATA_COUNT]: () => [number(segments.length)],
    [DATA]: () => vector(segments),
  };
  return { module: write(sections, changed) };
}

class Exit extends Error {}

function instantiate(bytes, { files, input, environment }, said) {
  let memory;
  const view = () => new DataView(memory.buffer);
  const bytesAt = (at, length) => new Uint8Array(memory.buffer, at, length);
  const set32 = (at, value) => view().setUint32(at, value, true);
  const set64 = (at, value) => view().setBigUint64(at, BigInt(value), true);
  const encode = (text) => new TextEncoder().encode(text);
  const contents = new Map(Object.entries(files).map(([path, text]) => [path, encode(text)]));
  const variables = Object.entries(environment).map(([name, value]) => encode(`${name}=${value}\0`));
  const open = new Map([[0, { bytes: encode(input), at: 0 }], [1, {}], [2, {}], [ROOT, {}]]);
  const pathAt = (at, length) => new TextDecoder().decode(bytesAt(at, length)).replace(/^(\.?\/)+/, "");
  const buffers = (at, count) => Array.from({ length: count }, (_, place) => [view().getUint32(at + place * 8, true), view().getUint32(at + place * 8 + 4, true)]);
  // Something that is never the same twice: the engine draws again what it has already.
  let state = 0x9e3779b97f4a7c15n;
  const draw = () => {
    state = BigInt.asUintN(64, state ^ (state << 13n));
    state ^= state >> 7n;
    state = BigInt.asUintN(64, state ^ (state << 17n));
    return Number(state & 255n);
  };
  const wasi = {
    args_sizes_get: (count, size) => (set32(count, 0), set32(size, 0), SUCCESS),
    args_get: () => SUCCESS,
    environ_sizes_get(count, size) {
      set32(count, variables.length);
      set32(size, variables.reduce((sum, { length }) => sum + length, 0));
      return SUCCESS;
    },
    environ_get(places, at) {
      for (const [number, variable] of variables.entries()) {
        set32(places + number * 4, at);
        bytesAt(at, variable.length).set(variable);
        at += variable.length;
      }
      return SUCCESS;
    },
    // Not zero, which is no time to the engine.
    clock_time_get: (_, __, at) => (set64(at, 1_000_000_000), SUCCESS),
    random_get(at, length) {
      const bytes = bytesAt(at, length);
      for (let place = 0; place < length; place++) bytes[place] = draw();
      return SUCCESS;
    },
    fd_write(fd, at, count, written) {
      if (fd !== 1 && fd !== 2) return BAD_FD;
      const all = buffers(at, count);
      for (const [start, length] of all) said.push(new TextDecoder().decode(bytesAt(start, length)));
      set32(written, all.reduce((sum, [, length]) => sum + length, 0));
      return SUCCESS;
    },
    fd_read(fd, at, count, read) {
      const file = open.get(fd);
      if (!file?.bytes) return BAD_FD;
      let sum = 0;
      for (const [start, length] of buffers(at, count)) {
        const part = file.bytes.subarray(file.at, file.at + length);
        bytesAt(start, part.length).set(part);
        file.at += part.length;
        sum += part.length;
      }
      set32(read, sum);
      return SUCCESS;
    },
    fd_seek(fd, offset, whence, at) {
      const file = open.get(fd);
      if (!file?.bytes) return BAD_FD;
      const place = [0, file.at, file.bytes.length][whence] + Number(offset);
      if (!(place >= 0)) return INVALID;
      file.at = place;
      set64(at, place);
      return SUCCESS;
    },
    fd_close: (fd) => (open.delete(fd) ? SUCCESS : BAD_FD),
    fd_fdstat_get(fd, at) {
      if (!open.has(fd)) return BAD_FD;
      bytesAt(at, 24).fill(0);
      view().setUint8(at, fd === ROOT ? DIRECTORY : fd < ROOT ? CHARACTER_DEVICE : REGULAR_FILE);
      // Every right.
      set64(at + 8, 0x1fff_ffff);
      set64(at + 16, 0x1fff_ffff);
      return SUCCESS;
    },
    fd_fdstat_set_flags: () => SUCCESS,
    fd_prestat_get(fd, at) {
      if (fd !== ROOT) return BAD_FD;
      set32(at, 0);
      set32(at + 4, 1);
      return SUCCESS;
    },
    fd_prestat_dir_name: (_, at) => (view().setUint8(at, "/".charCodeAt(0)), SUCCESS),
    path_filestat_get(_, __, path, length, at) {
      const found = contents.get(pathAt(path, length));
      if (!found) return NO_ENTRY;
      bytesAt(at, 64).fill(0);
      view().setUint8(at + 16, REGULAR_FILE);
      set64(at + 24, 1);
      set64(at + 32, found.length);
      return SUCCESS;
    },
    path_open(_, __, path, length, ___, ____, _____, ______, at) {
      const bytes = contents.get(pathAt(path, length));
      if (!bytes) return NO_ENTRY;
      let fd = ROOT + 1;
      while (open.has(fd)) fd++;
      open.set(fd, { bytes, at: 0 });
      set32(at, fd);
      return SUCCESS;
    },
    fd_readdir: () => NOT_SUPPORTED,
    path_remove_directory: () => NOT_SUPPORTED,
    path_unlink_file: () => NOT_SUPPORTED,
    proc_exit() {
      throw new Exit();
    },
  };
  const compiled = new WebAssembly.Module(bytes);
  const imports = {};
  for (const { module, name } of WebAssembly.Module.imports(compiled)) {
    const refuse = () => {
      throw new Error(`the engine asks for \`${name}\` of \`${module}\` while the plugin is loaded`);
    };
    (imports[module] ??= {})[name] = (module === "wasi_snapshot_preview1" && wasi[name]) || refuse;
  }
  const instance = new WebAssembly.Instance(compiled, imports);
  memory = instance.exports.memory;
  return instance;
}

/** The sections of a module: `{ id, content }`. */
function sectionsOf(module) {
  const reader = new Reader(module, 8);
  const sections = [];
  while (!reader.isAtEnd()) {
    const id = reader.byte();
    sections.push({ id, content: reader.bytes(reader.number()) });
  }
  return sections;
}

/** A module of these sections, those that are changed among them: each is a list of bytes, or nothing where it is left out. */
function write(sections, changed) {
  const parts = [new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])];
  for (const { id, content } of sections) {
    const list = changed[id] ? changed[id](content) : [content];
    if (!list) continue;
    const length = list.reduce((sum, part) => sum + part.length, 0);
    parts.push([id], number(length), ...list);
  }
  return joined(parts);
}

/** The globals of a module, which it makes itself: `{ type, isMutable, init }`. */
function globalsOf(sections) {
  const imports = sections.find(({ id }) => id === IMPORTS);
  if (imports) {
    const reader = new Reader(imports.content);
    for (let left = reader.number(); left > 0; left--) {
      reader.bytes(reader.number());
      reader.bytes(reader.number());
      if (reader.byte() !== 0) throw new Unexpected("the engine imports something that is no function");
      reader.number();
    }
  }
  const section = sections.find(({ id }) => id === GLOBALS);
  if (!section) return [];
  const reader = new Reader(section.content);
  return Array.from({ length: reader.number() }, () => {
    const type = reader.bytes(2);
    return { type, isMutable: type[1] === 1, init: reader.constant() };
  });
}

function withGlobals(content, globals) {
  const reader = new Reader(content);
  const count = reader.number();
  const added = globals.flatMap(({ isMutable }, at) => (isMutable ? [[...text(GLOBAL + at), 3, ...number(at)]] : []));
  return [number(count + added.length), reader.rest(), ...added];
}

/** The expression for what a global has by now. */
function valueOf({ type, isMutable, init }, global) {
  if (!isMutable) return init;
  // The stack pointer of C is the only one there is.
  if (type[0] !== 0x7f) throw new Unexpected("the engine changes a global that is no 32-bit integer");
  return [0x41, ...signed(global.value), 0x0b];
}

function withPages(content, pages) {
  const reader = new Reader(content);
  if (reader.number() !== 1) throw new Unexpected("the engine has more than one memory");
  const flags = reader.byte();
  reader.number();
  return [[1, flags], number(pages), reader.rest()];
}

function without(content, names) {
  const reader = new Reader(content);
  const kept = [];
  for (let left = reader.number(); left > 0; left--) {
    const name = reader.bytes(reader.number());
    const [kind, index] = [reader.byte(), reader.number()];
    if (!names.includes(new TextDecoder().decode(name))) kept.push([[...number(name.length)], name, [kind, ...number(index)]]);
  }
  return vector(kept);
}

/** What is in memory, as segments of the data section. */
function segmentsOf(memory) {
  // Each segment has some bytes beside its own, so that few zeros between two are cheaper within one.
  for (let gap = 8; ; gap += 4) {
    const ranges = rangesOf(memory, gap);
    if (ranges.length > MAX_SEGMENTS) continue;
    return ranges.map(([start, end]) => [[0, 0x41, ...signed(start), 0x0b, ...number(end - start)], memory.subarray(start, end)]);
  }
}

/** Where there is something else than zeros, with less than so many of them in between. */
function rangesOf(memory, gap) {
  const words = new Uint32Array(memory.buffer, memory.byteOffset, memory.length / 4);
  const ranges = [];
  let last;
  for (let at = 0; at < words.length; at++) {
    if (words[at] === 0) continue;
    const start = at * 4;
    if (last && start - last[1] <= gap) last[1] = start + 4;
    else ranges.push((last = [start, start + 4]));
  }
  return ranges;
}

const joined = (parts) => {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

/** A list of items, each of which is a list of bytes in parts. */
const vector = (items) => [number(items.length), ...items.flat()];

const text = (name) => [...number(name.length), ...new TextEncoder().encode(name)];

/** A number as LEB128. */
function number(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return [...bytes, value];
}

/** The same with a sign, for what is 32 bits long. */
function signed(value) {
  const bytes = [];
  for (value |= 0; value < -64 || value > 63; value >>= 7) bytes.push((value & 127) | 128);
  return [...bytes, value & 127];
}

class Reader {
  #bytes;
  #at;

  constructor(bytes, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  isAtEnd() {
    return this.#at >= this.#bytes.length;
  }

  byte() {
    return this.#bytes[this.#at++];
  }

  bytes(length) {
    return this.#bytes.subarray(this.#at, (this.#at += length));
  }

  rest() {
    return this.bytes(this.#bytes.length - this.#at);
  }

  number() {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
  }

  /** A constant expression, with its end. */
  constant() {
    const start = this.#at;
    for (let byte = this.byte(); byte !== 0x0b; byte = this.byte()) {
      if (byte === 0x43) this.#at += 4;
      else if (byte === 0x44) this.#at += 8;
      else this.number();
    }
    return this.#bytes.subarray(start, this.#at);
  }
}
