/**
 * `npm run bench [-- --quick] [-- part …]`: measures ours beside the peers and writes docs/benchmark.{json,md}. A quick
 * run, of one repetition, writes them into out/: it shows that everything works, and no more.
 */
import { availableParallelism } from 'node:os';
import { writeData } from './data.ts';
import { growthName, measureGrowth } from './growth/growth.ts';
import { measure, type Row } from './measure.ts';
import { startPart, sweepPart } from './parts/commands.ts';
import { fasttextPart } from './parts/fasttext.ts';
import { inferencePart } from './parts/inference.ts';
import { memoryPart } from './parts/memory.ts';
import { danPart, largePart, lstmPart } from './parts/training.ts';
import { svdPart } from './parts/svd.ts';
import { writeReport } from './report.ts';
import { measureSteps, stepsName } from './steps.ts';
import { partTables } from './table.ts';
import { makeScripts } from './workers.ts';

const parts = [
  danPart,
  lstmPart,
  largePart,
  svdPart,
  sweepPart,
  inferencePart,
  memoryPart,
  startPart,
  fasttextPart,
];
const partNames = [...parts.map(({ name }) => name), stepsName, growthName];
const usage = `Usage: npm run bench [-- [--quick | --repetitions N] [part …]]; the parts: ${partNames.join(' ')}`;

const names: string[] = [];
let repetitions = 5;
const words = process.argv.slice(2);
for (let word = words.shift(); word !== undefined; word = words.shift()) {
  if (word === '--quick') repetitions = 1;
  else if (word === '--repetitions') repetitions = Number(words.shift());
  else names.push(word);
}
if (!(repetitions >= 1) || names.some((name) => !partNames.includes(name))) {
  console.error(usage);
  process.exit(2);
}

const folder = repetitions === 1 ? 'out' : 'docs';
const isAsked = (name: string): boolean => names.length === 0 || names.includes(name);
const asked = parts.filter(({ name }) => isAsked(name));
console.log(`Writing the data; ${availableParallelism()} cores.`);
await makeScripts();
if (asked.length > 0 || isAsked(stepsName)) await writeData();
const measured = new Map<string, readonly Row[]>();
for (const part of asked) {
  const started = performance.now();
  const rows = await measure(part, repetitions, (text) => {
    console.log(text);
  });
  measured.set(part.name, rows);
  console.log(
    `\n${part.title} (${Math.round((performance.now() - started) / 1000)} s)\n\n${partTables(part, rows)}\n`,
  );
  // After each part, so that a later one that fails loses nothing.
  await writeReport(folder, parts, measured, repetitions);
}
if (asked.length > 0) console.log(`Written: ${folder}/benchmark.md and benchmark.json.`);
const tell = (text: string): void => {
  console.log(text);
};
if (isAsked(stepsName)) await measureSteps(folder, repetitions, tell);
if (isAsked(growthName)) await measureGrowth(folder, repetitions === 1, tell);
