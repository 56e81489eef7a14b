// exit 1
// says src/facts-list.ts(7,35): error TS2322: Type 'string[]' is not assignable to type 'Later<NamedValues>'
// says its types do not fit

import { facts } from "@driftless/plugin-sdk";

facts({ name: "disks", run: () => ["sda", "sdb"] });
