/**
 * Preloaded into each subject's process (`node --import`): measures its event loop from the inside, and answers its parent.
 * Stalls are counted twice: by the clock, as clients of the process would see them, and by the processor time that the main
 * thread took, which other programs on the same cores cannot add to.
 */
import { setInterval } from 'node:timers';
import type { Answer, Question } from './process.ts';

const intervalMs = 5;

let stallMs = 0;
let stallCpuMs = 0;
let seenMs = performance.now();
let seenCpuMs = threadMs();

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

setInterval(() => {
  const nowMs = performance.now();
  const nowCpuMs = threadMs();
  stallMs = Math.max(stallMs, nowMs - seenMs - intervalMs);
  stallCpuMs = Math.max(stallCpuMs, nowCpuMs - seenCpuMs);
  seenMs = nowMs;
  seenCpuMs = nowCpuMs;
}, intervalMs).unref();

process.on('message', ({ ask }: Question) => {
  if (ask === 'restart') {
    stallMs = 0;
    stallCpuMs = 0;
    return;
  }
  const { user, system } = process.cpuUsage();
  const answer: Answer = { kind: 'usage', cpuMs: (user + system) / 1000, stallMs, stallCpuMs };
  process.send?.(answer);
});
process.channel?.unref();
