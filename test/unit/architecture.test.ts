import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor } from '../../src/core/checkpoint/checkpoint.ts';
import { readCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { listTensors } from '../../src/core/checkpoint/listTensors.ts';
import { openCheckpoint } from '../../src/core/checkpoint/openCheckpoint.ts';
import { writeSafetensors } from '../../src/core/checkpoint/safetensors.ts';
import { architectureDefaults } from '../../src/core/recipe/defaults.ts';
import type { RawArchitecture } from '../../src/core/recipe/rawRecipe.ts';
import { torchFile } from '../support/torchFile.ts';

/** Tensors whose numbers count up, so that each number tells where it came from. */
function counted(shapes: Readonly<Record<string, readonly number[]>>): Map<string, Tensor> {
  return new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const length = shape.reduce((a, b) => a * b, 1);
      return [name, { shape, data: Float32Array.from({ length }, (_, i) => i) }];
    }),
  );
}

const lstm = (prefix: string, n: number, units: number, end = ''): Record<string, number[]> => ({
  [`${prefix}weight_ih_l0${end}`]: [4 * units, n],
  [`${prefix}weight_hh_l0${end}`]: [4 * units, units],
  [`${prefix}bias_ih_l0${end}`]: [4 * units],
  [`${prefix}bias_hh_l0${end}`]: [4 * units],
});
const lstmModel = { 'embedding.weight': [5, 3], ...lstm('lstm.', 3, 2), 'fc.weight': [4, 2], 'fc.bias': [4] };
const lastLstm: RawArchitecture = { kind: 'lstm', pooling: 'last' };

