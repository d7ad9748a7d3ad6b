import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { factorizeCheckpoint } from '../../src/core/embedding/factorizeCheckpoint.ts';
import { UserError } from '../../src/core/errors.ts';
import { askPython, pythonWith } from './python.ts';

interface Saved {
  readonly path: string;
  readonly kind: string;
  readonly framework: string;
  readonly outputs: readonly (readonly number[])[];
}

interface Predicted {
  readonly outputs: readonly (readonly number[])[];
  /** Shapes of the weights that were in one file alone. */
  readonly lost: readonly (readonly number[])[];
  readonly new: readonly (readonly number[])[];
}

describe('models of Keras with layers that are not computed here', function () {
  this.timeout(1_200_000);
  let python = '';
  let folder = '';

  before(function () {
    python = pythonWith(this, 'keras', 'tf_keras', 'tensorflow');
    folder = mkdtempSync(join(tmpdir(), 'press-layers-'));
  });

  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  it('are factorized, at full rank without loss, and keep all other weights', async () => {
    const models = askPython(python, 'anyLayers.py', { save: folder }) as Saved[];
    const copies: (Saved & { readonly copy: string })[] = [];
    for (const saved of models) {
      const { path, kind, framework } = saved;
      // Keras 3 cannot load the `.h5` files that it saves of these: it does not find its own operations on masks.
      if (framework === 'keras' && path.endsWith('.h5') && ['siamese', 'attention'].includes(kind)) continue;
      const copy = `${path}-copy`;
      // One of 12 x 6, which every one of them has.
      const factorized = factorizeCheckpoint(path, copy, { size: { rank: 6 }, embedding: 'words' });
      if (kind === 'inside' && path.endsWith('.h5')) {
        await assert.rejects(factorized, (error) => {
          assert.ok(error instanceof UserError);
          assert.equal(error.code, 'embedding-inside');
          assert.match(error.message, /'words' is inside the layer 'encoder'/);
          return true;
        });
        continue;
      }
      const { notes } = await factorized;
      assert.equal(
        notes.some((note) => note.includes('optimizer')),
        kind === 'siamese',
      );
      copies.push({ ...saved, copy: join(copy, `model.${path.endsWith('.h5') ? 'h5' : 'keras'}`) });
    }
    assert.equal(copies.length, 12);
    const request = copies.map(({ copy, path, kind, framework }) => ({
      path: copy,
      kind,
      framework,
      saved: path,
    }));
    const answers = askPython(python, 'anyLayers.py', { predict: request }) as Predicted[];
    copies.forEach(({ path, outputs }, i) => {
      const { outputs: found, lost, new: made } = answers[i]!;
      const what = basename(path);
      assert.deepEqual(lost, [[12, 6]], what);
      assert.deepEqual(
        [...made].sort(),
        [
          [12, 6],
          [6, 6],
        ],
        what,
      );
      outputs.flat().forEach((value, j) => {
        const other = found.flat()[j] ?? NaN;
        assert.ok(Math.abs(other - value) < 1e-4, `${what}: ${other} is not ${value}`);
      });
    });
  });
});
