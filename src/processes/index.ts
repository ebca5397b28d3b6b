/** The processes of the program, each composed of its parts; `main` starts one. */
export { runOperator } from './operator.ts';
export { runResponder } from './responder.ts';
export type { Surroundings } from './surroundings.ts';
