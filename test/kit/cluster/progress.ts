/** Says what is being done, how far it is and how long each step took: a live line on a terminal, plain lines otherwise. */
export interface Progress {
  /** One sentence. */
  note(sentence: string): void;
  /** Does a step. `update` says how far it is. */
  step<T>(title: string, work: (update: (detail: string) => void) => Promise<T>): Promise<T>;
}

const plainIntervalMs = 30_000;
const liveIntervalMs = 200;

/** Progress on standard error, so that standard output stays the command's. */
export function progressOn(stream: NodeJS.WriteStream): Progress {
  const live = stream.isTTY;
  const say = (sentence: string): void => {
    stream.write(`${live ? '\r\u001B[K' : ''}evercert: ${sentence}\n`);
  };
  return {
    note: say,
    async step(title, work) {
      const started = performance.now();
      let detail = '';
      const line = (): string => `${title}${detail === '' ? '' : `: ${detail}`}, ${secondsSince(started)}`;
      const tick = (): void => {
        if (!live) say(line());
        else stream.write(`\r\u001B[Kevercert: ${line()}`.slice(0, (stream.columns || 80) + 4));
      };
      if (!live) say(title);
      const timer = setInterval(tick, live ? liveIntervalMs : plainIntervalMs);
      try {
        const result = await work((next) => {
          detail = next;
        });
        say(`${title}: done in ${secondsSince(started)}`);
        return result;
      } catch (error) {
        say(`${title}: failed after ${secondsSince(started)}`);
        throw error;
      } finally {
        clearInterval(timer);
      }
    },
  };
}

function secondsSince(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}
