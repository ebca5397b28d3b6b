import { isDeepStrictEqual } from 'node:util';
import { secrets } from '../../../src/kube/index.ts';
import type { Request } from '../../../src/kube/transport.ts';
import type { CustomResourceDefinition, JsonObject } from '../../sim/api-server/index.ts';
import { isList, isObject, type Json, textOf } from '../../sim/api-server/json.ts';
import { collectionOf, type Drawn, drawRequest, type Place, targets } from './drawn-requests.ts';
import { type NormalAnswer, Normalizer } from './normal.ts';
import { Random } from './random.ts';
import type { ServerUnderTest } from './server.ts';

/** What two servers answered differently to the same request. */
export interface Difference {
  /** Which of the requests it was, from 1; the watches come after the last. */
  readonly number: number;
  readonly title: string;
  /** Each a path into the answer, with what the one and the other had there. */
  readonly parts: readonly string[];
}

/** How two servers are compared. */
export interface Comparison {
  readonly servers: readonly [ServerUnderTest, ServerUnderTest];
  /** That of the Certificate. */
  readonly definition: CustomResourceDefinition;
  readonly seed: number;
  /** How many requests are sent to each. */
  readonly count: number;
}

/** A watch is ended by the server after this. */
const watchSeconds = 1;

/**
 * Sends the same drawn requests to two servers, one after another, and gives the first answer that differs; at the end, the
 * first watch from the start that tells something else.
 */
export async function firstDifference({
  servers,
  definition,
  seed,
  count,
}: Comparison): Promise<Difference | undefined> {
  await using one = await Side.open(servers[0], definition);
  await using other = await Side.open(servers[1], definition);
  const random = new Random(seed);
  for (let number = 1; number <= count; number += 1) {
    const drawn = drawRequest(random);
    const parts = differencesOf(await one.send(drawn), await other.send(drawn));
    if (parts.length > 0) return { number, title: drawn.title, parts };
  }
  const told = await Promise.all([one.events(), other.events()]);
  for (const [title, events] of told[0]) {
    const parts = differencesOf(events, told[1].get(title) ?? []);
    if (parts.length > 0) return { number: count + 1, title, parts };
  }
  return undefined;
}

/** One of two servers, with the place on it where requests go. */
class Side implements AsyncDisposable {
  readonly #server: ServerUnderTest;
  readonly #place: Place;
  readonly #seen = new Map<string, JsonObject>();
  readonly #normalizer: Normalizer;
  readonly #resources = new AsyncDisposableStack();
  #start = '';

  static async open(server: ServerUnderTest, definition: CustomResourceDefinition): Promise<Side> {
    const resources = new AsyncDisposableStack();
    const { namespace } = resources.use(await server.ownNamespace());
    const { resource } = resources.use(await server.ownKind(definition));
    const side = new Side(server, { namespace, group: resource.group });
    side.#resources.use(resources);
    side.#start = (await server.client.list(secrets, { namespace }, { limit: 1 })).resourceVersion;
    return side;
  }

  private constructor(server: ServerUnderTest, { namespace, group }: Omit<Place, 'seen'>) {
    this.#server = server;
    this.#place = { namespace, group, seen: this.#seen };
    this.#normalizer = new Normalizer({ [namespace]: 'NAMESPACE', [group]: 'GROUP' });
  }

  /** Sends a request, and gives its answer in normal form. */
  async send(drawn: Drawn): Promise<NormalAnswer> {
    const answer = await this.#server.transport.send(this.#request(drawn.at(this.#place)));
    const body = parsed(answer.text);
    const name = isObject(body) && isObject(body['metadata']) ? body['metadata']['name'] : undefined;
    if (isObject(body) && typeof name === 'string') this.#seen.set(`${textOf(body['kind'])} ${name}`, body);
    return this.#normalizer.answer(answer);
  }

  /** What watches from the start tell, each under its title, in normal form. */
  async events(): Promise<ReadonlyMap<string, readonly Json[]>> {
    const watched = targets.filter(
      (target) => target.subresource === undefined && target.isWatchedByOthers === undefined,
    );
    const selectors = ['', '&labelSelector=app%3Done', '&fieldSelector=metadata.name%3Da'];
    const titles = watched.flatMap((target) => selectors.map((selector) => ({ target, selector })));
    const told = await Promise.all(
      titles.map(async ({ target, selector }) => {
        const from = `watch=true&resourceVersion=${this.#start}&timeoutSeconds=${watchSeconds}`;
        return this.#watch(`${collectionOf(this.#place, target)}?${from}${selector}`);
      }),
    );
    return new Map(
      titles.map(({ target, selector }, index) => [
        `watch ${target.plural} ${selector}`,
        this.#normal(told[index] ?? []),
      ]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }

  #normal(events: readonly Json[]): readonly Json[] {
    return events.map((event) => this.#normalizer.json(event));
  }

  async #watch(path: string): Promise<readonly Json[]> {
    const deadline = new AbortController();
    const { signal } = deadline;
    const timer = setTimeout(() => deadline.abort(), watchSeconds * 1000 + 500);
    const opened = await this.#server.transport.stream(
      { ...this.#request({ method: 'GET', path }), lane: 'watches' },
      signal,
    );
    if (!('bytes' in opened)) return [parsed(opened.answer.text)];
    let text = '';
    try {
      for await (const chunk of opened.bytes) text += Buffer.from(chunk).toString();
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      clearTimeout(timer);
    }
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.map(parsed);
  }

  #request(request: Pick<Request, 'method' | 'path' | 'body' | 'contentType' | 'accept'>): Request {
    return { call: { verb: 'get', resource: secrets }, lane: 'requests', limitMs: 30_000, ...request };
  }
}

/** Where two values differ, each with what is there. */
function differencesOf(one: unknown, other: unknown, path = ''): readonly string[] {
  if (isDeepStrictEqual(one, other)) return [];
  const areBoth = (test: (value: unknown) => boolean): boolean => test(one) && test(other);
  if (areBoth(isObject) || areBoth(isList)) {
    const left = one as Readonly<Record<string, unknown>>;
    const right = other as Readonly<Record<string, unknown>>;
    const fields = new Set([...Object.keys(left), ...Object.keys(right)]);
    return [...fields].flatMap((field) => differencesOf(left[field], right[field], `${path}.${field}`));
  }
  return [`${path}: ${JSON.stringify(one)} but ${JSON.stringify(other)}`];
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
