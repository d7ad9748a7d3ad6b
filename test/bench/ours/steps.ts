import type { Engine, EngineName } from '../../../src/core/engine/engine.ts';
import type { Matrix, Workspace } from '../../../src/core/engine/workspace.ts';
import { Classifier } from '../../../src/core/model/classifier.ts';
import { Random } from '../../../src/core/random.ts';
import { optimizerDefaults } from '../../../src/core/recipe/defaults.ts';
import { trainingBatches } from '../../../src/core/text/batches.ts';
import type { Measures } from '../lineWorker.ts';
import { engineOf, newModel, sentences, type ModelRequest } from './model.ts';

export type StepsRequest = ModelRequest;

const batchSize = 64;
const rate = 1e-3;
/** That a step of Adam reads (gradient, value, two moments) and writes (value, two moments) for each that it updates. */
const adamValues = 7;
/** Matrix products, by whichever of the engine's ways. */
const products = 'products';

interface Spent {
  calls: number;
  seconds: number;
  flops: number;
}

/**
 * Where the time of an epoch's steps goes, after one that is not counted: `NAME seconds`, `NAME calls` and `NAME flops`
 * of each kernel and of the matrix products, and `total seconds` and `total calls`, the steps. For the least that they
 * could take: `moved bytes`, and the rates `peak flops` and `peak bytes` of one second.
 */
export function steps(request: StepsRequest): Measures {
  const spent = new Map<string, Spent>();
  const { spec, weights } = newModel(request);
  const engine = timed(engineOf(request.engine), spent);
  const model = new Classifier(engine, spec, weights, optimizerDefaults.adam);
  const random = new Random(1);
  const train = sentences(request.folder, 'train');
  const dropout = { units: 0, words: 0, random };
  const total: Spent = { calls: 0, seconds: 0, flops: 0 };
  const { rows, rank, dimension } = spec.embedding;
  const width = rank ?? dimension;
  const table = rows * width;
  const others = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0) - table;
  let moved = 0;
  for (const epoch of [0, 1]) {
    spent.clear();
    for (const batch of trainingBatches(train, batchSize, random)) {
      const started = performance.now();
      model.trainStep(batch, rate, dropout);
      if (epoch === 0) continue;
      total.calls++;
      const tokens = batch.lengths.reduce((sum, length) => sum + length, 0);
      const touched = new Set(batch.ids).size * width;
      moved += 4 * (2 * tokens * width + adamValues * (touched + others));
      total.seconds += (performance.now() - started) / 1000;
    }
  }
  return {
    'moved bytes': moved,
    'peak flops': productRate(request.engine),
    'peak bytes': copyRate(),
    ...measuresOf(spent, total),
  };
}

function measuresOf(spent: ReadonlyMap<string, Spent>, total: Spent): Measures {
  return Object.fromEntries(
    [...spent, ['total', total] as const].flatMap(([name, { calls, seconds, flops }]) => [
      [`${name} calls`, calls],
      [`${name} seconds`, seconds],
      ...(flops > 0 ? [[`${name} flops`, flops] as const] : []),
    ]),
  );
}

/** FLOPs a second of the engine in products of a size that suits it. */
function productRate(name: EngineName): number {
  const size = 512;
  const workspace = engineOf(name).workspace();
  const [a, b] = [0.5, 0.25].map((value) => {
    const matrix = workspace.keep(size, size).frozen();
    matrix.data.fill(value);
    return matrix;
  }) as [Matrix, Matrix];
  return bestRate(2 * size ** 3, () => {
    workspace.begin();
    workspace.matMul(a, b);
  });
}

/** Bytes a second, read and written, in a copy that no cache holds. */
function copyRate(): number {
  const from = new Float32Array(2 ** 24).fill(1);
  const to = new Float32Array(from.length);
  return bestRate(2 * from.byteLength, () => {
    to.set(from);
  });
}

function bestRate(work: number, run: () => void): number {
  const times = Array.from({ length: 20 }, () => {
    const started = performance.now();
    run();
    return (performance.now() - started) / 1000;
  });
  return work / Math.min(...times);
}

/** The same engine, which notes how long each kernel and each product takes. */
function timed(engine: Engine, spent: Map<string, Spent>): Engine {
  const note = (name: string, started: number, flops = 0): void => {
    const own = spent.get(name) ?? { calls: 0, seconds: 0, flops: 0 };
    spent.set(name, own);
    own.calls++;
    own.seconds += (performance.now() - started) / 1000;
    own.flops += flops;
  };
  return {
    ...engine,
    workspace() {
      const workspace = engine.workspace();
      const kernels = Object.entries(workspace.kernels).map(([name, kernel]: [string, unknown]) => [
        name,
        typeof kernel !== 'function' || name.startsWith('matMul')
          ? kernel
          : (...operands: unknown[]): unknown => {
              const started = performance.now();
              const result: unknown = (kernel as (...of: unknown[]) => unknown)(...operands);
              note(name, started);
              return result;
            },
      ]);
      const multiply = workspace.matMul.bind(workspace);
      const multiplyInto = workspace.multiplyInto.bind(workspace);
      return Object.defineProperties(workspace, {
        kernels: { value: Object.fromEntries(kernels) as Workspace['kernels'] },
        matMul: {
          value: (...operands: Parameters<typeof multiply>) => {
            const started = performance.now();
            const product = multiply(...operands);
            const [a, , transposeA] = operands;
            const inner = transposeA === true ? a.rows : a.columns;
            note(products, started, 2 * product.rows * product.columns * inner);
            return product;
          },
        },
        multiplyInto: {
          value: (...operands: Parameters<typeof multiplyInto>) => {
            const started = performance.now();
            multiplyInto(...operands);
            const [{ rows, columns }, { matrix }] = operands;
            note(products, started, 2 * rows * columns * matrix.columns);
          },
        },
      });
    },
  };
}
