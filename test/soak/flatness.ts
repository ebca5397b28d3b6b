import { median } from '../bench/statistics.ts';

/** Memory at one moment. */
export interface MemorySample {
  /** Since the start. */
  readonly ms: number;
  readonly bytes: number;
}

/** How memory went over a run. */
export interface Trend {
  readonly firstBytes: number;
  readonly lastBytes: number;
  /** The slope that half of all pairs of samples exceed (Theil and Sen): one odd sample does not move it. */
  readonly bytesPerHour: number;
  /** That slope over the whole time. */
  readonly growthBytes: number;
}

const hourMs = 3_600_000;

/** The trend of samples in the order of time. @throws Error for fewer than two. */
export function trendOf(samples: readonly MemorySample[]): Trend {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || samples.length < 2)
    throw new Error('a trend takes two samples at least');
  const slopes = samples.flatMap((one, index) =>
    samples.slice(index + 1).map((other) => (other.bytes - one.bytes) / (other.ms - one.ms)),
  );
  const slope = median(slopes);
  return {
    firstBytes: first.bytes,
    lastBytes: last.bytes,
    bytesPerHour: slope * hourMs,
    growthBytes: slope * (last.ms - first.ms),
  };
}
