import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Answers, Question, Remains } from './messages.ts';

const answerLimitMs = 30_000;

type Reply = { readonly id: number; readonly value?: unknown; readonly failure?: string };

/** The subject, as the soak sees it: a process that answers. */
export class SubjectProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #asked = 0;

  private constructor() {
    const subject = join(import.meta.dirname, 'subject.ts');
    this.#child = spawn(process.execPath, ['--expose-gc', '--disable-warning=ExperimentalWarning', subject], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', ({ id, value, failure }: Reply) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (failure === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(`the subject: ${failure}`));
    });
    this.#child.on('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the subject ended (${signal ?? code})`));
      this.#waiting.clear();
    });
  }

  /** Starts it; it lists and watches from now on. */
  static async start(kubeconfig: string): Promise<SubjectProcess> {
    const subject = new SubjectProcess();
    await subject.ask({ ask: 'start', kubeconfig });
    return subject;
  }

  /** @throws Error when it has ended, fails, or does not answer within 30 s. */
  async ask<Asked extends Question>(question: Asked): Promise<Answers[Asked['ask']]> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) throw new Error('the subject has ended');
    this.#asked += 1;
    const id = this.#asked;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    const timer = setTimeout(
      () => waiting.reject(new Error(`the subject does not answer ${question.ask}`)),
      answerLimitMs,
    );
    try {
      this.#child.send({ id, ...question });
      return (await waiting.promise) as Answers[Asked['ask']];
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  /** Has it stop everything, and gives what it says is left. */
  async end(): Promise<Remains> {
    return this.ask({ ask: 'end' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
