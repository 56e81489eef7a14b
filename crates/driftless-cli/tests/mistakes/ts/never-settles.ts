// call execute_facts_collector never-settles {}
// exit 1
// says the promise that it returned never settles
// says in the facts collector `never-settles` at src/never-settles.ts:15:1
// says call its `resolve` before the function ends

import { facts } from "@driftless/plugin-sdk";

interface Facts {
  up: boolean;
}

let answer: (facts: Facts) => void = () => {};

facts({
  name: "never-settles",
  run: async () => {
    const found = new Promise<Facts>((resolve) => (answer = resolve));
    return { ...(await found), answer: typeof answer };
  },
});
