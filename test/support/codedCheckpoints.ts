import type { Checkpoint, ModelSpec } from '../../src/core/checkpoint/checkpoint.ts';
import { tablesOf } from '../../src/core/checkpoint/graph/tables.ts';
import type { Coding, FixedPointCoding } from '../../src/core/compression/coding.ts';
import { encodeEmbedding } from '../../src/core/compression/encodeEmbedding.ts';
import { createWasmEngine } from '../../src/core/engine/wasmEngine.ts';
import { Classifier } from '../../src/core/model/classifier.ts';
import { Random } from '../../src/core/random.ts';
import type { Bits } from '../../src/core/recipe/recipe.ts';
import { randomCheckpoint } from './randomCheckpoint.ts';
import { severalCases } from './severalInputs.ts';

const fixed = (bits: Bits, scale: 'table' | 'row' = 'table', zeroPoint = false): FixedPointCoding => ({
  kind: 'fixed-point',
  bits,
  scale,
  zeroPoint,
});
const quantized = {
  kind: 'product-quantization',
  subvector: 3,
  centroids: 16,
  norm: false,
  words: 1,
  unknown: 0,
} as const;

/** One of each kind at least, and each form in which it is stored. */
const codings: readonly (readonly [coding: Coding, rank?: number])[] = [
  ...[1, 2, 3, 4, 5, 8, 12, 16].map((bits) => [fixed(bits)] as const),
  [fixed('ternary')],
  [fixed('ternary', 'row', true)],
  [fixed(6, 'row')],
  [fixed(4), 3],
  [fixed('ternary', 'table', true), 3],
  [{ kind: 'sparse', sparsity: 0.4, gradual: false }],
  [{ kind: 'sparse', sparsity: 0.95, gradual: true }],
  [{ kind: 'sparse', sparsity: 0.7, gradual: false }, 3],
  [{ kind: 'deep-compression', sparsity: 0.5, bits: 4 }],
  [{ kind: 'deep-compression', sparsity: 0.97, bits: 1 }],
  [quantized],
  [{ ...quantized, norm: true, centroids: 7, words: 0.6, unknown: 2 }],
  [{ ...quantized, norm: true, words: 0.3 }, 3],
  [{ kind: 'frequent-rows', words: 0.5, unknown: 4 }, 3],
  [{ kind: 'frequent-rows', words: 0.2, unknown: 0 }],
  [{ kind: 'frequent-rows', words: 0.4, unknown: 1, values: fixed(4) }, 2],
  [{ kind: 'frequent-rows', words: 0.4, unknown: 1, values: fixed('ternary', 'row', true) }],
  [{ kind: 'codes', codebooks: 3, codewords: 8 }],
  [{ kind: 'codes', codebooks: 2, codewords: 5 }, 3],
];

/** Small models with coded embeddings, as they are stored: without the exact values. */
export function codedCheckpoints(): { readonly name: string; readonly checkpoint: Checkpoint }[] {
  const engine = createWasmEngine();
  const stored = <C extends Pick<Checkpoint, 'spec' | 'weights'>>(coded: C): C => ({
    ...coded,
    weights: new Classifier(engine, coded.spec, coded.weights).weights(),
  });
  const ofOneTable = codings.map(([coding, rank]) => {
    const spec: ModelSpec = {
      embedding: { rows: 67, dimension: 11, ...(rank !== undefined && { rank }) },
      body: { kind: 'dan', hidden: [3] },
      head: 'softmax',
      classes: 2,
      masked: true,
    };
    const coded = encodeEmbedding(randomCheckpoint(spec), coding, new Random(3));
    const { kind, ...settings } = coding;
    const name = `${kind} ${Object.values(settings)
      .map((value) => JSON.stringify(value))
      .join(' ')}${rank === undefined ? '' : ` at rank ${rank}`}`;
    return { name, checkpoint: stored(coded) };
  });
  const ofSeveral = [undefined, 2].flatMap((rank) =>
    severalCases(rank).map(({ name, spec, weights }) => {
      const plain = { spec, weights, text: undefined, vocabulary: undefined, labels: undefined };
      const coded = tablesOf(spec).reduce<Checkpoint>(
        (model, table) => encodeEmbedding(model, fixed(5, 'row'), new Random(3), undefined, table.name),
        plain,
      );
      return {
        name: `fixed-point, ${name}${rank ? `, at rank ${rank}` : ''}`,
        checkpoint: stored(coded),
      };
    }),
  );
  return [...ofOneTable, ...ofSeveral];
}
