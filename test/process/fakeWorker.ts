import { createPause, Hold } from '../../src/core/training/pause.ts';
import { createTrialStorage } from '../../src/process/trialStorage.ts';
import { serveWorker } from '../../src/process/worker.ts';
import { FakeRunner, type FakeSettings } from './fakeRunner.ts';

const [runFolder = ''] = process.argv.slice(2);
const settings = JSON.parse(process.env.PRESS_FAKE ?? '{}') as FakeSettings;
const hold = new Hold();
serveWorker(
  () => Promise.resolve(new FakeRunner(runFolder, settings, createPause(hold, 0))),
  createTrialStorage(runFolder),
  hold,
);
