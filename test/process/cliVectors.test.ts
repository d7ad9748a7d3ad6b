import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { npyHeader } from '../../src/core/embedding/vectorsNpy.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';
import { bundleScripts, withTemporaryFolder } from './bundles.ts';

describe('compressing without training, from the command line', function () {
  this.timeout(60_000);
  let scripts: string;

  before(async () => {
    scripts = await bundleScripts('real');
  });

  after(() => rm(scripts, { recursive: true, force: true }));

  function call(folder: string, ...args: string[]) {
    return spawnSync(process.execPath, [join(scripts, 'cli.cjs'), ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
  }

  it('compresses word vectors, and says what was written', () =>
    withTemporaryFolder(async (folder) => {
      await writeFile(join(folder, 'g.txt'), 'the 1 2 3\na 4 5 7\ncat -1 0 2\n');
      await writeFile(join(folder, 'model.zip'), 'PK\x03\x04\0\0 1 2\n');
      const { status, stdout, stderr } = call(folder, 'vectors', 'g.txt', 'small', '--rank', '2');
      assert.equal(status, 0, stderr);
      assert.match(stdout, /3 x 3 vectors at rank 2/);
      assert.match(stdout, /small: factors\.safetensors, vocabulary\.txt, coordinates\.txt/);
      const files = ['coordinates.txt', 'factors.safetensors', 'vocabulary.txt'];
      assert.deepEqual((await readdir(join(folder, 'small'))).sort(), files);

      const json = call(
        folder,
        'vectors',
        'g.txt',
        'b',
        '--reduction',
        '0.5',
        '--write',
        'vectors',
        '--json',
      );
      assert.equal((JSON.parse(json.stdout) as { rank: number }).rank, 1);
      for (const [args, message] of [
        [['g.txt', 'c'], /a rank or by a reduction/],
        [['g.txt', 'c', '--rank', '2', '--reduction', '0.5'], /one of the two/],
        [['g.txt', 'c', '--reduction', '1.5'], /between 0 and 1/],
        [['g.txt', 'c', '--reduction', 'much'], /'much' is invalid/],
        [['g.txt', 'c', '--rank', '4'], /g\.txt: Rank 4 is more than/],
        [['model.zip', 'c', '--rank', '2'], /model\.zip:1: The file is no text .* Unpack an archive first/],
        [['g.txt', 'small', '--rank', '2'], /not empty/],
        [['none.txt', 'c', '--rank', '2'], /does not exist/],
      ] as const) {
        const bad = call(folder, 'vectors', ...args);
        assert.equal(bad.status, 2, bad.stderr);
        assert.match(bad.stderr, message);
      }
    }));

  it('factorizes a model', () =>
    withTemporaryFolder(async (folder) => {
      const checkpoint = randomCheckpoint({
        embedding: { rows: 200, dimension: 20 },
        body: { kind: 'lstm', units: 4, pooling: 'last', hidden: [], peepholes: false },
        head: 'logits',
        classes: 3,
        masked: true,
      });
      await writeCheckpoint(join(folder, 'model'), checkpoint);
      const { status, stdout, stderr } = call(folder, 'factorize', 'model', 'small', '--rank', '3');
      assert.equal(status, 0, stderr);
      assert.match(stdout, /Embedding 200 x 20 at rank 3: 83\.5 % fewer parameters/);
      const shown = call(folder, 'inspect', 'small', '--json');
      const { spec } = JSON.parse(shown.stdout) as { spec: { embedding: object } };
      assert.deepEqual(spec.embedding, { rows: 200, dimension: 20, rank: 3 });
      const again = call(folder, 'factorize', 'model', 'model', '--rank', '3');
      assert.deepEqual([again.status, again.stderr.includes('that of the model itself')], [2, true]);
      const large = call(folder, 'factorize', 'model', 'large', '--rank', '21');
      assert.match(large.stderr, /model\.json: Rank 21 is more than/);
      const whole = call(folder, 'fold', 'model', 'folded');
      assert.deepEqual([whole.status, /model: .* nothing to fold/.test(whole.stderr)], [2, true]);
      assert.deepEqual((await readdir(folder)).sort(), ['model', 'small']);
    }));

  it('is cancelled by Ctrl-C, and leaves nothing behind', function () {
    // Windows ends a process that is sent a signal.
    if (process.platform === 'win32') this.skip();
    return withTemporaryFolder(async (folder) => {
      const [rows, n] = [60_000, 300];
      const values = Buffer.from(Float32Array.from({ length: rows * n }, (_, i) => Math.sin(i)).buffer);
      await writeFile(join(folder, 'w.npy'), Buffer.concat([npyHeader(rows, n), values]));
      const child = spawn(
        process.execPath,
        [join(scripts, 'cli.cjs'), 'vectors', 'w.npy', 'out', '--rank', '9'],
        {
          cwd: folder,
          stdio: ['ignore', 'ignore', 'pipe'],
        },
      );
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
      const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
      // The temporary folder is made once the work has begun.
      while ((await readdir(folder)).length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
      child.kill('SIGINT');
      assert.equal(await ended, 130, said);
      assert.match(said, /Cancelled; nothing was written/);
      assert.deepEqual(await readdir(folder), ['w.npy']);
    });
  });
});
