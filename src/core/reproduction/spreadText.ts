import type { Interval } from './bootstrap.ts';

/** `0.8170 ± 0.0032` */
export function spreadText({
  mean,
  deviation,
}: {
  readonly mean: number;
  readonly deviation: number;
}): string {
  return `${mean.toFixed(4)} ± ${deviation.toFixed(4)}`;
}

/** `-0.0034 (-0.0102 to +0.0033)` */
export function intervalText({ mean, low, high }: Interval): string {
  return `${signed(mean)} (${signed(low)} to ${signed(high)})`;
}

function signed(value: number): string {
  const text = value.toFixed(4);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
}
