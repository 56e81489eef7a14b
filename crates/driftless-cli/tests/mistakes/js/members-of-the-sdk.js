// call execute_task members-of-the-sdk {}
// exit 1
// says ReferenceError: missing is not defined, at src/members-of-the-sdk.js:8:
// says members-of-the-sdk

import * as sdk from "@driftless/plugin-sdk";

sdk.task({ name: "members-of-the-sdk", run: () => missing });
