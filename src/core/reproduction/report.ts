import { bestAt, summarize, type FinishedExperiment, type Row, type Table } from './summary.ts';
import { retrainDefaults, scheduleDefaults, trainDefaults } from '../recipe/defaults.ts';
import { formatBytes } from '../sweep/resultsTable.ts';
import { lossShown, type Block } from './blocks.ts';
import type { Interval } from './bootstrap.ts';
import { chosenSettings } from './experiments.ts';

/** What the report says of how it was made. */
export interface Provenance {
  readonly command: string;
  readonly version: string;
  readonly vectors: string;
  readonly cores: number;
  readonly cpu: string;
}

/** The report's tables: of methods by data set and model, and of schedules by data set. */
export interface Summaries {
  readonly methods: readonly Table[];
  readonly schedules: readonly ScheduleTable[];
}

export interface ScheduleTable {
  readonly dataset: string;
  readonly schedules: readonly { readonly name: string; readonly table: Table }[];
}

/** Puts finished experiments together: folds of one data set, and schedules of one. */
function summarizeAll(finished: readonly FinishedExperiment[], kept: Map<string, Table>): Summaries {
  // The bootstrap of thousands of sentences takes seconds.
  const summarizeOnce = (experiments: readonly FinishedExperiment[]): Table => {
    const key = experiments.map(({ name }) => name).join();
    const table = kept.get(key) ?? summarize(experiments);
    kept.set(key, table);
    return table;
  };
  const groups = new Map<string, FinishedExperiment[]>();
  for (const experiment of finished) {
    if (experiment.part !== 'methods') continue;
    const key = `${experiment.dataset} ${experiment.body}`;
    groups.set(key, [...(groups.get(key) ?? []), experiment]);
  }
  const ofSchedules = finished.filter(({ part }) => part === 'schedules');
  const datasets = [...new Set(ofSchedules.map(({ dataset }) => dataset))];
  return {
    methods: [...groups.values()].map(summarizeOnce),
    schedules: datasets.map((dataset) => ({
      dataset,
      schedules: ofSchedules
        .filter((experiment) => experiment.dataset === dataset)
        .map((experiment) => ({
          name: experiment.schedule ?? experiment.name,
          table: summarizeOnce([experiment]),
        })),
    })),
  };
}

/**
 * The report, block by block.
 * @param kept tables of a report before, by the names of their experiments; those of this one are added
 */
export function reportBlocks(
  finished: readonly FinishedExperiment[],
  missing: readonly string[],
  provenance: Provenance,
  kept = new Map<string, Table>(),
): Block[] {
  const { methods, schedules } = summarizeAll(finished, kept);
  return [
    heading(1, 'The experiments of the paper, made again'),
    ...introduction(finished, missing, provenance),
    heading(2, 'What the abstract claims, and what came out'),
    ...claims(methods, schedules),
    heading(2, 'Methods'),
    text(
      'Test accuracy is read once, at the end; every choice is made on validation. A difference is against the better, ' +
        'in the mean, of the uncompressed model and its equally retrained control, with the 95 % interval of a paired ' +
        'bootstrap over the test sentences. `times smaller` counts all bytes that stand for the table: codes, codebooks, ' +
        'scales, masks. `unknown` is the accuracy on test sentences with a word that the vocabulary lacks, `before` that ' +
        'on validation before retraining, `FLOPs` those of a sentence of mean length, decoding counted, and `ms` the ' +
        'median time of one sentence, measured while others ran.',
    ),
    ...methods.flatMap(methodsTable),
    ...(schedules.length > 0
      ? [
          heading(2, 'Schedules'),
          text(
            'A DAN trained the same way, factorized, and retrained for five epochs in each of these ways: mean test ' +
              'accuracy ± standard deviation over seeds.',
          ),
          ...schedules.flatMap(scheduleTable),
        ]
      : []),
    heading(2, 'Settings'),
    text(settings(finished)),
  ];
}

