import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Body, ModelSpec } from '../../src/core/checkpoint/checkpoint.ts';
import { Classifier } from '../../src/core/model/classifier.ts';
import { installedEngines } from '../support/engines.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';
import { pythonWith } from './python.ts';

const bodies: readonly Body[] = [
  { kind: 'lstm', units: 7, pooling: 'mean', peepholes: false, hidden: [] },
  { kind: 'bilstm', units: 6, pooling: 'mean', hidden: [] },
  { kind: 'bilstm', units: 5, pooling: 'last', hidden: [] },
  { kind: 'gru', units: 7, pooling: 'mean', hidden: [] },
  { kind: 'gru', units: 6, pooling: 'last', hidden: [] },
  { kind: 'cnn', widths: [1, 3, 4], filters: 5, hidden: [] },
];

/** None is shorter than a window: Keras has no output for one. */
const sentences = [
  [3, 4, 3, 7, 1, 9],
  [2, 6, 8, 5],
  [9, 11, 5, 1, 10],
];
const length = Math.max(...sentences.map((tokens) => tokens.length));

describe('classifiers against Keras', function () {
  this.timeout(120_000);
  let python = '';
  let folder = '';

  before(function () {
    python = pythonWith(this, 'keras', 'tensorflow');
    folder = mkdtempSync(join(tmpdir(), 'embedding-press-bodies-'));
  });

  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  for (const body of bodies) {
    const pooling = 'pooling' in body ? `, ${body.pooling}` : '';
    it(`predicts what Keras does: ${body.kind}${pooling}`, () => {
      const embedding = { rows: 12, dimension: 6 };
      const spec: ModelSpec = { embedding, body, head: 'softmax', classes: 3, masked: true };
      const { weights } = randomCheckpoint(spec);
      const padded = sentences.map((tokens) => [
        ...tokens,
        ...new Array<number>(length - tokens.length).fill(0),
      ]);
      writeFileSync(
        join(folder, 'case.json'),
        JSON.stringify({
          body,
          shapes: [...weights].map(([name, { shape }]) => [name, shape]),
          // Keras's convolutions see padding, its recurrent layers do not.
          sentences: body.kind === 'cnn' ? sentences : padded,
        }),
      );
      writeFileSync(
        join(folder, 'weights.bin'),
        Buffer.concat([...weights.values()].map(({ data }) => Buffer.from(data.buffer))),
      );
      const script = join(import.meta.dirname, 'bodies.py');
      const expected = JSON.parse(execFileSync(python, [script, folder], { encoding: 'utf8' })) as number[][];
      for (const engine of installedEngines()) {
        const { data } = new Classifier(engine, spec, weights).predict({
          size: sentences.length,
          length,
          ids: Int32Array.from(padded.flat()),
          lengths: Int32Array.from(sentences, (tokens) => tokens.length),
          labels: new Int32Array(sentences.length),
        });
        expected.flat().forEach((p, i) => {
          assert.ok(Math.abs(data[i]! - p) < 1e-5, `${engine.name}: ${data[i]} is not ${p}`);
        });
      }
    });
  }
});
