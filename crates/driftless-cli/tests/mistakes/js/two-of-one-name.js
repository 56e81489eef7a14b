// exit 1
// says there are two components of the kind facts collector that are called `disks`
// says src/two-of-one-name.js:8:1

import { facts } from "@driftless/plugin-sdk";

facts({ name: "disks", run: () => ({ sda: 1 }) });
facts({ name: "disks", run: () => ({ sdb: 1 }) });
