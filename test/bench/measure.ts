import type { Measures } from './lineWorker.ts';
import { median } from './median.ts';
import type { Contestant, Part } from './part.ts';
import { Workers } from './workers.ts';

/** A contestant's medians, with all that they are the medians of. */
export interface Row {
  readonly name: string;
  readonly ours: boolean;
  readonly group: string;
  readonly form?: string;
  readonly buckets?: boolean;
  readonly medians: Measures;
  readonly samples: readonly Measures[];
}

/** Lets the contestants take turns: what disturbs the machine for a while disturbs all of them. */
export async function measure(part: Part, repetitions: number, tell: (text: string) => void): Promise<Row[]> {
  const workers = new Workers();
  try {
    const contestants = await part.contestants(workers);
    const samples = contestants.map((): Measures[] => []);
    const rounds = repetitions + (part.warmUp ? 1 : 0);
    for (let round = 0; round < rounds; round++) {
      tell(`${part.name}: round ${round + 1} of ${rounds}`);
      for (const [i, contestant] of contestants.entries()) {
        const sample = await contestant.measure();
        if (round >= rounds - repetitions) samples[i]?.push(sample);
      }
    }
    return contestants.map((contestant, i) => rowOf(contestant, samples[i] ?? []));
  } finally {
    await workers.close();
  }
}

function rowOf({ name, ours, group, form, buckets }: Contestant, samples: Measures[]): Row {
  const keys = Object.keys(samples[0] ?? {});
  const medians = Object.fromEntries(keys.map((key) => [key, median(samples.map((one) => one[key] ?? NaN))]));
  const optional = { ...(form !== undefined && { form }), ...(buckets !== undefined && { buckets }) };
  return { name, ours, group, ...optional, medians, samples };
}
