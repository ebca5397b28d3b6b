/** The sum of all series of a metric, or of those with these labels, in the text format of Prometheus. */
export function sumOf(metric: string, exposition: string, labels: Readonly<Record<string, string>> = {}): number {
  return matching(metric, exposition, labels).reduce((sum, [, value]) => sum + value, 0);
}

/** The series of a metric with exactly these labels; 0 where there is none. */
export function valueOf(exposition: string, metric: string, labels: Readonly<Record<string, string>>): number {
  return matching(metric, exposition, labels)[0]?.[1] ?? 0;
}

function matching(
  metric: string,
  exposition: string,
  labels: Readonly<Record<string, string>>,
): ReturnType<typeof valuesOf> {
  const wanted = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return valuesOf(metric, exposition).filter(([series]) => wanted.every((label) => series.includes(label)));
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