function introduction(
  finished: readonly FinishedExperiment[],
  missing: readonly string[],
  { command, version, vectors, cores, cpu }: Provenance,
): Block[] {
  const engines = [...new Set(finished.map(({ results }) => engineOf(results)))].join('; ');
  const seconds = finished.reduce((sum, experiment) => sum + experiment.seconds, 0);
  const rest =
    missing.length === 0 ? '' : ` Not run yet: ${missing.join(', ')}. The same command goes on with them.`;
  return [
    text(
      'Acharya, Goel, Metallinou, Dhillon: "Online Embedding Compression for Text Classification using Low Rank Matrix ' +
        'Factorization", AAAI 2019. This report is written by',
    ),
    { kind: 'code', text: command },
    text(
      `Embedding Press ${version}, ${engines}, ${cores} cores (${cpu}), word vectors ${vectors}; ${finished.length} ` +
        `runs, ${Math.round(seconds / 60)} minutes of training. \`report.html\` has the charts, \`results\` the raw ` +
        `figures.${rest}`,
    ),
  ];
}

function engineOf({ engine, versions }: FinishedExperiment['results']): string {
  const parts = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `engine ${engine} (${parts.join(', ')})`;
}

/** Sentences with their evidence, worked out from the tables. */
function claims(methods: readonly Table[], schedules: readonly ScheduleTable[]): Block[] {
  return [
    heading(3, 'The embedding ten times smaller with minimal loss'),
    table(
      [
        'data',
        'model',
        'metric',
        'R',
        'rank',
        'test',
        'difference',
        'loss at most 0.005, or not told from it',
      ],
      methods.flatMap((of) =>
        [10, 20].flatMap((smaller) =>
          ['task', 'spectrum'].flatMap((series) => {
            const row = nearestReduction(of, series, smaller);
            if (row === undefined) return [];
            const allowed = smaller === 10 ? 0.005 : 0.01;
            return [
              [
                of.dataset,
                of.body.toUpperCase(),
                series,
                (1 - 1 / row.smaller).toFixed(3),
                String(row.rank ?? '-'),
                spreadText(row.test),
                intervalText(row.difference),
                verdict(row.difference, allowed),
              ],
            ];
          }),
        ),
      ),
    ),
    text(
      "The paper's metric is `spectrum`; `task` is this project's own. For R near 0.95 the bound is 0.01.",
    ),
    heading(3, 'Better than fixed point and than offline compression, at equal bytes'),
    table(
      [
        'data',
        'model',
        'against',
        'its bytes',
        'its test',
        'low rank (task)',
        'low rank (spectrum)',
        'better',
      ],
      methods.flatMap((of) =>
        of.rows
          .filter(({ series }) => series === 'fixed-point' || series === 'offline')
          .flatMap((row) => {
            const [task, spectrum] = ['task', 'spectrum'].map((series) =>
              largestWithin(of, series, row.embeddingBytes),
            );
            if (task === undefined && spectrum === undefined) return [];
            const candidates = [
              { name: row.setting, test: row.test.mean },
              ...(task ? [{ name: task.setting, test: task.test.mean }] : []),
              ...(spectrum ? [{ name: spectrum.setting, test: spectrum.test.mean }] : []),
            ];
            return [
              [
                of.dataset,
                of.body.toUpperCase(),
                row.setting,
                formatBytes(row.embeddingBytes),
                row.test.mean.toFixed(4),
                task ? `${task.test.mean.toFixed(4)} (k = ${task.rank ?? '-'})` : '-',
                spectrum ? `${spectrum.test.mean.toFixed(4)} (k = ${spectrum.rank ?? '-'})` : '-',
                candidates.sort((a, b) => b.test - a.test)[0]?.name ?? '-',
              ],
            ];
          }),
      ),
    ),
    text('Low rank here is float32, at the largest rank that takes no more bytes.'),
    ...(schedules.length > 0
      ? [
          heading(3, 'CALR ahead of the other ways of retraining'),
          ...schedules.map(({ dataset, schedules: tried }) => text(calrText(dataset, tried))),
        ]
      : []),
    heading(3, 'Why'),
    text(
      'A model reads few directions of its vectors, and these are not those in which the table is largest. `spectrum` ' +
        'keeps the latter, so that at small ranks the factors begin far from the model, and retraining has to find the ' +
        'way back; `task` keeps the former and begins near. The validation accuracy before retraining shows it:',
    ),
    table(
      ['data', 'model', 'R', 'uncompressed', 'task before', 'after', 'spectrum before', 'after'],
      methods.flatMap((of) =>
        [10, 20].flatMap((smaller) => {
          const [task, spectrum] = ['task', 'spectrum'].map((series) =>
            nearestReduction(of, series, smaller),
          );
          const uncompressed = of.rows.find(({ kind }) => kind === 'baseline');
          if (task === undefined || spectrum === undefined || uncompressed === undefined) return [];
          const figure = (spread: Row['before']): string => spread?.mean.toFixed(4) ?? '-';
          return [
            [
              of.dataset,
              of.body.toUpperCase(),
              (1 - 1 / task.smaller).toFixed(3),
              figure(uncompressed.validation),
              figure(task.before),
              figure(task.validation),
              figure(spectrum.before),
              figure(spectrum.validation),
            ],
          ];
        }),
      ),
    ),
    text(
      'Fixed point starts nearer still: of a value that few bits hold it keeps the sign and the size, in every ' +
        'direction, so down to 4 bits it needs little retraining. Below that a low rank has the room that it lacks. The ' +
        'two are no rivals: factors in 8 or 4 bits are among the smallest models (below). The authors train and retrain ' +
        'on the phrases of SST, some ten times as many as its sentences: retraining then has more steps in which to ' +
        'find the way back.',
    ),
    heading(3, 'How small it can go'),
    table(
      ['data', 'model', 'at least', 'best by validation', 'bytes', 'test', 'difference', 'within 0.01'],
      methods.flatMap((of) =>
        [10, 20, 50, 100, 200].flatMap((smaller) => {
          const row = bestAt(of, smaller);
          if (row === undefined) return [];
          return [
            [
              of.dataset,
              of.body.toUpperCase(),
              `${smaller} times smaller`,
              row.setting,
              formatBytes(row.embeddingBytes),
              spreadText(row.test),
              intervalText(row.difference),
              verdict(row.difference, 0.01),
            ],
          ];
        }),
      ),
    ),
  ];
}

