import assert from 'node:assert/strict';
import type { Body, ModelSpec } from '../../src/core/checkpoint/checkpoint.ts';
import { addsNoLatency, layerCosts, totalCost } from '../../src/core/cost/cost.ts';
import { weightShapes } from '../../src/core/checkpoint/specFromJson.ts';
import { achievedReduction, rankForReduction } from '../../src/core/cost/reduction.ts';
import { UserError } from '../../src/core/errors.ts';

// The authors' sizes on SST-2: GloVe 6B 300d, 17,575 words.
const [m, n] = [17_575, 300];
const dan: Body = { kind: 'dan', hidden: [30, 25] };
const lstm: Body = { kind: 'lstm', units: 150, pooling: 'mean', peepholes: true, hidden: [] };
const model = (body: Body, rank?: number, head: ModelSpec['head'] = 'softmax'): ModelSpec => ({
  embedding: { rows: m, dimension: n, ...(rank !== undefined && { rank }) },
  body,
  head,
  classes: 2,
  masked: true,
});

/** layer -> [parameters, FLOPs] */
const table = (spec: ModelSpec, T: number): Record<string, readonly [number, number]> =>
  Object.fromEntries(
    layerCosts(spec, T).map(({ layer, parameters, flopsPerSentence }) => [
      layer,
      [parameters, flopsPerSentence],
    ]),
  );

describe('layerCosts', () => {
  it('matches a count by hand for the authors’ DAN, 20 tokens', () => {
    assert.deepEqual(table(model(dan), 20), {
      'embedding/table': [5_272_500, 0],
      average: [0, 6_000],
      hidden_0: [9_030, 18_030],
      hidden_1: [775, 1_525],
      head: [52, 102],
    });
    const total = totalCost(layerCosts(model(dan), 20));
    assert.deepEqual(total, {
      layer: 'total',
      parameters: 5_282_357,
      storageBytes: 21_129_428,
      memoryBytes: 21_129_428,
      // 300 * 30 + 30 * 25 + 25 * 2.
      multiplyAddsPerSentence: 9_800,
      flopsPerSentence: 25_657,
    });
  });

  it('averages before it multiplies by B in a factorized DAN', () => {
    assert.deepEqual(table(model(dan, 29), 20), {
      'embedding/A': [509_675, 0],
      average: [0, 580],
      'embedding/B': [8_700, 17_400],
      hidden_0: [9_030, 18_030],
      hidden_1: [775, 1_525],
      head: [52, 102],
    });
  });

  it('matches a count by hand for the authors’ LSTM with peepholes, 40 tokens', () => {
    assert.deepEqual(table(model(lstm), 40), {
      'embedding/table': [5_272_500, 0],
      // 600 * 451 + 450; a token takes 540,000 in the kernels, 600 biases, 600 in the cell, 900 in peepholes.
      lstm: [271_050, 40 * 542_100],
      pooling: [0, 6_000],
      head: [302, 602],
    });
  });

  it('multiplies every token by B in a factorized LSTM', () => {
    const costs = table(model(lstm, 29), 40);
    assert.deepEqual(costs['embedding/A'], [509_675, 0]);
    assert.deepEqual(costs['embedding/B'], [8_700, 40 * 17_400]);
    assert.equal(costs.average, undefined);
  });

  it('drops what peepholes and the mean cost where there are none, and a sigmoid’s second unit', () => {
    const costs = table(
      model({ ...lstm, peepholes: false, pooling: 'last', hidden: [7] }, undefined, 'sigmoid'),
      1,
    );
    assert.deepEqual(costs.lstm, [270_600, 541_200]);
    assert.deepEqual(costs.pooling, [0, 0]);
    assert.deepEqual(costs.hidden_0, [1_057, 2_107]);
    assert.deepEqual(costs.head, [8, 15]);
  });

  it('counts both directions of a BiLSTM', () => {
    const costs = table(model({ kind: 'bilstm', units: 150, pooling: 'mean', hidden: [] }), 40);
    assert.deepEqual(costs.bilstm, [541_200, 40 * 1_082_400]);
    assert.deepEqual(costs.pooling, [0, 12_000]);
    assert.deepEqual(costs.head, [602, 1_202]);
  });

  it('matches a count by hand for a GRU with two biases', () => {
    const costs = table(model({ kind: 'gru', units: 150, pooling: 'last', hidden: [] }, 29), 40);
    // 450 * 452; a token takes 2 * 450 * 450 in the kernels, 900 in the biases, 750 in the cell.
    assert.deepEqual(costs.gru, [203_400, 40 * 406_650]);
    assert.deepEqual(costs['embedding/B'], [8_700, 40 * 17_400]);
    assert.deepEqual(costs.head, [302, 602]);
  });

  it('matches a count by hand for Kim’s CNN, and computes one window of a sentence that is shorter', () => {
    const body: Body = { kind: 'cnn', widths: [3, 50], filters: 100, hidden: [] };
    const costs = table(model(body), 40);
    assert.deepEqual(costs.conv_3, [90_100, 38 * 180_000 + 100]);
    assert.deepEqual(costs.conv_50, [1_500_100, 3_000_000 + 100]);
    assert.deepEqual(costs.head, [402, 802]);
  });

  it('counts a coded table on disk by its bits, and in memory by the values that are computed with', () => {
    const [table] = layerCosts(
      {
        ...model(dan),
        embedding: {
          rows: 1000,
          dimension: 300,
          coding: { kind: 'fixed-point', bits: 4, scale: 'table', zeroPoint: false },
        },
      },
      20,
    );
    assert.ok(table!.storageBytes < 0.13 * table!.memoryBytes);
    assert.equal(table!.memoryBytes, 1_200_000);
  });

  it('counts the multiply-adds of matrix products, of every token in a recurrence and a convolution', () => {
    const products = (body: Body, rank?: number): number =>
      totalCost(layerCosts(model(body, rank), 40)).multiplyAddsPerSentence;
    assert.equal(products({ kind: 'gru', units: 150, pooling: 'last', hidden: [] }), 40 * 450 * 450 + 300);
    assert.equal(products(lstm, 29), 40 * (29 * 300 + 600 * 450) + 300);
    assert.equal(products({ kind: 'cnn', widths: [3], filters: 100, hidden: [] }), 38 * 90_000 + 200);
  });

  it('has every parameter of every model', () => {
    const bodies: Body[] = [
      dan,
      lstm,
      { kind: 'bilstm', units: 7, pooling: 'mean', hidden: [5] },
      { kind: 'gru', units: 7, pooling: 'last', hidden: [] },
      { kind: 'cnn', widths: [2, 4], filters: 6, hidden: [5] },
    ];
    for (const body of bodies) {
      for (const rank of [undefined, 9]) {
        const shapes = [...weightShapes(model(body, rank)).values()];
        const parameters = shapes.reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
        assert.equal(totalCost(layerCosts(model(body, rank), 20)).parameters, parameters);
      }
    }
  });

  it('takes four bytes a parameter', () => {
    for (const layer of layerCosts(model(lstm, 29), 40)) {
      assert.equal(layer.storageBytes, 4 * layer.parameters);
    }
  });
});

