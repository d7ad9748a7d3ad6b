import { createTrialStorage } from '../../src/process/trialStorage.ts';
import { serveWorker } from '../../src/process/worker.ts';
import { FakeRunner, type FakeSettings } from './fakeRunner.ts';

const [runFolder = ''] = process.argv.slice(2);
const settings = JSON.parse(process.env.PRESS_FAKE ?? '{}') as FakeSettings;
serveWorker(() => Promise.resolve(new FakeRunner(runFolder, settings)), createTrialStorage(runFolder));
