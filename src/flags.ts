/**
 * How flags and their variables are read, described and refused. It knows none of the flags; `config.ts` lists them.
 */
import { parseArgs } from 'node:util';

/** How a flag is written, what it stands for and how its text is read. */
export interface Flag<Value> {
  /** Without the dashes. */
  readonly flag: string;
  /** What stands for the value in the help text; a switch has none. */
  readonly value?: string;
  /** The default, as text. */
  readonly fallback?: string;
  /** Variables that come before the default, besides `EVERCERT_<FLAG>`. */
  readonly variables?: readonly string[];
  readonly help: string;
  /** What `read` takes, for the sentence that refuses a text. */
  readonly expected: string;
  /** Undefined for a text that the flag does not take. */
  read(text: string): Value | undefined;
  /** It may be absent, and is undefined then; any other flag without a text is an error. */
  readonly optional?: true;
}

/** The environment of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A flag as people read of it. */
export interface FlagDescription {
  /** With its dashes and what stands for its value. */
  readonly usage: string;
  /** The variables that are read in place of it, in their order. */
  readonly variables: readonly string[];
  readonly fallback: string | undefined;
  readonly help: string;
}

/** The flag itself; the compiler takes its type from `read`. */
export function flag<Value>(definition: Flag<Value>): Flag<Value> {
  return definition;
}

/** Reads a text that matches. */
export function matching(pattern: RegExp): (text: string) => string | undefined {
  return (text) => (pattern.test(text) ? text : undefined);
}

/** Reads a whole number of these bounds, in digits alone. */
export function wholeNumber(least: number, most: number): (text: string) => number | undefined {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    return value >= least && value <= most ? value : undefined;
  };
}

/** What a flag is called, where it is read from and what it is for. */
export function describeFlag(one: Flag<unknown>): FlagDescription {
  const usage = `--${one.flag}${one.value === undefined ? '' : `=${one.value}`}`;
  return { usage, variables: variablesOf(one), fallback: one.fallback, help: one.help };
}

/** The flags of a command line, by name without dashes, and a sentence for everything that is wrong with them. */
export interface GivenFlags {
  readonly given: ReadonlyMap<string, string>;
  readonly errors: readonly string[];
}

/**
 * Takes a command line apart; the last of a repeated flag wins. `--help` (`-h`) and `--version` are always known.
 *
 * @param others flags that are known elsewhere, and where.
 */
export function parseFlags(
  args: readonly string[],
  flags: readonly Flag<unknown>[],
  others: ReadonlyMap<string, string>,
): GivenFlags {
  const switches = { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } } as const;
  const options = Object.fromEntries(
    flags.map((one) => [one.flag, { type: one.value === undefined ? 'boolean' : 'string' }] as const),
  );
  const { tokens } = parseArgs({ args: [...args], options: { ...switches, ...options }, strict: false, tokens: true });
  const given = new Map<string, string>();
  const errors: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') errors.push(`"${token.value}" is no flag; flags start with --`);
    if (token.kind !== 'option') continue;
    const known = flags.find((one) => one.flag === token.name);
    if (known === undefined && !Object.hasOwn(switches, token.name)) {
      errors.push(unknownFlag(token.rawName, [...flags.map((one) => one.flag), ...Object.keys(switches)], others));
    } else if (known?.value !== undefined && !hasValue(token)) {
      errors.push(`--${token.name} needs a value: --${token.name}=${known.value}`);
    } else {
      given.set(token.name, token.value ?? 'true');
    }
  }
  return { given, errors };
}

/**
 * The value of a flag: from the command line, its variables or its default. Where there is none, or one that the flag
 * does not take, it adds a sentence to `errors` and gives undefined.
 */
export function readFlag<Value>(
  one: Flag<Value>,
  from: { given: ReadonlyMap<string, string>; environment: Environment; errors: string[] },
): Value | undefined {
  const found = foundText(one, from.given, from.environment);
  if (found === undefined) {
    if (one.optional !== true) from.errors.push(missing(one));
    return undefined;
  }
  const value = one.read(found.text);
  if (value === undefined) {
    const where = found.variable === undefined ? '' : ` (from ${found.variable})`;
    from.errors.push(`--${one.flag}: "${found.text}"${where} is not ${one.expected}`);
  }
  return value;
}

function foundText(
  one: Flag<unknown>,
  given: ReadonlyMap<string, string>,
  environment: Environment,
): { readonly text: string; readonly variable?: string } | undefined {
  const text = given.get(one.flag);
  if (text !== undefined) return { text };
  for (const variable of variablesOf(one)) {
    const set = environment[variable];
    if (set !== undefined && set !== '' && !serviceLink.test(set)) return { text: set, variable };
  }
  return one.fallback === undefined ? undefined : { text: one.fallback };
}

/**
 * The kubelet sets `EVERCERT_RESPONDER_PORT=tcp://10.96.0.7:80` in each pod beside a Service `evercert-responder`, unless
 * the pod has `enableServiceLinks: false`. That is none of ours.
 */
const serviceLink = /^(?:tcp|udp|sctp):\/\//;

function variablesOf({ flag: name, variables = [] }: Flag<unknown>): readonly string[] {
  const own = `EVERCERT_${name.toUpperCase().replaceAll('-', '_')}`;
  return [own, ...variables];
}

/** `--port --help`: what looks like the next flag is no value, unless it is joined by `=`. */
function hasValue(token: { value: string | undefined; inlineValue: boolean | undefined }): boolean {
  return token.value !== undefined && (token.inlineValue === true || !token.value.startsWith('--'));
}

function missing(one: Flag<unknown>): string {
  const { usage, variables } = describeFlag(one);
  return `--${one.flag} is missing: give ${usage} or set ${variables.join(' or ')}`;
}

function unknownFlag(rawName: string, known: readonly string[], others: ReadonlyMap<string, string>): string {
  const name = rawName.replace(/^-+/, '');
  const elsewhere = others.get(name);
  if (elsewhere !== undefined) return `${rawName} is a flag of the ${elsewhere} alone`;
  const [nearest] = known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.max(2, candidate.length / 3))
    .sort((one, two) => one.distance - two.distance);
  const hint = nearest === undefined ? '--help lists the flags' : `did you mean --${nearest.candidate}?`;
  return `${rawName} is no flag; ${hint}`;
}

/** How many letters have to be added, removed or replaced to make one text of the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of Array.from(from).entries()) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + (letter === to[column - 1] ? 0 : 1);
      next.push(Math.min((row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1, replaced));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
