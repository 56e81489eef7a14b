// Whether there is a host. While a component is built, its top level runs without one.

let running = false;

/** The host calls. */
export function start() {
  running = true;
}

/** Whether the host has called yet. */
export function isRunning() {
  return running;
}

/** Refuses what needs a host where there is none yet: it would end the build with words about WebAssembly. */
export function needsHost() {
  if (!running) throw new Error("the host cannot be asked while the plugin is built: do this inside of `run`");
}