function calrText(dataset: string, tried: ScheduleTable['schedules']): string {
  const scores = tried.flatMap(({ name, table: { rows } }) => {
    const points = rows.filter(({ kind }) => kind === 'point');
    if (points.length === 0) return [];
    return [{ name, mean: points.reduce((sum, row) => sum + row.test.mean, 0) / points.length }];
  });
  scores.sort((a, b) => b.mean - a.mean);
  const place = scores.findIndex(({ name }) => name === 'calr') + 1;
  const [best] = scores;
  if (best === undefined || place === 0) return '';
  const own = scores[place - 1]?.mean ?? 0;
  return (
    `${dataset}: in the mean over both metrics at R = 0.9 and 0.95 \`calr\` is number ${place} of ${scores.length} ` +
    `(${own.toFixed(4)}); ${place === 1 ? 'the next is' : 'the first is'} ` +
    `\`${(place === 1 ? scores[1] : best)?.name ?? '-'}\` (${((place === 1 ? scores[1] : best)?.mean ?? 0).toFixed(4)}).`
  );
}

function methodsTable(of: Table): Block[] {
  const rows = of.rows.map((row) => [
    row.kind === 'baseline' ? 'uncompressed' : row.kind === 'control' ? 'retrained control' : row.setting,
    formatBytes(row.embeddingBytes),
    row.smaller.toPrecision(3),
    formatBytes(row.storageBytes),
    Math.round(row.flopsPerSentence).toLocaleString('en'),
    row.latencyMs?.toPrecision(2) ?? '-',
    row.before ? row.before.mean.toFixed(4) : '-',
    spreadText(row.validation),
    spreadText(row.test),
    row.unknownWords ? row.unknownWords.mean.toFixed(4) : '-',
    intervalText(row.difference),
  ]);
  const titles = [
    'model',
    'embedding',
    'times smaller',
    'whole model',
    'FLOPs',
    'ms',
    'before',
    'validation',
    'test',
    'unknown',
    'difference',
  ];
  return [
    heading(3, `${of.dataset}, ${of.body.toUpperCase()}`),
    text(
      `${of.repeats}; differences against ${of.reference}. What is more than ${lossShown} below the best lies outside the chart.`,
    ),
    { kind: 'chart', of, shows: 'test-over-bytes' },
    text('Validation accuracy of factors in float32 as they shrink, down to rank 1:'),
    { kind: 'chart', of, shows: 'validation-over-reduction' },
    table(titles, rows),
  ];
}

