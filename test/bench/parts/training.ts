import { join } from 'node:path';
import { dataFolder } from '../data.ts';
import { seconds, threadGroup, type Contestant, type Part } from '../part.ts';
import type { Library, Workers } from '../workers.ts';

const small = join(dataFolder, 'small');
const large = join(dataFolder, 'large');
const threadCounts = [1, 2];

interface Way {
  readonly name: string;
  readonly library: Library;
  readonly request: Readonly<Record<string, unknown>>;
  readonly buckets?: boolean;
}

const ours = (name: string, request: Record<string, unknown>): Way[] =>
  (['tensorflow', 'wasm'] as const).map((engine) => ({
    name: `ours, ${engine}${name}`,
    library: 'ours',
    request: { ...request, engine },
  }));

const torch = (name: string, request: Record<string, unknown>): Way => ({
  name: `torch, ${name}`,
  library: 'torch',
  request,
});

/** A peer as it is, and with buckets. */
const bothWays = (ways: readonly Way[]): Way[] =>
  ways.flatMap((way) => [
    { ...way, buckets: false },
    { ...way, name: `${way.name}, buckets`, request: { ...way.request, buckets: true }, buckets: true },
  ]);

function contestants(
  workers: Workers,
  folder: string,
  groups: ReadonlyMap<string, readonly Way[]>,
): Contestant[] {
  return threadCounts.flatMap((threads) =>
    [...groups].flatMap(([group, ways]) =>
      ways.map(({ name, library, request, buckets }) => ({
        name,
        ours: library === 'ours',
        group: group === '' ? threadGroup(threads) : `${group}, ${threadGroup(threads)}`,
        ...(buckets !== undefined && { buckets }),
        measure: () => workers.of(library, threads).ask({ run: 'epoch', folder, ...request }),
      })),
    ),
  );
}

export const danPart: Part = {
  name: 'dan',
  title: 'Training a deep averaging network',
  about:
    'Seconds of an epoch over SST-2 (6,920 sentences, 109 steps), two hidden layers of 100, 17,575 words, the table trainable, Adam. The embedding bag takes sentences without padding.',
  columns: [seconds('seconds an epoch')],
  warmUp: true,
  contestants: (workers) =>
    contestants(
      workers,
      small,
      new Map([
        [
          '',
          [
            ...ours('', { model: 'dan' }),
            ...bothWays([
              torch('dense Adam', { model: 'dan', optimizer: 'dense' }),
              torch('fused Adam', { model: 'dan', optimizer: 'fused' }),
              torch('SparseAdam for the table', { model: 'dan', optimizer: 'sparse' }),
              { name: 'Keras, fit', library: 'keras', request: { model: 'dan' } },
            ]),
            { ...torch('embedding bag, SparseAdam', { model: 'bag', optimizer: 'sparse' }), buckets: false },
          ],
        ],
      ]),
    ),
};

const rank = 9;

export const lstmPart: Part = {
  name: 'lstm',
  title: 'Training an LSTM',
  about: `Seconds of an epoch over SST-2, 128 units, outputs averaged over time, 17,575 words, the table trainable, Adam; and with the table factorized at rank ${rank}, a reduction of 0.9.`,
  columns: [seconds('seconds an epoch')],
  warmUp: true,
  contestants: (workers) =>
    contestants(
      workers,
      small,
      new Map([
        [
          'Dense',
          [
            ...ours('', { model: 'lstm' }),
            ...bothWays([
              torch('dense Adam', { model: 'lstm', optimizer: 'dense' }),
              torch('fused Adam', { model: 'lstm', optimizer: 'fused' }),
              torch('SparseAdam for the table', { model: 'lstm', optimizer: 'sparse' }),
              torch('packed sequences, SparseAdam', { model: 'packed', optimizer: 'sparse' }),
              { name: 'Keras, fit', library: 'keras', request: { model: 'lstm' } },
            ]),
          ],
        ],
        [
          `Factorized at rank ${rank}`,
          [
            ...ours('', { model: 'lstm', rank }),
            ...bothWays([torch('fused Adam', { model: 'lstm', optimizer: 'fused', rank })]),
          ],
        ],
      ]),
    ),
};

/** A dense optimizer's step costs the same whatever the batch. */
const steps = 10;

export const largePart: Part = {
  name: 'large',
  title: "Training with the whole of GloVe's vocabulary",
  about: `Seconds of an epoch of the deep averaging network with 341,481 words, all trainable. Those that go over the whole table in every step are measured for ${steps} steps of 109.`,
  columns: [seconds('seconds an epoch')],
  warmUp: true,
  contestants: (workers) =>
    contestants(
      workers,
      large,
      new Map([
        [
          '',
          [
            ...ours('', { model: 'dan' }),
            ...ours(', 17,575 words', { model: 'dan', folder: small }),
            torch('dense Adam', { model: 'dan', optimizer: 'dense', steps }),
            torch('fused Adam', { model: 'dan', optimizer: 'fused', steps }),
            torch('SparseAdam for the table', { model: 'dan', optimizer: 'sparse' }),
            torch('embedding bag, SparseAdam', { model: 'bag', optimizer: 'sparse' }),
            { name: 'Keras, fit', library: 'keras', request: { model: 'dan', steps } },
          ],
        ],
      ]),
    ),
};
