import type { InspectedLayer } from '../../src/core/checkpoint/inspect.ts';
import { formatPercent } from '../format.ts';

/** A layer with all of its weights: `hidden_0` of `hidden_0/kernel` and `hidden_0/bias`. */
export interface StoragePart {
  readonly layer: string;
  readonly storageBytes: number;
  /** Of the model's bytes, in [0,1]. */
  readonly share: number;
}

export function layerOf(weight: string): string {
  return weight.split('/', 1)[0] ?? weight;
}

/** Weights summed by layer, in their order. */
export function storageParts(weights: readonly InspectedLayer[]): StoragePart[] {
  const parts = new Map<string, number>();
  for (const { name, storageBytes } of weights) {
    const layer = layerOf(name);
    parts.set(layer, (parts.get(layer) ?? 0) + storageBytes);
  }
  const all = weights.reduce((sum, { storageBytes }) => sum + storageBytes, 0);
  return [...parts].map(([layer, storageBytes]) => ({ layer, storageBytes, share: storageBytes / all }));
}

/** Nothing that is there is `0.0 %`. */
export function formatShare(share: number): string {
  return share > 0 && share < 0.0005 ? `<\u00a0${formatPercent(0.001)}` : formatPercent(share);
}
