import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Body, Checkpoint, Tensor } from '../../src/core/checkpoint/checkpoint.ts';
import { writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import type { Inspection } from '../../src/core/checkpoint/inspect.ts';
import type { Prediction } from '../../src/core/model/predictor.ts';
import { textDefaults } from '../../src/core/recipe/defaults.ts';
import { runsBeside } from '../../src/process/runFolder.ts';
import { listRuns } from '../../src/process/runStatus.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';
import { bundleScripts, withTemporaryFolder } from './bundles.ts';
import { writeRecipe, type RecipeChange } from './runs.ts';

interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe('the command line', function () {
  this.timeout(60_000);
  let real: string;
  let fake: string;

  before(async () => {
    [real, fake] = await Promise.all([bundleScripts('real'), bundleScripts('fake')]);
  });

  after(async () => {
    for (const folder of [real, fake]) await rm(folder, { recursive: true, force: true });
  });

  function call(scripts: string, folder: string, ...args: string[]): Answer {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(scripts, 'cli.cjs'), ...args], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, PRESS_FAKE: JSON.stringify({ epochs: 3, epochMs: 5 }) },
    });
    return { status, stdout, stderr };
  }

  it('runs a recipe, lists the run, and inspects and asks the models', () =>
    withTemporaryFolder(async (folder) => {
      await writeRecipe(folder, (json) => (json.output = 'out'));
      const run = call(real, folder, 'run', 'tiny.press.json', '--engine', 'wasm', '--jobs', '1');
      assert.equal(run.status, 0, run.stderr);
      assert.match(run.stdout, /^baseline-s1 {2}epoch 1\/3/m);
      assert.match(run.stdout, /^uncompressed /m);
      assert.match(run.stdout, /\bout\b/);

      const listed = call(real, folder, 'list', '--json');
      const runs = JSON.parse(listed.stdout) as { state: string }[];
      assert.deepEqual(
        runs.map(({ state }) => state),
        ['done'],
      );
      const shown = call(real, folder, 'inspect', 'out/task-k4', '--json');
      assert.equal(
        (JSON.parse(shown.stdout) as { spec: { embedding: { rank: number } } }).spec.embedding.rank,
        4,
      );
      const asked = call(
        real,
        folder,
        'predict',
        'out/uncompressed',
        'a great film',
        '--json',
        '--engine',
        'wasm',
      );
      assert.equal(asked.status, 0, asked.stderr);
      const { label, probabilities } = JSON.parse(asked.stdout) as Prediction;
      assert.ok(['pos', 'neg'].includes(label));
      const sum = probabilities.reduce((total, { probability }) => total + probability, 0);
      assert.ok(Math.abs(sum - 1) < 1e-5);
      assert.equal(call(real, folder, 'validate', 'tiny.press.json').status, 0);
    }));

  it('prints events as JSON lines and the results last', () =>
    withTemporaryFolder(async (folder) => {
      await writeRecipe(folder);
      const { status, stdout } = call(fake, folder, 'run', 'tiny.press.json', '--json');
      assert.equal(status, 0);
      const lines = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { type: string });
      assert.equal(lines.at(-1)!.type, 'results');
      for (const type of ['run', 'plan', 'trial', 'step', 'epoch', 'result', 'end']) {
        assert.ok(
          lines.some((line) => line.type === type),
          type,
        );
      }
    }));

  it('says 1 where the program fails', () =>
    withTemporaryFolder(async (folder) => {
      await writeRecipe(folder);
      const { status, stderr } = spawnSync(
        process.execPath,
        [join(fake, 'cli.cjs'), 'run', 'tiny.press.json'],
        { cwd: folder, encoding: 'utf8', env: { ...process.env, PRESS_FAKE: '{"fault":"bug"}' } },
      );
      assert.equal(status, 1);
      assert.match(stderr, /undefined is not a table/);
    }));

  it('cancels at Ctrl-C within a second and says 130; resume goes on', () =>
    withTemporaryFolder(async (folder) => {
      await writeRecipe(folder);
      const child = spawn(process.execPath, [join(fake, 'cli.cjs'), 'run', 'tiny.press.json'], {
        cwd: folder,
        env: { ...process.env, PRESS_FAKE: '{"epochs":3,"epochMs":200}' },
      });
      let interruptedAt = 0;
      child.stdout.on('data', (chunk: Buffer) => {
        if (interruptedAt > 0 || !chunk.toString().includes('epoch 2/3')) return;
        interruptedAt = Date.now();
        child.kill('SIGINT');
      });
      const code = await new Promise((resolve) => child.on('exit', resolve));
      assert.equal(code, 130);
      assert.ok(Date.now() - interruptedAt < 1500, `${Date.now() - interruptedAt} ms`);
      const [run] = await listRuns(runsBeside(folder));
      assert.equal(run!.status.state, 'cancelled');
      assert.equal(call(fake, folder, 'resume', run!.folder).status, 0);
      assert.equal(call(fake, folder, 'cancel', run!.folder).status, 2);
    }));

  it('gives a model of Keras back to Keras, and writes others for it', () =>
    withTemporaryFolder(async (folder) => {
      await writeCheckpoint(join(folder, 'model'), smallModel(), 'keras');
      await writeRecipe(folder, (json) => {
        delete json.train;
        delete json.vocabulary;
        Object.assign(json, {
          model: 'model/model.keras',
          labels: ['neg', 'pos'],
          compress: { ranks: [1] },
          output: 'out',
        });
      });
      const run = call(real, folder, 'run', 'tiny.press.json', '--engine', 'wasm', '--jobs', '1');
      assert.equal(run.status, 0, run.stderr);
      assert.ok((await readdir(join(folder, 'out/task-k1'))).includes('model.keras'));

      for (const format of ['tfjs', 'h5', 'safetensors']) {
        const exported = call(real, folder, 'export', 'out/task-k1', format, '--format', format);
        assert.equal(exported.status, 0, exported.stderr);
        const inspected = call(real, folder, 'inspect', format, '--json');
        const { format: found, spec } = JSON.parse(inspected.stdout) as Inspection;
        assert.equal(found, format);
        assert.equal(spec.embedding.rank, 1);
      }
      assert.equal(call(real, folder, 'fold', 'h5', 'folded').status, 0);
      assert.ok((await readdir(join(folder, 'folded'))).includes('model.h5'));

      const spec = { ...smallModel().spec, body: peepholes };
      await writeCheckpoint(join(folder, 'lstm'), randomCheckpoint(spec));
      const refused = call(real, folder, 'export', 'lstm', 'out/lstm', '--format', 'keras');
      assert.equal(refused.status, 2);
      assert.match(refused.stderr, /No stock Keras layer has peepholes/);
    }));

  it('says 2 for a wrong call, and 0 for help', () =>
    withTemporaryFolder((folder) => {
      for (const args of [
        [],
        ['run'],
        ['press'],
        ['run', 'a', '--jobs', '0'],
        ['run', 'a', '--engine', 'x'],
      ]) {
        assert.equal(call(fake, folder, ...args).status, 2, args.join(' '));
      }
      assert.equal(call(fake, folder, '--help').status, 0);
      assert.equal(call(fake, folder, '--version').status, 0);
      assert.equal(call(fake, folder, 'resume', 'nothing').status, 2);
      return Promise.resolve();
    }));

  describe('says 2, names the place in one sentence and leaves nothing, for', () => {
    /** Calls `run` on a broken recipe or on broken data. */
    function refuses(what: string, said: RegExp, spoil: (folder: string) => Promise<void>): void {
      it(what, () =>
        withTemporaryFolder(async (folder) => {
          await spoil(folder);
          const before = (await readdir(folder)).sort();
          const { status, stderr } = call(real, folder, 'run', 'tiny.press.json', '--engine', 'wasm');
          assert.equal(status, 2, stderr);
          assert.match(stderr, said);
          assert.doesNotMatch(stderr, /^\s+at /m);
          assert.deepEqual((await readdir(folder)).sort(), before);
        }),
      );
    }

    const withRecipe =
      (change: RecipeChange, then?: (folder: string) => Promise<unknown>) =>
      async (folder: string): Promise<void> => {
        await writeRecipe(folder, (json) => {
          json.output = 'out';
          change(json);
        });
        await then?.(folder);
      };
    const withData = (name: string, content: string | Uint8Array) =>
      withRecipe(
        () => undefined,
        (folder) => writeFile(join(folder, name), content),
      );
    const withVectors = (content: string) =>
      withRecipe(
        (json) => {
          json.train = { architecture: 'dan', embedding: { dimension: 3, vectors: 'vectors.txt' } };
        },
        (folder) => writeFile(join(folder, 'vectors.txt'), content),
      );
    const withModel = (spoil: (model: string) => Promise<unknown>) =>
      withRecipe(
        (json) => {
          delete json.train;
          json.model = 'model';
        },
        async (folder) => {
          await writeCheckpoint(join(folder, 'model'), smallModel());
          await spoil(join(folder, 'model'));
        },
      );

    refuses('a missing recipe', /tiny\.press\.json: The recipe does not exist/, () => Promise.resolve());
    refuses('a recipe that is no JSON', /tiny\.press\.json:1:\d+: /, async (folder) => {
      await writeFile(join(folder, 'tiny.press.json'), '{ "train": ');
    });
    refuses(
      'a reduction outside (0, 1)',
      /tiny\.press\.json:\d+:\d+: .*1\.5/,
      withRecipe((json) => (json.compress = { reductions: [1.5] })),
    );
    refuses(
      'a rank over min(m, n)',
      /tiny\.press\.json: compress\.ranks\[0\] must be at most 8/,
      withRecipe((json) => (json.compress = { ranks: [99] })),
    );
    refuses(
      'a missing data file',
      /train\.tsv: /,
      withRecipe(
        () => undefined,
        (folder) => rm(join(folder, 'train.tsv')),
      ),
    );
    refuses('an empty data file', /train\.tsv/, withData('train.tsv', ''));
    refuses(
      'an unknown label in the test set',
      /test\.tsv:3.*'neutral'/,
      withData('test.tsv', 'label\ttext\npos\tfine film\nneutral\tthe plot\n'),
    );
    refuses(
      'a row with too many columns',
      /train\.tsv:3/,
      withData('train.tsv', 'label\ttext\npos\tfine\nneg\tbad\tx\n'),
    );
    refuses(
      'invalid UTF-8',
      /train\.tsv:2.*UTF-8/,
      withData('train.tsv', Buffer.concat([Buffer.from('label\ttext\npos\t'), Buffer.from([0xff, 0x0a])])),
    );
    refuses('a vector of the wrong length', /vectors\.txt:2/, withVectors('good 1 2 3\nbad 1 2\n'));
    refuses('a vector with NaN', /vectors\.txt:2/, withVectors('good 1 2 3\nbad 1 NaN 2\n'));
    refuses(
      'a vocabulary that does not match the table',
      /vocabulary\.txt.*\b6\b/,
      withModel((model) => writeFile(join(model, 'vocabulary.txt'), 'one\ntwo\n')),
    );
    refuses(
      'truncated weights',
      /\.bin/,
      withModel(async (model) => {
        const shard = (await readdir(model)).find((name) => name.endsWith('.bin'))!;
        await truncate(join(model, shard), 16);
      }),
    );
    refuses(
      'a model without an embedding',
      /model\.json.*[Ee]mbedding/,
      withModel(async (model) => {
        const path = join(model, 'model.json');
        const json = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
        delete json.userDefinedMetadata;
        await writeFile(path, JSON.stringify(json).replaceAll('"Embedding"', '"Flatten"'));
      }),
    );
    refuses(
      'an output folder of somebody else',
      /uncompressed: /,
      withRecipe(
        () => undefined,
        async (folder) => {
          await mkdir(join(folder, 'out', 'uncompressed'), { recursive: true });
          await writeFile(join(folder, 'out', 'uncompressed', 'notes.txt'), 'mine');
        },
      ),
    );
  });
});

/** A DAN of six words. */
const peepholes: Body = { kind: 'lstm', units: 2, pooling: 'mean', peepholes: true, hidden: [] };

function smallModel(): Checkpoint {
  const tensor = (...shape: number[]): Tensor => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i)),
  });
  return {
    spec: {
      embedding: { rows: 6, dimension: 4 },
      body: { kind: 'dan', hidden: [] },
      head: 'softmax',
      classes: 2,
      masked: true,
    },
    weights: new Map([
      ['embedding/table', tensor(6, 4)],
      ['head/kernel', tensor(4, 2)],
      ['head/bias', tensor(2)],
    ]),
    text: textDefaults,
    vocabulary: ['<pad>', '<unk>', 'good', 'bad', 'film', 'plot'],
    labels: ['neg', 'pos'],
  };
}