describe('architectures of bare tensors', () => {
  let folder = '';
  let path = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-architecture-'));
    path = join(folder, 'model.pt');
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  async function open(shapes: Readonly<Record<string, readonly number[]>>, architecture: RawArchitecture) {
    await writeFile(path, torchFile(counted(shapes)));
    return openCheckpoint(path, { ...architectureDefaults, ...architecture });
  }

  async function refused(
    shapes: Readonly<Record<string, readonly number[]>>,
    architecture: RawArchitecture,
    code: string,
    message: RegExp,
  ): Promise<void> {
    await assert.rejects(open(shapes, architecture), { name: 'UserError', code, message });
  }

  it('are recognised by their usual names, whatever lies around the model', async () => {
    for (const prefix of ['', 'module.', '_orig_mod.model.']) {
      const shapes = Object.fromEntries(Object.entries(lstmModel).map(([name, s]) => [prefix + name, s]));
      const { format, spec } = await open(shapes, lastLstm);
      assert.equal(format, 'torch');
      assert.deepEqual(spec, {
        embedding: { rows: 5, dimension: 3 },
        body: { kind: 'lstm', units: 2, pooling: 'last', peepholes: false, hidden: [] },
        head: 'logits',
        classes: 4,
        masked: true,
      });
    }
    const dan = { 'fc2.weight': [1, 3], 'emb.weight': [5, 3], 'fc1.weight': [3, 3], 'fc10.weight': [3, 3] };
    const refusedOrder = open(dan, { kind: 'dan' });
    await assert.rejects(refusedOrder, { code: 'dense-layers', message: /no chain|more than one/ });
    const inOrder = {
      'fc10.weight': [1, 3],
      'emb.weight': [5, 3],
      'fc9.weight': [3, 3],
      'fc2.weight': [3, 3],
    };
    const { spec, readWeights } = await open(inOrder, { kind: 'dan' });
    assert.deepEqual([spec.head, spec.classes, spec.body.hidden], ['sigmoid', 2, [3, 3]]);
    assert.deepEqual([...(await readWeights()).get('head/bias')!.data], [0]);
  });

  it("have torch's layouts translated", async () => {
    const { readWeights } = await open(
      { 'embedding.weight': [5, 2], ...gru('rnn.', 2, 1), 'out.weight': [2, 1] },
      { kind: 'gru', pooling: 'mean' },
    );
    const weights = await readWeights();
    const of = (name: string): number[] => [...weights.get(name)!.data];
    // torch [[r], [z], [n]] of two inputs; Keras z, r, h in columns.
    assert.deepEqual(of('gru/kernel'), [2, 0, 4, 3, 1, 5]);
    assert.deepEqual(of('gru/recurrent_kernel'), [1, 0, 2]);
    assert.deepEqual(of('gru/bias'), [1, 0, 2, 1, 0, 2]);
    assert.deepEqual(of('head/kernel'), [0, 1]);

    const cnn = await open(
      {
        'embed.weight': [5, 2],
        'convs.0.weight': [3, 2, 4],
        'convs.1.weight': [3, 1, 1, 2],
        'fc.weight': [2, 6],
      },
      { kind: 'cnn' },
    );
    const kernels = await cnn.readWeights();
    const position = (w: number, i: number, f: number): number => (w * 2 + i) * 3 + f;
    const conv1 = kernels.get('conv_4/kernel')!;
    assert.deepEqual(conv1.shape, [4, 2, 3]);
    // torch's [f=2, i=1, w=3] of [3, 2, 4]
    assert.equal(conv1.data[position(3, 1, 2)], 2 * 8 + 1 * 4 + 3);
    assert.equal(kernels.get('conv_1/kernel')!.data[position(0, 1, 2)], 2 * 2 + 1);
  });

  it('take names that are given', async () => {
    const shapes = {
      table: [5, 3],
      ...lstm('reader.', 3, 2),
      ...lstm('other.', 3, 2),
      'a.weight': [2, 2],
      'b.weight': [2, 2],
      'aux.weight': [9, 9],
    };
    const ignore = [...Object.keys(lstm('other.', 3, 2)), 'aux.weight'];
    const tensors = { embedding: 'table', recurrent: 'reader', dense: ['b', 'a.weight'] };
    const { spec } = await open(shapes, { ...lastLstm, tensors, ignore });
    assert.deepEqual([spec.body.hidden, spec.classes], [[2], 2]);
    await refused(shapes, { ...lastLstm, tensors: { embedding: 'tables' } }, 'tensor-missing', /'tables'/);
  });

  it('are refused where a tensor is missing, of another shape, or has no place', async () => {
    await refused({ ...lstmModel, 'norm.weight': [3] }, lastLstm, 'unused-tensor', /'norm\.weight' \[3\]/);
    const both = { ...lstmModel, ...lstm('lstm.', 3, 2, '_reverse') };
    await refused(both, lastLstm, 'unused-tensor', /weight_ih_l0_reverse/);
    await refused(lstmModel, { kind: 'bilstm', pooling: 'last' }, 'tensor-missing', /weight_ih_l0_reverse/);
    await refused(lstmModel, { kind: 'gru', pooling: 'last' }, 'weight-shape', /\[8, 3\], where \[3 gates/);
    await refused(lstmModel, { kind: 'cnn' }, 'no-convolution', /No tensor/);
    await refused(lstmModel, { kind: 'lstm' }, 'architecture-pooling', /mean of its outputs or its last/);
    await refused(lstmModel, { ...lastLstm, head: 'sigmoid' }, 'architecture-head', /has 4/);
    await refused({ ...lstmModel, 'fc.bias': [3] }, lastLstm, 'weight-shape', /'fc\.bias' is \[3\]/);
    await refused({ ...lstmModel, 'fc.weight': [4, 3] }, lastLstm, 'dense-layers', /'fc\.weight' \[4, 3\]/);
    await refused({ ...lstmModel, 'emb2.weight': [9, 3] }, lastLstm, 'which-embedding', /'emb2\.weight'/);
    await refused(
      { 'x.weight': [50, 3], 'fc.weight': [2, 3] },
      { kind: 'dan' },
      'which-embedding',
      /'x\.weight' \[50/,
    );
    await refused(lstmModel, { ...lastLstm, paddingRow: 5 }, 'padding-row', /rows 0 to 4/);
  });

  it('move the padding to row 0, with its word', async () => {
    const shapes = { 'embedding.weight': [4, 2], 'fc.weight': [2, 2] };
    const place = join(folder, 'padded');
    await mkdir(place);
    await writeFile(join(place, 'model.pt'), torchFile(counted(shapes)));
    await writeFile(join(place, 'vocab.txt'), '<unk>\n<pad>\nthe\nend\n');
    const dan = { ...architectureDefaults, kind: 'dan' } as const;
    const swapped = await readCheckpoint(join(place, 'model.pt'), { ...dan, paddingRow: 1 });
    assert.deepEqual(swapped.vocabulary, ['<pad>', '<unk>', 'the', 'end']);
    assert.deepEqual([...swapped.weights.get('embedding/table')!.data], [2, 3, 0, 1, 4, 5, 6, 7]);
    await writeFile(join(place, 'vocab.txt'), '<unk>\na\nthe\nend\n');
    const longer = await readCheckpoint(join(place, 'model.pt'), { ...dan, paddingRow: 'none' });
    assert.deepEqual(longer.vocabulary, ['<pad>', '<unk>', 'a', 'the', 'end']);
    assert.deepEqual([...longer.weights.get('embedding/table')!.data], [0, 0, 0, 1, 2, 3, 4, 5, 6, 7]);
    assert.equal(longer.spec.embedding.rows, 5);
  });

  it('are asked for where a file does not describe itself, and refused where it does', async () => {
    await writeFile(path, torchFile(counted(lstmModel)));
    await assert.rejects(openCheckpoint(path), { code: 'no-spec', hint: /"architecture"/ });
    const own = join(folder, 'own.safetensors');
    const spec = {
      embedding: { rows: 4, dimension: 2 },
      body: { kind: 'dan', hidden: [] },
      head: 'logits',
      classes: 2,
      masked: true,
    };
    const weights = counted({ 'embedding/table': [4, 2], 'head/kernel': [2, 2], 'head/bias': [2] });
    await writeSafetensors(own, weights, { spec: JSON.stringify(spec) });
    assert.equal((await openCheckpoint(own)).spec.classes, 2);
    const architecture = { ...architectureDefaults, kind: 'dan' } as const;
    await assert.rejects(openCheckpoint(own, architecture), { code: 'needless-architecture' });
  });

  it('are proposed from the usual names, or what is in the way is said', async () => {
    await writeFile(path, torchFile(counted(lstmModel)));
    const listing = await listTensors(path);
    assert.deepEqual(listing?.architecture, { kind: 'lstm', pooling: 'last' });
    assert.equal(listing.parameters, 5 * 3 + 8 * 3 + 8 * 2 + 8 + 8 + 8 + 4);
    assert.equal(listing.storageBytes, 4 * listing.parameters);
    assert.equal(listing.tensors[0]?.name, 'embedding.weight');
    const kinds: [Record<string, number[]>, string][] = [
      [{ ...lstmModel, 'fc.weight': [4, 4], ...lstm('lstm.', 3, 2, '_reverse') }, 'bilstm'],
      [{ 'embedding.weight': [5, 2], ...gru('rnn.', 2, 1), 'out.weight': [2, 1] }, 'gru'],
      [{ 'embedding.weight': [5, 2], 'conv.weight': [3, 2, 4], 'fc.weight': [2, 3] }, 'cnn'],
      [{ 'embedding.weight': [5, 2], 'fc.weight': [2, 2] }, 'dan'],
    ];
    for (const [shapes, kind] of kinds) {
      await writeFile(path, torchFile(counted(shapes)));
      assert.equal((await listTensors(path))?.architecture?.kind, kind);
    }
    await writeFile(path, torchFile(counted({ table: [50, 3], x: [2, 3], n: [1] })));
    const unknown = await listTensors(path);
    assert.equal(unknown?.largestTable, 'table');
    assert.match(unknown.fault ?? '', /No tensor is called an embedding/);
    assert.equal(await listTensors(folder), undefined);
  });

  it('name a weight that is not finite', async () => {
    const tensors = counted(lstmModel);
    tensors.get('fc.bias')!.data[2] = NaN;
    await writeFile(path, torchFile(tensors));
    const { readWeights } = await openCheckpoint(path, { ...architectureDefaults, ...lastLstm });
    await assert.rejects(readWeights(), { code: 'weight-not-finite', message: /'fc\.bias' holds NaN/ });
  });
});

function gru(prefix: string, n: number, units: number): Record<string, number[]> {
  return {
    [`${prefix}weight_ih_l0`]: [3 * units, n],
    [`${prefix}weight_hh_l0`]: [3 * units, units],
    [`${prefix}bias_ih_l0`]: [3 * units],
    [`${prefix}bias_hh_l0`]: [3 * units],
  };
}
