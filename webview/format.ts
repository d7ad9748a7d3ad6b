/** Figures as the page writes them. A no-break space stands before a unit. */
import type { Mean } from './modelRows.ts';

export const NONE = '–';

const integer = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export function formatCount(value: number): string {
  return integer.format(value);
}

export function formatAccuracy(value: number): string {
  return value.toFixed(3);
}

/** `0.824 ± 0.003`, or the mean alone where there is one seed. */
export function formatMean({ mean, deviation }: Mean): string {
  return deviation === undefined
    ? formatAccuracy(mean)
    : `${formatAccuracy(mean)} ± ${formatAccuracy(deviation)}`;
}

/** With a true minus where a model has grown. */
export function formatPercent(share: number): string {
  return `${share < 0 ? '−' : ''}${(100 * Math.abs(share)).toFixed(1)}\u00a0%`;
}

export function formatBytes(bytes: number): string {
  return scaled(bytes, ['B', 'kB', 'MB', 'GB']);
}

export function formatFlops(flops: number): string {
  return scaled(flops, ['', 'k', 'M', 'G']);
}

/** `5 MB` rather than `5.00 MB`, for the round values of an axis. */
export function withoutZeros(text: string): string {
  return text.replace(/\.0+(?=\D|$)/, '').replace(/(\.\d*?[1-9])0+(?=\D|$)/, '$1');
}

/** Three digits that count. */
export function formatMilliseconds(ms: number): string {
  return `${ms < 99.95 ? ms.toPrecision(3) : ms.toFixed(0)}\u00a0ms`;
}

export function formatSeconds(seconds: number): string {
  if (seconds < 0.95) return `${Math.round(1000 * seconds)}\u00a0ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)}\u00a0s`;
  return formatDuration(seconds);
}

/** In two units at most: `48 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}\u00a0s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}\u00a0min ${whole % 60}\u00a0s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}\u00a0h ${minutes % 60}\u00a0min`;
}

/** Of a value against what it was: `−90.0 %`, with a true minus. */
export function formatChange(value: number, was: number): string {
  if (was === 0) return NONE;
  const change = value / was - 1;
  return `${change < 0 ? '' : '+'}${formatPercent(change)}`;
}

/** Three digits that count, in thousands: 6,912,345 B is `6.91 MB`. */
function scaled(value: number, units: readonly string[]): string {
  let rest = value;
  let unit = 0;
  // 999.5 would be written as 1000.
  while (rest >= 999.5 && unit < units.length - 1) {
    rest /= 1000;
    unit++;
  }
  const digits = unit === 0 || rest >= 99.95 ? 0 : rest >= 9.995 ? 1 : 2;
  return `${rest.toFixed(digits)}\u00a0${units[unit] ?? ''}`.trim();
}
