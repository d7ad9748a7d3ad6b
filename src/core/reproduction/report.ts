import { retrainDefaults, scheduleDefaults, trainDefaults } from '../recipe/defaults.ts';
import { formatBytes } from '../sweep/resultsTable.ts';
import { heading, lossShown, table, text, type Block } from './blocks.ts';
import { claims } from './claims.ts';
import { chosenSettings } from './experiments.ts';
import { intervalText, spreadText } from './spreadText.ts';
import { summarizeAll, type FinishedExperiment, type ScheduleTable, type Table } from './summary.ts';

/** What the report says of how it was made. */
export interface Provenance {
  readonly command: string;
  readonly version: string;
  readonly vectors: string;
  readonly cores: number;
  readonly cpu: string;
}

/**
 * The report, block by block.
 * @param kept as of `summarizeAll`
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