describe('addsNoLatency', () => {
  it('holds against fixed point for a DAN with k <= T', () => {
    for (let T = 1; T <= 80; T++) {
      for (let k = 1; k <= T; k++) assert.ok(addsNoLatency(model(dan, k), T), `k ${k}, T ${T}`);
    }
    assert.ok(!addsNoLatency(model(dan, 2), 1));
    assert.ok(!addsNoLatency(model(dan, 30), 20)); // 600 + 18,000 against 6,000 + 12,000
  });

  it('does not hold for an LSTM above rank 1', () => {
    assert.ok(addsNoLatency(model(lstm, 1), 40));
    for (const k of [2, 9, 29]) assert.ok(!addsNoLatency(model(lstm, k), 40));
  });

  it('holds for a model that is not factorized', () => {
    assert.ok(addsNoLatency(model(dan), 20));
  });
});

describe('rankForReduction', () => {
  it('follows the paper’s formula at the authors’ size', () => {
    // 0.1 * 17575 * 300 / 17875 = 29.497
    assert.equal(rankForReduction(0.9, m, n), 29);
    assert.equal(rankForReduction(0.5, m, n), 147);
    assert.equal(rankForReduction(0.7, 100, 100), 15);
  });

  it('does not lose a rank to rounding', () => {
    // (1 - 0.9) * 100 * 100 / 200 = 5 in exact arithmetic, 4.999... in floating point.
    assert.ok(((1 - 0.9) * 100 * 100) / 200 < 5);
    assert.equal(rankForReduction(0.9, 100, 100), 5);
  });

  it('is at least 1 and never above the smaller side', () => {
    assert.equal(rankForReduction(0.999999, 50, 10), 1);
    for (const [rows, columns] of [
      [5, 300],
      [300, 5],
      [1, 1],
      [100_000, 50],
    ] as const) {
      const rank = rankForReduction(1e-6, rows, columns);
      assert.ok(rank >= 1 && rank <= Math.min(rows, columns));
    }
  });

  it('achieves at least the reduction asked for, where the rank is not held at 1', () => {
    for (const reduction of [0.1, 0.5, 0.9, 0.95, 0.98]) {
      const achieved = achievedReduction(rankForReduction(reduction, m, n), m, n);
      assert.ok(achieved >= reduction - 1e-9 && achieved < reduction + 1 / 250);
    }
    assert.ok(achievedReduction(300, m, n) < 0);
  });

  it('rejects reductions outside (0,1)', () => {
    for (const reduction of [0, 1, -0.1, 90, NaN]) {
      assert.throws(
        () => rankForReduction(reduction, m, n),
        (error: unknown) =>
          error instanceof UserError &&
          error.code === 'invalid-reduction' &&
          error.message.includes(String(reduction)),
      );
    }
  });
});
