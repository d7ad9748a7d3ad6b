import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectCheckpoint } from '../../src/core/checkpoint/inspect.ts';
import { CancelledError, UserError } from '../../src/core/errors.ts';
import { describeModel, modelNames, shortCount } from '../../src/editor/checkpointLabels.ts';
import { lookAtModels } from '../../src/editor/checkpointSearch.ts';
import { concernsModels, isPassedOver } from '../../src/editor/modelFiles.ts';

const never = (): Promise<never> => Promise.reject(new Error('No other process is needed.'));

describe('the models of a workspace', () => {
  const { signal } = new AbortController();
  let folder = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-models-'));
    await cp('sample/model', join(folder, 'model'), { recursive: true });
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function write(name: string, content: string | Buffer): Promise<string> {
    const path = join(folder, name);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, content);
    return path;
  }

  it('are told from other files of their name, which are left out', async () => {
    const header = JSON.stringify({ weight: { dtype: 'F16', shape: [1], data_offsets: [0, 2] } });
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    const paths = [
      await write('other/model.json', '{"a": 1}'),
      await write('text/model.json', 'no JSON at all'),
      await write('graph/model.json', '{"format": "graph-model", "modelTopology": {}}'),
      await write('hub/model.safetensors', Buffer.concat([length, Buffer.from(header), Buffer.alloc(2)])),
      join(folder, 'gone/model.json'),
      join(folder, 'model/model.json'),
    ];
    const found = await lookAtModels(paths, signal, never);
    assert.deepEqual(
      found.map(({ path }) => path),
      [join(folder, 'model/model.json')],
    );
    assert.ok(found[0] && 'inspection' in found[0]);
    assert.equal(describeModel(found[0].inspection), '99 % embedding, 113\u00a0k parameters, tfjs');
  });

  it('are listed with what is wrong with them where they are broken', async () => {
    const model = join(folder, 'model');
    for (const name of await readdir(model)) if (name.endsWith('.bin')) await truncate(join(model, name), 9);
    const paths = [
      join(model, 'model.json'),
      await write('cut/model.json', '{"format": "layers-model", "modelTopology": {"mod'),
      await write('cut/model.safetensors', 'short'),
    ];
    const found = await lookAtModels(paths, signal, never);
    assert.deepEqual(
      found.map((one) => 'fault' in one && one.fault.length > 20),
      [true, true, true],
    );
  });

  it('are read in another process where that takes long', async () => {
    const path = join(folder, 'model/model.json');
    const inspection = await inspectCheckpoint(path);
    await write('model/vocabulary.txt', 'word\n'.repeat(300_000));
    const large = await write('large/model.json', `{"a": "${'x'.repeat(2 ** 21)}"}`);
    const asked: string[] = [];
    const found = await lookAtModels([path, large], signal, (model) => {
      asked.push(model);
      return model === path
        ? Promise.resolve(inspection)
        : Promise.reject(new UserError('no-topology', 'The model has no layers.', ''));
    });
    assert.deepEqual([asked, found], [[path, large], [{ path, inspection }]]);
  });

  it('are looked for no longer once nobody wants them', async () => {
    const cancelled = new AbortController();
    const path = join(folder, 'model/model.json');
    cancelled.abort();
    await assert.rejects(lookAtModels([path], cancelled.signal, never), CancelledError);
  });

  it('are looked for again only when a file of theirs changes', () => {
    for (const path of ['/ws/a/model.json', '/ws/a/press.json', '/ws/a/group1-shard1of1.bin'])
      assert.ok(concernsModels(path), path);
    for (const path of [
      '/ws/a/train.tsv',
      '/ws/node_modules/a/model.json',
      '/ws/.embedding-press/runs/a/b/checkpoints/c/best/model.json',
      '/ws/model.0123abcd.tmp/model.json',
    ])
      assert.ok(!concernsModels(path), path);
    assert.ok(isPassedOver('/ws/.git') && !isPassedOver('/ws/git.tmp'));
  });

  it('have names that tell them apart', () => {
    assert.deepEqual(modelNames(['a/model', 'b/model', 'c/other']), ['a/model', 'b/model', 'other']);
    // Two files of one folder are told apart by their formats.
    assert.deepEqual(modelNames(['a/model', 'a/model']), ['model', 'model']);
    assert.deepEqual([0, 999, 1000, 999_499, 999_600, 123_456_789].map(shortCount), [
      '0',
      '999',
      '1\u00a0k',
      '999\u00a0k',
      '1\u00a0M',
      '123\u00a0M',
    ]);
  });
});
