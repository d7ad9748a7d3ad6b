import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { arch, cpus, totalmem, type } from 'node:os';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Row } from './measure.ts';
import type { Part } from './part.ts';
import { partTables } from './table.ts';
import { peersPython } from './workers.ts';
import { writeFormatted } from './writeFormatted.ts';

/** What benchmark.json holds of a part; a part measured anew takes its old one's place. */
interface Measured {
  readonly date: string;
  readonly repetitions: number;
  readonly machine: Machine;
  readonly rows: readonly Row[];
}

interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGB: number;
  readonly system: string;
  readonly versions: Readonly<Record<string, string>>;
}

const libraries = ['numpy', 'torch', 'tensorflow-cpu', 'keras', 'scikit-learn', 'fasttext-wheel'];
const versionsScript = `
import importlib.metadata, json, platform
print(json.dumps({"python": platform.python_version(), **{n: importlib.metadata.version(n) for n in ${JSON.stringify(libraries)}}}))
`;

function machine(): Machine {
  const packages = JSON.parse(
    execFileSync(peersPython, ['-c', versionsScript], { encoding: 'utf8' }),
  ) as Record<string, string>;
  const require = createRequire(import.meta.url);
  const tfjs = require('@tensorflow/tfjs-node/package.json') as { version: string };
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${arch()}`,
    versions: {
      node: process.versions.node,
      'tfjs-node': tfjs.version,
      ...packages,
    },
  };
}

/** Adds what was measured to the folder's benchmark.json, and writes its benchmark.md anew. */
export async function writeReport(
  folder: string,
  parts: readonly Part[],
  measured: ReadonlyMap<string, readonly Row[]>,
  repetitions: number,
): Promise<void> {
  const jsonPath = join(folder, 'benchmark.json');
  const all = await readEarlier(jsonPath);
  const stamp = { date: new Date().toISOString().slice(0, 10), repetitions, machine: machine() };
  for (const [name, rows] of measured) all[name] = { ...stamp, rows };
  const present = parts.filter(({ name }) => name in all);
  const ordered = Object.fromEntries(present.map(({ name }) => [name, all[name]]));
  await writeFormatted(jsonPath, JSON.stringify(ordered));
  const sections = present.map((part) => section(part, all[part.name]));
  await writeFormatted(join(folder, 'benchmark.md'), [introduction, ...sections].join('\n'));
}

async function readEarlier(jsonPath: string): Promise<Record<string, Measured>> {
  const text = await readFile(jsonPath, 'utf8').catch(() => '{}');
  return JSON.parse(text) as Record<string, Measured>;
}

const introduction = `# Benchmark

Written by \`npm run bench\`, with all single measurements in [benchmark.json](benchmark.json). Ours and the peers take
turns in one run on one machine, on the same sentences, vocabulary, table, layers, batches of 64 trimmed to their
longest, and threads; a figure is the median of the repetitions. Lower is better unless a column says otherwise.
\`× best peer\` is a figure divided by that of the best peer in its table.
`;

function section(part: Part, measured: Measured | undefined): string {
  if (measured === undefined) return '';
  const { date, repetitions, machine: on, rows } = measured;
  const versions = Object.entries(on.versions).map(([name, version]) => `${name} ${version}`);
  return `
## ${part.title}

${part.about}

${partTables(part, rows)}

${date}, ${repetitions === 1 ? 'one repetition' : `medians of ${repetitions}`}, ${on.processor}, ${on.cores} cores, ${on.memoryGB} GB, ${on.system}; ${versions.join(', ')}.
`;
}
