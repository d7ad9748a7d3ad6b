import { formatBytes } from '../sweep/resultsTable.ts';
import { heading, table, text, type Block } from './blocks.ts';
import type { Interval } from './bootstrap.ts';
import { intervalText, spreadText } from './spreadText.ts';
import { bestAt, type Row, type ScheduleTable, type Table } from './summary.ts';

/** What the paper's abstract claims, each sentence with its evidence, worked out from the tables. */
export function claims(methods: readonly Table[], schedules: readonly ScheduleTable[]): Block[] {
  return [
    ...tenTimesSmaller(methods),
    ...betterAtEqualBytes(methods),
    ...(schedules.length > 0 ? calrAhead(schedules) : []),
    ...why(methods),
    ...howSmall(methods),
  ];
}

function tenTimesSmaller(methods: readonly Table[]): Block[] {
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
                ...nameOf(of),
                series,
                reductionOf(row),
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
  ];
}

function betterAtEqualBytes(methods: readonly Table[]): Block[] {
  return [
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
            const candidates = [row, task, spectrum].filter((one) => one !== undefined);
            const figure = (one: Row | undefined): string =>
              one ? `${one.test.mean.toFixed(4)} (k = ${one.rank ?? '-'})` : '-';
            return [
              [
                ...nameOf(of),
                row.setting,
                formatBytes(row.embeddingBytes),
                row.test.mean.toFixed(4),
                figure(task),
                figure(spectrum),
                candidates.sort((a, b) => b.test.mean - a.test.mean)[0]?.setting ?? '-',
              ],
            ];
          }),
      ),
    ),
    text('Low rank here is float32, at the largest rank that takes no more bytes.'),
  ];
}

function calrAhead(schedules: readonly ScheduleTable[]): Block[] {
  return [
    heading(3, 'CALR ahead of the other ways of retraining'),
    ...schedules.map(({ dataset, schedules: tried }) => text(calrText(dataset, tried))),
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
  const [best, second] = scores;
  if (best === undefined || place === 0) return '';
  const own = scores[place - 1]?.mean ?? 0;
  const other = place === 1 ? second : best;
  return (
    `${dataset}: in the mean over both metrics at R = 0.9 and 0.95 \`calr\` is number ${place} of ${scores.length} ` +
    `(${own.toFixed(4)}); ${place === 1 ? 'the next is' : 'the first is'} ` +
    `\`${other?.name ?? '-'}\` (${(other?.mean ?? 0).toFixed(4)}).`
  );
}

function why(methods: readonly Table[]): Block[] {
  const figure = (spread: Row['before']): string => spread?.mean.toFixed(4) ?? '-';
  return [
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
          return [
            [
              ...nameOf(of),
              reductionOf(task),
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
  ];
}

function howSmall(methods: readonly Table[]): Block[] {
  return [
    heading(3, 'How small it can go'),
    table(
      ['data', 'model', 'at least', 'best by validation', 'bytes', 'test', 'difference', 'within 0.01'],
      methods.flatMap((of) =>
        [10, 20, 50, 100, 200].flatMap((smaller) => {
          const row = bestAt(of, smaller);
          if (row === undefined) return [];
          return [
            [
              ...nameOf(of),
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

/** The cells that name a table: its data set and its model. */
function nameOf({ dataset, body }: Table): readonly [string, string] {
  return [dataset, body.toUpperCase()];
}

function reductionOf({ smaller }: Row): string {
  return (1 - 1 / smaller).toFixed(3);
}

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
