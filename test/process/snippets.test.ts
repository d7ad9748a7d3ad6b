import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Body } from '../../src/core/checkpoint/checkpoint.ts';
import { readCheckpoint, writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import type { WrittenFormat } from '../../src/core/checkpoint/fileNames.ts';
import { createWasmEngine } from '../../src/core/engine/wasmEngine.ts';
import { createPredictor } from '../../src/core/model/predictor.ts';
import { textDefaults } from '../../src/core/recipe/defaults.ts';
import { snippets } from '../../src/core/report/snippets.ts';
import { tokenize } from '../../src/core/text/tokenizer.ts';
import { pythonWith } from '../parity/python.ts';
import { node } from '../support/graphs.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';
import { embedding } from '../support/severalInputs.ts';

const sentence = 'A sentence to classify.';
const sentences = [
  sentence,
  "I don't think it’s GOOD, they'd say: can't!",
  'n’t ’s ’ \' "x_y" e\u0301t\u00e9 3.5%… 日本語 \ud83d\ude00 İstanbul ΣΑΣ',
  'nothing-known whatsoever',
  '',
];

/** For the two inputs of a model, which take five and any number of tokens. */
const pairs = [
  [sentence, "I don't think it’s GOOD, they'd say: can't!"],
  ['nothing-known whatsoever', 'A sentence'],
  ["they'd say: can't! I don't think", ''],
] as const;

const dan: Body = { kind: 'dan', hidden: [5] };
const ofPairs: Body = {
  kind: 'graph',
  inputs: [{ name: 'title', length: 5 }, { name: 'body' }],
  nodes: [
    embedding('again', { input: 1 }, 'embedding'),
    node('LSTM', 'lstm', 'embedding', { units: 3 }),
    node('GlobalMaxPooling1D', 'most', 'again'),
    node('Concatenate', 'both', ['lstm', 'most'], { axis: -1 }),
  ],
  hidden: [],
  maskZero: false,
  dialect: 'keras',
};

async function writeModel(
  folder: string,
  format: WrittenFormat,
  body = dan,
  firstWords = ['<pad>', '<unk>'],
): Promise<void> {
  const vocabulary = [
    ...firstWords,
    ...new Set(sentences.slice(0, 3).flatMap((text) => tokenize(text, textDefaults))),
  ];
  const labels = ['one', 'two', 'three', 'four'];
  const checkpoint = randomCheckpoint({
    embedding: { rows: vocabulary.length, dimension: 6, rank: 3 },
    body,
    head: 'softmax',
    classes: labels.length,
    masked: body === dan,
  });
  await writeCheckpoint(
    join(folder, 'model'),
    { ...checkpoint, vocabulary, labels, text: textDefaults },
    format,
  );
}

async function expected(
  folder: string,
  texts: readonly (readonly string[])[] = sentences.map((text) => [text]),
): Promise<string[]> {
  const predict = createPredictor(await readCheckpoint(join(folder, 'model')), createWasmEngine());
  const labels = texts.map((each) => predict(...each).label);
  assert.ok(new Set(labels).size > 1, 'all the same, which shows little');
  return labels;
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

  for (const [name, body, texts, placeholder] of [
    ['classifyTfjs.mjs', dan, sentences.map((text) => [text]), `'${sentence}'`],
    ['classifyTfjsTexts.mjs', ofPairs, pairs, "'Text 1.', 'Text 2.'"],
  ] as const) {
    it(`classify with plain tfjs in Node as we do: ${name}`, async function () {
      if (!existsSync('node_modules/@tensorflow/tfjs')) this.skip();
      await writeModel(folder, 'tfjs', body);
      const model = join(folder, 'model');
      await symlink(resolve('node_modules'), join(folder, 'node_modules'));
      const said: string[] = [];
      for (const each of texts) {
        const script = join(model, 'classify.mjs');
        const literals = each.map((text) => JSON.stringify(text)).join(', ');
        assert.ok(snippets[name].includes(placeholder));
        await writeFile(
          script,
          snippets[name].replace(placeholder, () => literals),
        );
        const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
          cwd: model,
          encoding: 'utf8',
        });
        assert.equal(status, 0, stderr);
        said.push(stdout.trim().split('\n').at(-1)!);
      }
      await rm(join(model, 'classify.mjs'));
      assert.deepEqual(said, await expected(folder, texts));
    });
  }

  const run = (
    python: string,
    name: keyof typeof snippets,
    texts: readonly (readonly string[])[],
    placeholder: string,
  ): unknown => {
    const model = join(folder, 'model');
    const loop = `import contextlib, io, json
said = []
for texts in json.loads(${JSON.stringify(JSON.stringify(texts))}):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(open("${name}", encoding="utf-8").read().replace(${JSON.stringify(placeholder)}, ", ".join(map(repr, texts))), {})
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
    // Of a division by zero, say.
    assert.doesNotMatch(stderr, /RuntimeWarning/);
    return JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
  };

  const alone = sentences.map((text) => [text]);
  for (const [name, format, module, body, texts, placeholder] of [
    ['classify_dan.py', 'safetensors', 'numpy', dan, alone, `"${sentence}"`],
    ['classify_keras.py', 'keras', 'keras', dan, alone, `"${sentence}"`],
    ['classify_keras_texts.py', 'keras', 'keras', ofPairs, pairs, '"Text 1.", "Text 2."'],
  ] as const) {
    it(`classify with ${module} in Python as we do: ${name}`, async function () {
      const python = pythonWith(this, module);
      await writeModel(folder, format, body);
      const said = await expected(folder, texts);
      const model = join(folder, 'model');
      await copyFile('docs/decoders/decode.py', join(model, 'decode.py'));
      await writeFile(join(model, 'words.py'), snippets['words.py']);
      await writeFile(join(model, name), snippets[name]);
      assert.deepEqual(run(python, name, texts, placeholder), [
        said,
        sentences.map((text) => tokenize(text, textDefaults)),
      ]);
    });
  }

  it('leave out unknown words where no row is for them', async function () {
    const python = pythonWith(this, 'numpy');
    await writeModel(folder, 'safetensors', dan, ['<pad>']);
    const texts = [[sentence], ['whatsoever they say'], ["that sentence, it's 日本語 and GOOD"]];
    const said = await expected(folder, texts);
    const model = join(folder, 'model');
    await copyFile('docs/decoders/decode.py', join(model, 'decode.py'));
    for (const name of ['words.py', 'classify_dan.py'] as const) {
      await writeFile(join(model, name), snippets[name]);
    }
    const [answers] = run(python, 'classify_dan.py', texts, `"${sentence}"`) as [string[]];
    assert.deepEqual(answers, said);
  });
});
