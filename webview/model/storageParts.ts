import type { InspectedLayer } from '../../src/core/checkpoint/inspect.ts';
import { formatPercent } from '../format.ts';

/** A layer with all of its weights: `hidden_0` of `hidden_0/kernel` and `hidden_0/bias`. */
export interface StoragePart {
  /** Undefined for all that the largest leave over. */
  readonly layer: string | undefined;
  readonly storageBytes: number;
  /** Of the model's bytes, in [0,1]. */
  readonly share: number;
}

/** More pieces nobody tells apart, and a narrow page has no room for. */
const mostParts = 12;

/** Of `graph/lstm_1/kernel` it is `lstm_1`. */
export function layerOf(weight: string): string {
  const [first = weight, second] = weight.split('/', 2);
  return first === 'graph' && second !== undefined ? second : first;
}

/** Weights summed by layer, in their order; of many layers the largest, and last what the others sum up to. */
export function storageParts(weights: readonly InspectedLayer[]): StoragePart[] {
  const parts = new Map<string, number>();
  for (const { name, storageBytes } of weights) {
    const layer = layerOf(name);
    parts.set(layer, (parts.get(layer) ?? 0) + storageBytes);
  }
  const all = weights.reduce((sum, { storageBytes }) => sum + storageBytes, 0);
  const part = (layer: string | undefined, storageBytes: number): StoragePart => {
    return { layer, storageBytes, share: storageBytes / all };
  };
  if (parts.size <= mostParts) return [...parts].map(([layer, bytes]) => part(layer, bytes));
  const bySize = [...parts].sort(([, a], [, b]) => b - a);
  const shown = new Set(bySize.slice(0, mostParts - 1).map(([layer]) => layer));
  const largest = [...parts].flatMap(([layer, bytes]) => (shown.has(layer) ? part(layer, bytes) : []));
  return [
    ...largest,
    part(undefined, all - largest.reduce((sum, { storageBytes }) => sum + storageBytes, 0)),
  ];
}

/** Nothing that is there is `0.0 %`. */
export function formatShare(share: number): string {
  return share > 0 && share < 0.0005 ? `<\u00a0${formatPercent(0.001)}` : formatPercent(share);
}
