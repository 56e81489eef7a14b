// Whether there is a host. While a component is built, its top level runs without one.

/** `outside`: in a test. `loading`: the top level runs, as a part of the build. `running`: the host calls. */
let phase = "outside";

/** The top level is about to run. */
export function load() {
  phase = "loading";
}

/** The host calls. */
export function start() {
  phase = "running";
}

/** Whether the top level runs, which happens once, when the plugin is built. */
export function isLoading() {
  return phase === "loading";
}

/** Refuses what needs a host where there is none yet: it would end the build with words about WebAssembly. */
export function needsHost() {
  if (isLoading()) throw new Error("the host cannot be asked while the plugin is built: do this inside of `run`");
}
