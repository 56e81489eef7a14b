// Outside of a component the host of a test answers.
import { answer } from "./outside.js";

export const request = (request, body) => answer("functions", request, body);
