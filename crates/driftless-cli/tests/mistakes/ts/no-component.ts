// exit 3
// says it brings no component, so there is nothing to call
// says call `task`, `facts` or another function of `@driftless/plugin-sdk`, in `src/no-component.ts`

import type { TaskData } from "@driftless/plugin-sdk";

export const run = (): TaskData => ({ status: "success" });
