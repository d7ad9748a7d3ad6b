import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { codedMatrices } from '../../src/core/checkpoint/specFromJson.ts';
import { schemeOf } from '../../src/core/compression/codings.ts';
import { tensorsBelow } from '../../src/core/checkpoint/tensorsBelow.ts';
import { codedCheckpoints } from '../support/codedCheckpoints.ts';
import { pythonWith } from './python.ts';

describe('the decoder in Python', function () {
  this.timeout(120_000);

  it('gives the values that we decode, bit for bit', async function () {
    const python = pythonWith(this, 'numpy');
    const folder = await mkdtemp(join(tmpdir(), 'press-'));
    try {
      const checkpoints = codedCheckpoints();
      for (const [i, { checkpoint }] of checkpoints.entries()) {
        await writeCheckpoint(join(folder, String(i)), checkpoint);
      }
      execFileSync(python, [join(import.meta.dirname, 'decoder.py'), folder, String(checkpoints.length)]);
      for (const [i, { name, checkpoint }] of checkpoints.entries()) {
        const { spec, weights } = checkpoint;
        for (const matrix of codedMatrices(spec)) {
          const { rows, columns, coding } = matrix;
          const expected = schemeOf(coding).decode(tensorsBelow(weights, matrix.name), rows, columns, coding);
          const bytes = await readFile(join(folder, `${i}.${matrix.name.replaceAll('/', '.')}`));
          const found = new Float32Array(
            bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
          );
          assert.deepEqual(found, expected, `${name}: ${matrix.name}`);
        }
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
