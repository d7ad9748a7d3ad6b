import { constants, setPriority } from 'node:os';
import { createTrialRunner } from '../core/sweep/sweepRunner.ts';
import type { EngineName } from '../core/engine/engine.ts';
import { Hold } from '../core/training/pause.ts';
import { parseFrozenRecipe, readFrozenRecipe, runPaths } from './runFolder.ts';
import { kernelThreads } from './kernelThreads.ts';
import { createTrialStorage } from './trialStorage.ts';
import { serveWorker } from './worker.ts';

const [runFolder, engine, threads = '1'] = process.argv.slice(2);
if (runFolder === undefined || engine === undefined) throw new Error('worker RUN-FOLDER ENGINE [THREADS]');
try {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
} catch {
  // Where the system does not allow it, the run merely competes with everything else.
}
const hold = new Hold();
serveWorker(
  async () =>
    createTrialRunner({
      recipe: await parseFrozenRecipe(await readFrozenRecipe(runFolder)),
      engine: engine as EngineName | 'auto',
      hold,
      sharing: kernelThreads(Number(threads)),
      dataFolder: runPaths(runFolder).data,
    }),
  createTrialStorage(runFolder),
  hold,
);
