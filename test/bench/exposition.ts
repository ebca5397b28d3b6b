/** The sum of all series of a metric, in the text format of Prometheus. */
export function sumOf(metric: string, exposition: string): number {
  return valuesOf(metric, exposition).reduce((sum, [, value]) => sum + value, 0);
}

/** The series of a metric with exactly these labels; 0 where there is none. */
export function valueOf(exposition: string, metric: string, labels: Readonly<Record<string, string>>): number {
  const wanted = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  const found = valuesOf(metric, exposition).find(([series]) => wanted.every((label) => series.includes(label)));
  return found?.[1] ?? 0;
}

function valuesOf(metric: string, exposition: string): (readonly [series: string, value: number])[] {
  return exposition
    .split('\n')
    .filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `))
    .map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    });
}
