// For tests: `node --import ./.driftless/register.mjs --test` finds `@driftless/plugin-sdk` where it is not installed, in the copy that came with
// the `driftless` command.

import { register } from "node:module";

register("./resolve.mjs", import.meta.url);
