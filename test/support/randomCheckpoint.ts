import type { Checkpoint, ModelSpec } from '../../src/core/checkpoint/checkpoint.ts';
import { weightShapes } from '../../src/core/checkpoint/specFromJson.ts';
import { Random } from '../../src/core/random.ts';

/** A checkpoint of normal weights, without vocabulary, text settings and labels. */
export function randomCheckpoint(spec: ModelSpec): Checkpoint {
  const random = new Random(11);
  const weights = new Map(
    [...weightShapes(spec)].map(([name, shape]) => {
      const length = shape.reduce((a, b) => a * b, 1);
      return [name, { shape, data: Float32Array.from({ length }, () => random.normal()) }] as const;
    }),
  );
  return { spec, weights, text: undefined, vocabulary: undefined, labels: undefined };
}
