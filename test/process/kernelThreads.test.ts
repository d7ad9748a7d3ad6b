import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Engine } from '../../src/core/engine/engine.ts';
import { createTensorflowEngine } from '../../src/core/engine/tensorflowEngine.ts';
import { createWasmEngine } from '../../src/core/engine/wasmEngine.ts';
import { newKernels } from '../../src/core/engine/kernels.ts';
import type { ModelSpec } from '../../src/core/checkpoint/checkpoint.ts';
import { Workspace, type Matrix } from '../../src/core/engine/workspace.ts';
import { Classifier } from '../../src/core/model/classifier.ts';
import { initialWeights } from '../../src/core/model/initialize.ts';
import { Random } from '../../src/core/random.ts';
import { optimizerDefaults } from '../../src/core/recipe/defaults.ts';
import { kernelThreads } from '../../src/process/kernelThreads.ts';

/** Until the threads have started, which nothing tells. */
const startMs = 500;

describe('threads that call kernels', () => {
  const engines = [1, 2, 3].map((threads) => createWasmEngine(kernelThreads(threads)));
  const sizes = [
    [64, 128, 512],
    [1200, 100, 137],
    [300, 513, 9],
    [65, 300, 17],
    [2, 900, 600],
    [130, 2500, 1],
  ] as const;

  function filled(workspace: Workspace, seed: number, rows: number, columns: number): Matrix {
    const matrix = workspace.matrix(rows, columns);
    const random = new Random(seed);
    matrix.data.set(Float32Array.from({ length: rows * columns }, () => random.normal()));
    return matrix;
  }

  it('give the same bits as one thread, of all shapes, transposed and added to what is there', async () => {
    const workspaces = engines.map((engine) => engine.workspace());
    await delay(startMs);
    for (const [m, k, n] of sizes) {
      for (const [transposeA, transposeB] of [
        [false, false],
        [true, false],
        [false, true],
      ] as const) {
        const [expected, ...others] = workspaces.map((workspace) => {
          workspace.begin();
          const a = filled(workspace, 1, transposeA ? k : m, transposeA ? m : k);
          const b = filled(workspace, 2, transposeB ? n : k, transposeB ? k : n);
          const to = filled(workspace, 3, m, n);
          const product = workspace.matMul(a, b, transposeA, transposeB);
          return [...product.data, ...workspace.matMul(a, b, transposeA, transposeB, to).data];
        });
        for (const found of others) assert.deepEqual(found, expected, `${m} x ${k} x ${n}`);
      }
    }
  });

  it('take part', async () => {
    const sharing = kernelThreads(2)!;
    // The caller waits in the place of its own share, so that all there is comes from the other thread.
    const wait = (): void => {
      for (const end = performance.now() + 50; performance.now() < end;);
    };
    const start: typeof sharing.start = (shared) =>
      sharing.start({ ...shared, functions: { ...shared.functions, matMul: wait } });
    const workspace = new Workspace(newKernels({ threads: 2, start }));
    await delay(startMs);
    const shares = Array.from({ length: 40 }, () => {
      workspace.begin();
      const product = workspace.zeros(64, 512);
      workspace.matMul(filled(workspace, 1, 64, 128), filled(workspace, 2, 128, 512), false, false, product);
      return product.data.filter((value) => value !== 0).length / product.data.length;
    });
    assert.deepEqual(new Set([...shares, 0, 0.5]), new Set([0, 0.5]));
    assert.ok(shares.includes(0.5));
  });

  it('leave the largest products to TensorFlow, which reads them in shared memory', async function () {
    let engine: Engine;
    try {
      engine = createTensorflowEngine(kernelThreads(2));
    } catch {
      this.skip();
    }
    const [shared, alone] = [engine.workspace(), engines[0]!.workspace()];
    await delay(startMs);
    for (const [m, k, n] of [...sizes, [1300, 100, 512]] as const) {
      const [found, expected] = [shared, alone].map((workspace) => {
        workspace.begin();
        return [...workspace.matMul(filled(workspace, 1, m, k), filled(workspace, 2, k, n)).data];
      });
      found!.forEach((value, i) => {
        assert.ok(Math.abs(value - expected![i]!) < 2e-5 * k ** 0.5, `${m} x ${k} x ${n}`);
      });
    }
  });

  it('compute in memory that has grown since they started', async () => {
    const workspaces = engines.map((engine) => engine.workspace());
    await delay(startMs);
    for (const megabytes of [1, 40, 300]) {
      const [expected, ...others] = workspaces.map((workspace) => {
        workspace.begin();
        workspace.matrix(megabytes * 1024, 256);
        return [...workspace.matMul(filled(workspace, 1, 64, 128), filled(workspace, 2, 128, 512)).data];
      });
      for (const found of others) assert.deepEqual(found, expected, `${megabytes} MB`);
    }
  });

  const recurrent = { units: 62, hidden: [] } as const;
  const bodies = {
    LSTM: { kind: 'lstm', pooling: 'mean', peepholes: false, ...recurrent },
    'LSTM with peepholes': { kind: 'lstm', pooling: 'last', peepholes: true, ...recurrent },
    BiLSTM: { kind: 'bilstm', pooling: 'last', ...recurrent },
    GRU: { kind: 'gru', pooling: 'mean', ...recurrent },
  } as const;
  for (const [name, body] of Object.entries(bodies)) {
    it(`train a ${name} to the same weights, whether they are there from the beginning or come later`, async () => {
      const spec: ModelSpec = {
        embedding: { rows: 50, dimension: 60 },
        body,
        head: 'softmax',
        classes: 2,
        masked: true,
      };
      const random = new Random(5);
      const [size, length] = [43, 20];
      const lengths = Int32Array.from({ length: size }, () => 1 + random.integer(length));
      const batch = {
        size,
        length,
        ids: Int32Array.from({ length: length * size }, (_, i) =>
          i % length < lengths[Math.floor(i / length)]! ? 1 + random.integer(49) : 0,
        ),
        lengths,
        labels: Int32Array.from({ length: size }, (_, i) => i % 2),
      };
      const table = Float32Array.from({ length: 50 * 60 }, () => random.normal());
      const models = engines.map(
        (engine) => new Classifier(engine, spec, initialWeights(spec, table, 1), optimizerDefaults.adam),
      );
      for (let step = 0; step < 20; step++) {
        for (const model of models) model.trainStep(batch, 0.01, { units: 0, words: 0, random });
        if (step === 5) await delay(startMs);
      }
      const [expected, ...others] = models.map((model) => model.weights());
      for (const found of others) assert.deepEqual(found, expected);
    });
  }
});
