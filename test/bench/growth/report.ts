import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Measures } from '../lineWorker.ts';
import { base, type Axis } from './axes.ts';
import { logLogChart, type Panel } from './chart.ts';
import { writeFormatted } from '../writeFormatted.ts';
import { slopeOf, type Point } from './slope.ts';

export interface Measured {
  readonly axis: Axis;
  readonly points: readonly { readonly value: number; readonly measures: Measures }[];
}

interface Quantity {
  readonly title: string;
  readonly of: (measures: Measures) => number;
}

const part = (key: string): Quantity => ({
  title: key.charAt(0).toUpperCase() + key.slice(1),
  of: (measures) => measures[key] ?? NaN,
});
const phases = ['reading', 'training', 'compressing', 'retraining', 'testing'].map(part);
const whole: Quantity = {
  title: 'All',
  of: (measures) => phases.reduce((sum, phase) => sum + phase.of(measures), 0),
};
const memory: Quantity = { title: 'Memory', of: ({ megabytes = NaN }) => megabytes };
const quantities = [...phases, whole, memory];

/** What measuring adds to an exponent at most. */
const tolerance = 0.1;
/** Seconds, or megabytes, of which a collection of garbage that falls into a phase or does not is no large part. */
const measurable = 0.1;

function isSteep({ expected }: Axis, title: string, slope: number): boolean {
  return slope > (expected?.[title] ?? 1) + tolerance;
}

/** None of what is too short at most sizes to tell. */
function exponentOf(points: readonly Point[]): number | undefined {
  return points.filter(({ y }) => y >= measurable).length < points.length / 2 ? undefined : slopeOf(points);
}

/** Writes the curves, the figures as JSON and as tables. @returns what grows how, a line each */
export async function writeGrowth(folder: string, measured: readonly Measured[]): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const slopes = measured.map(({ axis, points }) => ({
    axis,
    slopes: quantities.map(({ title, of }) => ({ title, slope: exponentOf(curve(points, of)) })),
  }));
  for (const { axis, points } of measured) {
    const panel = (title: string, of: readonly Quantity[]): Panel => ({
      title,
      series: of.map((quantity) => ({ name: quantity.title, points: curve(points, quantity.of) })),
    });
    const panels = [panel('Processor, s', [...phases.slice(0, 4)]), panel('Peak memory, MB', [memory])];
    await writeFile(join(folder, `${axis.of}.svg`), logLogChart(axis.title, panels));
  }
  const stamp = {
    date: new Date().toISOString().slice(0, 10),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
  };
  await writeFormatted(join(folder, 'growth.json'), JSON.stringify({ ...stamp, base, measured, slopes }));
  const { date, processor, cores, memoryGB, node } = stamp;
  await writeFormatted(
    join(folder, 'README.md'),
    [
      introduction,
      ...measured.map(section),
      `\n${date}, ${processor}, ${cores} cores, ${memoryGB} GB, Node ${node}.\n`,
    ].join('\n'),
  );
  return slopes.flatMap(({ axis, slopes: of }) =>
    of.map(({ title, slope }) =>
      slope === undefined
        ? `${axis.of}: ${title} is too short to tell how it grows`
        : `${axis.of}: ${title} grows with exponent ${slope.toFixed(2)}${isSteep(axis, title, slope) ? ': steeper than it should be' : ''}`,
    ),
  );
}

function curve(points: Measured['points'], of: Quantity['of']): Point[] {
  return points.map(({ value, measures }) => ({ x: value, y: of(measures) }));
}

const introduction = `# Growth

Written by \`npm run bench -- growth\`, with all figures in [growth.json](growth.json). A whole run in one process: reads
${base.sentences.toLocaleString('en')} labelled sentences of 20 words, trains an averaging network with a table of
${base.words.toLocaleString('en')} words x ${base.dimension} on the wasm engine for an epoch, factorizes it at rank ${base.rank} by the metric \`task\`,
retrains it for an epoch, and tests it. One of these sizes is varied at a time. Seconds are the processor's, which other
work on the machine lengthens little; memory is the largest resident set. The exponent is the slope in the logarithms
over the upper half of the sizes: 0 is constant, 1 grows as the input does; what takes less than ${measurable} s at most
sizes has none. Compressing multiplies the table with itself,
words x dimension² operations, so that 2 is its limit against the dimension.
`;

function section({ axis, points }: Measured): string {
  const head = [
    axis.title,
    ...quantities.map(({ title }) => (title === 'Memory' ? 'Memory, MB' : `${title}, s`)),
  ];
  const rows = points.map(({ value, measures }) => [
    value.toLocaleString('en'),
    ...quantities.map(({ title, of }) => of(measures).toFixed(title === 'Memory' ? 0 : 2)),
  ]);
  const slopes = quantities.map(({ of }) => exponentOf(curve(points, of))?.toFixed(2) ?? '–');
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    `\n## ${axis.title}\n`,
    `![Time and memory](${axis.of}.svg)\n`,
    line(head),
    line(head.map(() => '--:')),
    ...rows.map(line),
    line(['exponent', ...slopes]),
  ].join('\n');
}
