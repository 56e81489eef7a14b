// call execute_template_filter normalize {} "\"é\"" []
// exit 1
// says the engine has no tables of Unicode, so `normalize` works only on text that it leaves as it is
// says src/normalize.js:8:

import { templateFilter } from "@driftless/plugin-sdk";

templateFilter({ name: "normalize", run: (text) => text.normalize("NFD") });
