// call execute_template_filter returns-nothing {} "\"a\"" []
// exit 1
// says it returned nothing; write `return` in front of the value
// says in the template filter `returns-nothing` at src/returns-nothing.js:8:1

import { templateFilter } from "@driftless/plugin-sdk";

templateFilter({
  name: "returns-nothing",
  run(text) {
    text.toUpperCase();
  },
});
