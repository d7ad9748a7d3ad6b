import type { InspectedLayer } from '../../src/core/checkpoint/inspect.ts';
import { formatPercent } from '../format.ts';

/** A layer with all of its weights: `hidden_0` of `hidden_0/kernel` and `hidden_0/bias`. */
export interface StoragePart {
  readonly layer: string;
  readonly storageBytes: number;
  /** Of the model, in [0,1]. */
  readonly share: number;
}

export function layerOf(weight: string): string {
  return weight.split('/', 1)[0] ?? weight;
}

/** Weights summed by layer, in their order. */
export function storageParts(weights: readonly InspectedLayer[]): StoragePart[] {
  const parts = new Map<string, StoragePart>();
  for (const { name, storageBytes, share } of weights) {
    const layer = layerOf(name);
    const sum = parts.get(layer);
    parts.set(layer, {
      layer,
      storageBytes: (sum?.storageBytes ?? 0) + storageBytes,
      share: (sum?.share ?? 0) + share,
    });
  }
  return [...parts.values()];
}

/** Nothing that is there is `0.0 %`. */
export function formatShare(share: number): string {
  return share > 0 && share < 0.0005 ? `<\u00a0${formatPercent(0.001)}` : formatPercent(share);
}
