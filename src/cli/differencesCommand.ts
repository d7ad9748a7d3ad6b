import { readCheckpoint } from '../core/checkpoint/folder.ts';
import { createEngine } from '../core/engine/createEngine.ts';
import { UserError } from '../core/errors.ts';
import { differences } from '../core/report/differences.ts';
import type { Differences } from '../core/report/reports.ts';
import { finishedTrial, readRunTrials } from '../process/runTrials.ts';
import { bestFolder } from '../process/trialStorage.ts';
import { exitCode, type ExitCode } from './exitCode.ts';
import { findRun } from './findRun.ts';
import { table } from './text.ts';

/** Sentences printed at most; `--json` has more. */
const printed = 20;

/** What a model of a run predicts otherwise than the one it was made from. */
export async function differencesCommand(
  name: string,
  id: string,
  { json }: { readonly json: boolean },
): Promise<ExitCode> {
  const run = await readRunTrials(await findRun(name));
  const trial = finishedTrial(run, id);
  if (trial.from === undefined) {
    throw new UserError('no-parent', `'${id}' was made from no other model.`, 'Name a compressed one.', {
      file: run.folder,
    });
  }
  const found = await differences({
    recipe: run.recipe,
    before: await readCheckpoint(bestFolder(run.folder, trial.from)),
    after: await readCheckpoint(bestFolder(run.folder, trial.id)),
    // Test figures are for reporting: as long as a choice is open they stay closed.
    part: run.status.state === 'done' ? 'test' : 'validation',
    engine: createEngine(run.engine),
  });
  if (json) console.log(JSON.stringify(found));
  else print(found);
  return exitCode.done;
}

function print({ part, sentences, classes, corrected, broken, otherwise, flips }: Differences): void {
  const changed = corrected + broken + otherwise;
  console.log(
    `Of ${sentences} ${part} sentences ${changed} changed: ` +
      `${corrected} corrected, ${broken} broken, ${otherwise} wrong in another way.`,
  );
  if (flips.length === 0) return;
  // A sentence of several labels may have none.
  const name = (i: number): string => (classes[i] ?? String(i)) || '-';
  const rows = flips
    .slice(0, printed)
    .map(({ line, label, before, after, text }) => [
      String(line),
      name(label),
      name(before),
      name(after),
      text.slice(0, 80),
    ]);
  console.log(`\n${table([['line', 'label', 'before', 'after', 'text'], ...rows], [1, 2, 3, 4])}`);
  if (changed > rows.length) console.log(`… and ${changed - rows.length} more`);
}
