import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readCheckpoint, writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import type { WrittenFormat } from '../../src/core/checkpoint/fileNames.ts';
import { createWasmEngine } from '../../src/core/engine/wasmEngine.ts';
import { createPredictor } from '../../src/core/model/predictor.ts';
import { textDefaults } from '../../src/core/recipe/defaults.ts';
import { snippets } from '../../src/core/report/snippets.ts';
import { tokenize } from '../../src/core/text/tokenizer.ts';
import { pythonWith } from '../parity/python.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';

const sentence = 'A sentence to classify.';
const sentences = [
  sentence,
  "I don't think it’s GOOD, they'd say: can't!",
  'n’t ’s ’ \' "x_y" e\u0301t\u00e9 3.5%… 日本語 \ud83d\ude00 İstanbul ΣΑΣ',
  'nothing-known whatsoever',
  '',
];

async function writeModel(folder: string, format: WrittenFormat): Promise<void> {
  const vocabulary = [
    '<pad>',
    '<unk>',
    ...new Set(sentences.slice(0, 3).flatMap((text) => tokenize(text, textDefaults))),
  ];
  const labels = ['one', 'two', 'three', 'four'];
  const checkpoint = randomCheckpoint({
    embedding: { rows: vocabulary.length, dimension: 6, rank: 3 },
    body: { kind: 'dan', hidden: [5] },
    head: 'softmax',
    classes: labels.length,
    masked: true,
  });
  await writeCheckpoint(
    join(folder, 'model'),
    { ...checkpoint, vocabulary, labels, text: textDefaults },
    format,
  );
}

async function expected(folder: string): Promise<string[]> {
  const predict = createPredictor(await readCheckpoint(join(folder, 'model')), createWasmEngine());
  return sentences.map((text) => predict(text).label);
}

describe('the snippets of model cards', function () {
  this.timeout(180_000);
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('are those of docs/snippets, of ten lines at most', async () => {
    for (const name of await readdir('docs/snippets')) {
      const text = await readFile(join('docs/snippets', name), 'utf8');
      assert.equal(snippets[name as keyof typeof snippets], text, name);
      assert.ok(text.trimEnd().split('\n').length <= 10, name);
    }
  });

  it('classify with plain tfjs in Node as we do', async function () {
    if (!existsSync('node_modules/@tensorflow/tfjs')) this.skip();
    await writeModel(folder, 'tfjs');
    const model = join(folder, 'model');
    await symlink(resolve('node_modules'), join(folder, 'node_modules'));
    const said: string[] = [];
    for (const text of sentences) {
      const script = join(model, 'classify.mjs');
      await writeFile(
        script,
        snippets['classifyTfjs.mjs'].replace(`'${sentence}'`, () => JSON.stringify(text)),
      );
      const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
        cwd: model,
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
      said.push(stdout.trim().split('\n').at(-1)!);
    }
    await rm(join(model, 'classify.mjs'));
    assert.deepEqual(said, await expected(folder));
  });

  const run = (python: string, name: 'classify_keras.py' | 'classify_dan.py'): unknown => {
    const model = join(folder, 'model');
    const loop = `import contextlib, io, json
said = []
for text in json.loads(${JSON.stringify(JSON.stringify(sentences))}):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(open("${name}", encoding="utf-8").read().replace(${JSON.stringify(JSON.stringify(sentence))}, repr(text)), {})
    said.append(out.getvalue().strip().split("\\n")[-1])
from words import words_of
print("\\n" + json.dumps([said, [words_of(text) for text in json.loads(${JSON.stringify(JSON.stringify(sentences))})]]))
`;
    const { status, stdout, stderr } = spawnSync(python, ['-c', loop], {
      cwd: model,
      encoding: 'utf8',
      env: {
        ...process.env,
        PYTHONDONTWRITEBYTECODE: '1',
        PYTHONPATH: '.',
        KERAS_BACKEND: 'tensorflow',
        PYTHONUTF8: '1',
      },
    });
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
  };

  for (const [name, format, module] of [
    ['classify_dan.py', 'safetensors', 'numpy'],
    ['classify_keras.py', 'keras', 'keras'],
  ] as const) {
    it(`classify with ${module} in Python as we do`, async function () {
      const python = pythonWith(this, module);
      await writeModel(folder, format);
      const said = await expected(folder);
      const model = join(folder, 'model');
      await copyFile('docs/decoders/decode.py', join(model, 'decode.py'));
      await writeFile(join(model, 'words.py'), snippets['words.py']);
      await writeFile(join(model, name), snippets[name]);
      assert.deepEqual(run(python, name), [said, sentences.map((text) => tokenize(text, textDefaults))]);
    });
  }
});
