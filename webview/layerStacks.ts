import type { LayerCost } from '../src/core/sweep/trial.ts';
import { pointName } from '../src/editor/pointName.ts';
import type { ModelRow, ModelRows } from './modelRows.ts';

export type Cost = 'storageBytes' | 'flopsPerSentence';

/** A bar: one model, its layers one after the other. */
export interface Bar {
  readonly name: string;
  readonly total: number;
}

/** A layer's share in each of the bars. */
export interface Stack {
  readonly layer: string;
  readonly values: readonly number[];
}

export interface LayerStacks {
  readonly bars: readonly Bar[];
  readonly stacks: readonly Stack[];
}

/**
 * The uncompressed model's layers and, where a compressed one is selected, its own. A model of a compared run stands
 * against the uncompressed one of that run.
 */
export function layerStacks(rows: ModelRows, selected: ModelRow | undefined, cost: Cost): LayerStacks {
  const models: { name: string; layers: readonly LayerCost[] }[] = [];
  const baseline = baselineOf(rows, selected);
  for (const row of [baseline, selected?.kind === 'point' ? selected : undefined])
    if (row) models.push({ name: pointName(row), layers: row.layers });
  // The table and its factors first, side by side; then the rest in the order of computation.
  const all = [...new Set(models.flatMap((model) => model.layers.map((layer) => layer.layer)))];
  const ofEmbedding = (layer: string): boolean => layer.startsWith('embedding');
  const names = [...all.filter(ofEmbedding), ...all.filter((layer) => !ofEmbedding(layer))];
  const stacks = names.map((layer) => ({
    layer,
    values: models.map((model) =>
      model.layers.reduce((sum, part) => sum + (part.layer === layer ? part[cost] : 0), 0),
    ),
  }));
  return {
    bars: models.map(({ name, layers }) => ({
      name,
      total: layers.reduce((sum, layer) => sum + layer[cost], 0),
    })),
    // A layer that costs nothing, such as a lookup's FLOPs, has no piece to show.
    stacks: stacks.filter((stack) => stack.values.some((value) => value > 0)),
  };
}

function baselineOf(rows: ModelRows, selected: ModelRow | undefined): ModelRow | undefined {
  if (selected?.run === undefined) return rows.baseline;
  return rows.compared.find((row) => row.kind === 'baseline' && row.run?.key === selected.run?.key);
}
