/** The processes of the program, each composed of its parts; `main` starts one. */

export { runResponder } from './responder.ts';
export { runOperator } from './run-operator.ts';
export type { Surroundings } from './surroundings.ts';
