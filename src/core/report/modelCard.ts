import type { Body, Checkpoint, ModelSpec } from '../checkpoint/checkpoint.ts';
import { layerOfTable, tablesOf } from '../checkpoint/graph/tables.ts';
import { inputLength, inputNames } from '../checkpoint/graph/inputLength.ts';
import { classNames } from '../checkpoint/graphBody.ts';
import { modelFile, type WrittenFormat } from '../checkpoint/fileNames.ts';
import { wordsOfLayer } from '../checkpoint/keras/textLayer.ts';
import type { Storage } from '../checkpoint/storageTypes.ts';
import { textDefaults } from '../recipe/defaults.ts';
import type { Results, TrialResult } from '../sweep/trial.ts';
import { markCard } from './cardMark.ts';
import { snippets } from './snippets.ts';

type SnippetName = keyof typeof snippets;

export interface HashedFile {
  /** As it is shown. */
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What rounding has done to the accuracy, measured on the model as it was read back from its file. */
export interface RoundingEffect {
  readonly part: 'validation' | 'test';
  readonly sentences: number;
  readonly before: number;
  readonly after: number;
}

/** Where a model comes from. */
export interface ModelOrigin {
  readonly recipe: string;
  /** The model's file that the recipe names, where it does not train one. */
  readonly model?: string;
  readonly run?: {
    readonly id: string;
    readonly result: TrialResult;
    /** None while the run is not done. */
    readonly results?: Results;
  };
  readonly data: readonly (HashedFile & { readonly part: string })[];
}

export interface ModelFacts {
  readonly name: string;
  readonly checkpoint: Checkpoint;
  readonly format: WrittenFormat;
  readonly storage: Storage;
  readonly files: readonly HashedFile[];
  /** Of Embedding Press. */
  readonly version: string;
  readonly origin?: ModelOrigin;
  readonly rounding?: RoundingEffect;
}

/** The model card: README.md of an exported model. What comes from data and files is escaped. */
export function modelCard(facts: ModelFacts): string {
  const sections = [
    `# ${escaped(facts.name)}`,
    introduction(facts),
    '## Accuracy',
    accuracySection(facts),
    '## Size',
    sizeSection(facts),
    '## Where it comes from',
    originSection(facts),
    '## What it reads and says',
    textSection(facts.checkpoint),
    '## How to load it',
    ...loading(facts),
  ];
  return markCard(`${sections.join('\n\n')}\n\n`);
}

/** Text that stands for itself in Markdown, on one line. */
export function escaped(text: string): string {
  return (
    text
      // Controls and line separators would end the line, and turn what follows into something else.
      // eslint-disable-next-line no-control-regex
      .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
      .replace(/[!-&(-+.:-@[-`{-~]/g, '\\$&')
  );
}

function introduction({ checkpoint: { spec }, storage, format }: ModelFacts): string {
  const { rank, coding } = spec.embedding;
  const tables = tablesOf(spec);
  const embeddings = tables.map(({ name, rows, dimension, rank: k }) => {
    const named = tables.length === 1 ? 'an embedding' : `the embedding ${escaped(layerOfTable(spec, name))}`;
    return `${named} of ${rows} x ${dimension}${k === undefined ? '' : `, as two factors of rank ${k}`}`;
  });
  const coded = coding === undefined ? '' : `, stored as ${coding.kind}`;
  const rounded =
    storage === 'float32'
      ? ''
      : ` ${tables.length > 1 ? 'All tables, or their factors, are' : rank === undefined ? 'The table is' : 'Both factors are'} ${storedAs(storage, format)}, all other weights as float32.`;
  const several = spec.head === 'multi-label' ? ', any of which a sentence may have' : '';
  return `A text classifier of ${spec.classes} classes${several}: ${bodyName(spec.body)} over ${embeddings.join(tables.length > 2 ? '; ' : ' and ')}${coded}.${rounded} Written by Embedding Press as ${modelFile[format]}.`;
}

function storedAs(storage: Storage, format: WrittenFormat): string {
  return format === 'keras' || format === 'h5'
    ? `rounded to ${storage} and stored as float32, compressed`
    : `stored as ${storage}`;
}

function bodyName(body: Body): string {
  switch (body.kind) {
    case 'dan':
      return 'a deep averaging network';
    case 'cnn':
      return 'convolutions';
    case 'graph':
      return `layers (${classNames(body)})`;
    default:
      return { lstm: 'an LSTM', bilstm: 'a bidirectional LSTM', gru: 'a GRU' }[body.kind];
  }
}

function accuracySection({ checkpoint, origin, rounding, storage }: ModelFacts): string {
  const run = origin?.run;
  const parts: string[] = [];
  if (run !== undefined) {
    const { result, results } = run;
    const same =
      results?.points.filter(({ setting }) => setting !== undefined && setting === result.setting) ?? [];
    const mean = (figure: 'validationAccuracy' | 'testAccuracy'): number | undefined => {
      const values = same.flatMap((one) => one[figure] ?? []);
      return values.length < same.length || values.length === 0
        ? undefined
        : values.reduce((a, b) => a + b, 0) / values.length;
    };
    const row = (name: string, validation?: number, test?: number): string[] => [
      name,
      shown(validation),
      shown(test),
    ];
    parts.push(
      table(
        ['Model', 'Validation', 'Test'],
        [
          row(`this one, seed ${result.seed}`, result.validationAccuracy, result.testAccuracy),
          ...(same.length > 1
            ? [row(`mean of its ${same.length} seeds`, mean('validationAccuracy'), mean('testAccuracy'))]
            : []),
          ...(results?.baseline
            ? [
                row(
                  `uncompressed${seedsOf(results.baseline.seeds)}`,
                  results.baseline.validationAccuracy,
                  results.baseline.testAccuracy,
                ),
              ]
            : []),
          ...(results?.control
            ? [
                row(
                  `control: uncompressed and retrained alike${seedsOf(results.control.seeds)}`,
                  results.control.validationAccuracy,
                  results.control.testAccuracy,
                ),
              ]
            : []),
        ],
      ),
    );
    if (results !== undefined) {
      const { train, validation, test } = results.dataset;
      parts.push(
        `Of ${train} training, ${validation} validation and ${test} test sentences. The best epoch and the model were chosen by the validation data.`,
      );
    }
    if (storage !== 'float32') parts.push(`These figures are from before the rounding to ${storage}.`);
  }
  if (rounding !== undefined) {
    const { part, sentences, before, after } = rounding;
    parts.push(
      storage === 'float32'
        ? `Read back from its file, on ${sentences} ${part} sentences: ${shown(after)}.`
        : `Read back from its file after the rounding to ${storage}, on ${sentences} ${part} sentences: ${shown(after)}; before it ${shown(before)}.`,
    );
  }
  if (parts.length > 0 && checkpoint.spec.head === 'multi-label') {
    parts.push(
      "Accuracy is the share of right decisions, sentence by sentence and label by label, a probability above 0.5 giving a label: Keras's `binary_accuracy`.",
    );
  }
  return parts.length > 0
    ? parts.join('\n\n')
    : 'Not measured: no run or recipe with labelled sentences was given.';
}

function seedsOf(seeds: readonly unknown[]): string {
  return seeds.length > 1 ? `, mean of ${seeds.length} seeds` : '';
}

function sizeSection({ files, origin }: ModelFacts): string {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const lines = [`The files take ${bytes} bytes.`];
  const run = origin?.run;
  const baseline = run?.results?.baseline;
  if (run !== undefined) {
    const { result } = run;
    lines.push(
      `Its weights are ${result.storageBytes} bytes as they were trained, ${result.embeddingBytes} of them the embedding's.`,
    );
    if (baseline !== undefined) lines.push(`The uncompressed model's are ${baseline.storageBytes} bytes.`);
    if (result.reduction !== undefined) {
      lines.push(`Of the embedding's bytes ${(100 * result.reduction).toFixed(1)} % are saved.`);
    }
  }
  return `${lines.join(' ')}\n\n${table(['File', 'Bytes', 'sha256'], files.map(fileRow))}`;
}

function originSection({ origin, version }: ModelFacts): string {
  const rows: string[][] = [['Embedding Press', version]];
  if (origin === undefined) return table(['What', 'Which'], rows);
  rows.push(['Recipe', escaped(origin.recipe)]);
  if (origin.model !== undefined) rows.push(['Made from', escaped(origin.model)]);
  if (origin.run !== undefined) {
    const { id, result, results } = origin.run;
    rows.push(
      ['Run', escaped(id)],
      ['Model of the run', escaped(result.trial)],
      ['Seed', String(result.seed)],
    );
    if (result.method !== undefined) rows.push(['Method', escaped(result.method)]);
    if (results !== undefined) {
      rows.push(['Engine', escaped(results.engine)]);
      for (const [name, which] of Object.entries(results.versions))
        rows.push([escaped(name), escaped(which)]);
    }
  }
  const data = origin.data.map((file) => [escaped(file.part), ...fileRow(file)]);
  if (data.length === 0) return table(['What', 'Which'], rows);
  return `${table(['What', 'Which'], rows)}\n\nThe data, as its files were at the export:\n\n${table(['Part', 'File', 'Bytes', 'sha256'], data)}`;
}

const mostLabels = 100;

function textSection({ spec, labels, text, vocabulary }: Checkpoint): string {
  const parts: string[] = [];
  const inputs = spec.body.kind === 'graph' ? spec.body.inputs : undefined;
  if (inputs !== undefined) {
    const names = inputs.map(({ name, length }) =>
      length === undefined ? escaped(name) : `${escaped(name)} (${length} tokens)`,
    );
    parts.push(
      `It takes ${inputs.length} texts, one for each input, in this order: ${names.join(', ')}. Each is cut to its input's tokens, or to \`maxLength\`, and padded with row 0.`,
    );
  }
  if (labels !== undefined) {
    const shownLabels = labels
      .slice(0, mostLabels)
      .map((label) => escaped(label))
      .join(', ');
    const more = labels.length > mostLabels ? `, and ${labels.length - mostLabels} more` : '';
    parts.push(`Labels, in the order of the outputs: ${shownLabels}${more}.`);
  }
  if (vocabulary !== undefined)
    parts.push(`The vocabulary has ${vocabulary.length} words; row 0 is the padding.`);
  if (text !== undefined) {
    const rows = Object.entries(text).map(([name, value]) => [name, escaped(String(value))]);
    parts.push(table(['Text setting', 'Value'], rows));
  }
  return parts.length > 0
    ? parts.join('\n\n')
    : 'Nothing beside the model says what its rows and outputs mean.';
}

function loading({ checkpoint, format }: ModelFacts): string[] {
  const { spec, text } = checkpoint;
  const code = (language: string, source: string): string => `\`\`\`${language}\n${source}\`\`\``;
  const words = 'Save these lines as `words.py`. They split a text into words:';
  const parts: string[] = [];
  let readsText = true;
  switch (format) {
    case 'tfjs':
      parts.push(
        '**Node**, in this folder, with the package `@tensorflow/tfjs`:',
        code('js', answering(takingTexts('classifyTfjs.mjs', 'classifyTfjsTexts.mjs', spec), spec)),
        "**Browser**: the same lines with `fetch` in place of `readFileSync`, and `await tf.loadLayersModel('model.json')`, which reads the shards by itself.",
        '**Python**: export the model as `.keras`, which Keras loads.',
      );
      break;
    case 'keras':
    case 'h5':
      if (wordsOfLayer(checkpoint) !== undefined) {
        return [
          '**Python**, in this folder, with Keras. The model reads text by itself:',
          code(
            'python',
            answering(snippets['classify_text.py'], spec).replace('model.keras', modelFile[format]),
          ),
          ...lacking(checkpoint),
        ];
      }
      parts.push(
        `**Python**, in this folder, with Keras. ${words}`,
        code('python', snippets['words.py']),
        'And these classify:',
        code(
          'python',
          answering(takingTexts('classify_keras.py', 'classify_keras_texts.py', spec), spec).replace(
            'model.keras',
            modelFile[format],
          ),
        ),
        '**Node** and **browser**: export the model as tfjs.',
      );
      break;
    case 'safetensors':
      if (
        spec.body.kind === 'dan' &&
        spec.embedding.rank !== undefined &&
        spec.masked &&
        (spec.head === 'softmax' || spec.head === 'logits')
      ) {
        parts.push(
          `**Python**, in this folder, with numpy and \`decode.py\` of Embedding Press's \`docs/decoders\`. ${words}`,
          code('python', snippets['words.py']),
          'And these classify:',
          code('python', snippets['classify_dan.py']),
        );
      } else {
        readsText = false;
        parts.push(
          "**Python**: `decode.py` of Embedding Press's `docs/decoders` gives the tensors:",
          code('python', 'from decode import decode\nspec, weights = decode("model.safetensors")\n'),
        );
      }
      parts.push(
        "**Node** and **browser**: `decode.mjs` of Embedding Press's `docs/decoders` gives the tensors:",
        code(
          'js',
          "import { decode } from './decode.mjs';\nconst { spec, tensors } = decode(await (await fetch('model.safetensors')).arrayBuffer());\n",
        ),
      );
  }
  if (!readsText) return parts;
  const differing = (['tokenizer', 'lowercase', 'padding', 'truncation'] as const).filter(
    (name) => (text?.[name] ?? defaultOf[name]) !== defaultOf[name],
  );
  if (differing.length > 0) {
    parts.push(
      `The lines above split texts in the default way, and this model has another \`${differing.join('`, `')}\`: see its text settings, and change the lines.`,
    );
  }
  return [...parts, ...lacking(checkpoint)];
}

/** What the lines read and a model has come without, and how to give it. */
function lacking({ spec, labels, text, vocabulary }: Checkpoint): string[] {
  const parts: string[] = [];
  if (vocabulary === undefined) {
    parts.push(
      `No vocabulary came with this model: put \`vocabulary.txt\` beside it, with the word of each of the ${spec.embedding.rows} rows on a line, that of row 0 first.`,
    );
  }
  if (labels !== undefined && text !== undefined) return parts;
  const maxLength = inputLength(spec) ?? textDefaults.maxLength;
  const names = Array.from({ length: Math.min(spec.classes, mostLabels) }, (_, i) => `class ${i}`);
  const fields = {
    ...(text === undefined && { text: { ...textDefaults, maxLength } }),
    ...(labels === undefined && { labels: names }),
  };
  const lacks = Object.keys(fields).map((name) => `\`${name}\``);
  parts.push(
    `The lines above read ${lacks.join(' and ')} of \`press.json\`, which this model came without. Add there what it was trained with, in this form:`,
    `\`\`\`json\n${JSON.stringify(fields, undefined, 2)}\n\`\`\``,
  );
  return parts;
}

/** The lines for a model that takes one text, or those for several with as many as it takes. */
function takingTexts(one: SnippetName, several: SnippetName, spec: ModelSpec): string {
  const names = inputNames(spec);
  if (names === undefined) return snippets[one];
  return snippets[several].replace(/(["'])Text 1\..*?Text 2\.\1/, (_, quote: string) =>
    names.map((_name, i) => `${quote}Text ${i + 1}.${quote}`).join(', '),
  );
}

/** Lines that classify; those for a model of several labels a sentence print all that it gives. */
function answering(source: string, { head, logit }: ModelSpec): string {
  if (logit) return source.replace('scores[0] > 0.5', 'scores[0] > 0');
  if (head !== 'multi-label') return source;
  return source
    .replace(/^print\((.+?)\[int\(.*$/m, 'print([label for label, score in zip($1, scores) if score > 0.5])')
    .replace(/^console\.log\(.*\);$/m, 'console.log(labels.filter((_, i) => scores[i] > 0.5));');
}

const defaultOf = { ...textDefaults, truncation: 'right' } as const;

function fileRow({ name, bytes, sha256 }: HashedFile): string[] {
  return [escaped(name), String(bytes), sha256];
}

function shown(accuracy: number | undefined): string {
  return accuracy === undefined ? '' : accuracy.toFixed(4);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