function scheduleTable({ dataset, schedules }: ScheduleTable): Block[] {
  const all = schedules.flatMap(({ table: { rows } }) => rows.map(({ setting }) => setting));
  const settings = [...new Set(all)].filter((setting) => setting !== 'baseline');
  return [
    heading(3, `${dataset}, DAN`),
    table(
      ['retrained with', ...settings],
      schedules.map(({ name, table: { rows } }) => [
        name,
        ...settings.map((setting) => {
          const row = rows.find((candidate) => candidate.setting === setting);
          return row ? spreadText(row.test) : '-';
        }),
      ]),
    ),
  ];
}

/** What the recipes leave to the defaults, and which do not. */
function settings(finished: readonly FinishedExperiment[]): string {
  const phase = ({ epochs, optimizer, schedule, batchSize, dropout, wordDropout }: Phase): string =>
    `${epochs} epochs, the optimizer ${optimizer} with the schedule ${schedule} from ${scheduleDefaults[schedule].rate}, ` +
    `batches of ${batchSize}, dropout of ${dropout} of the units and ${wordDropout} of the words`;
  const { hidden, units, pooling } = trainDefaults;
  const others = finished.flatMap(({ name }) => {
    const chosen = chosenSettings[name];
    return chosen ? [`\`${name}\` has others, by its validation data: \`${JSON.stringify(chosen)}\`.`] : [];
  });
  return (
    `Training: ${phase(trainDefaults)}. Retraining, where nothing else is said: ${phase(retrainDefaults)}. ` +
    `DAN: hidden layers of ${hidden.dan.join(' and ')}. LSTM: ${units} units, its outputs' ${pooling}. Vocabulary: the ` +
    `words of all the data that have a vector. ${finished.length} recipes lie in \`recipes/\`. ${others.join(' ')}`
  ).trim();
}

type Phase = Pick<
  typeof trainDefaults | typeof retrainDefaults,
  'epochs' | 'optimizer' | 'schedule' | 'batchSize' | 'dropout' | 'wordDropout'
>;

/** The row whose reduction is nearest to the one asked for, by factors of float32. */
function nearestReduction({ rows }: Table, series: string, smaller: number): Row | undefined {
  const own = rows.filter((row) => row.series === series && row.smaller >= 0.97 * smaller);
  return own.sort((a, b) => a.smaller - b.smaller)[0];
}

function largestWithin({ rows }: Table, series: string, most: number): Row | undefined {
  const own = rows.filter((row) => row.series === series && row.embeddingBytes <= most);
  return own.sort((a, b) => b.embeddingBytes - a.embeddingBytes)[0];
}

function verdict({ mean, low, high }: Interval, allowed: number): string {
  if (mean >= -allowed) return 'yes';
  return low <= -allowed && -allowed <= high ? 'not told from it' : 'no';
}

function spreadText({ mean, deviation }: { readonly mean: number; readonly deviation: number }): string {
  return `${mean.toFixed(4)} ± ${deviation.toFixed(4)}`;
}

function intervalText({ mean, low, high }: Interval): string {
  return `${signed(mean)} (${signed(low)} to ${signed(high)})`;
}

function signed(value: number): string {
  const text = value.toFixed(4);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
}

function heading(level: 1 | 2 | 3, words: string): Block {
  return { kind: 'heading', level, text: words };
}

function text(words: string): Block {
  return { kind: 'text', text: words };
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): Block {
  return { kind: 'table', titles, rows };
}
