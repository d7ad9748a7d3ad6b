import type { Body, Checkpoint } from '../checkpoint/checkpoint.ts';
import { layerOfTable, tablesOf } from '../checkpoint/graph/tables.ts';
import { classNames } from '../checkpoint/graphBody.ts';
import { isKerasFormat, modelFile, type WrittenFormat } from '../checkpoint/fileNames.ts';
import type { Storage } from '../checkpoint/storageTypes.ts';
import type { Results, TrialResult } from '../sweep/trial.ts';
import { markCard } from './cardMark.ts';
import { loadingLines, mostLabels } from './loadingLines.ts';

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
    ...loadingLines(facts.checkpoint, facts.format),
  ];
  return markCard(`${sections.join('\n\n')}\n\n`);
}

/** Text that stands for itself in Markdown, on one line. */
export function escaped(text: string): string {
  return (
    text
      // Controls and line separators would end the line, and turn what follows into something else.
      .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
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
  return isKerasFormat(format)
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
