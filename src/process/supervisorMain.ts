import { join } from 'node:path';
import { UserError } from '../core/errors.ts';
import { cannotBegin } from './runError.ts';
import { supervise } from './supervisor.ts';

const [runFolder, jobs, threads = '1'] = process.argv.slice(2);
if (runFolder === undefined || jobs === undefined) throw new Error('supervisor RUN-FOLDER JOBS [THREADS]');
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stop.abort();
  });
}
// The terminal that started the run may close; the run goes on.
process.on('SIGHUP', () => undefined);

supervise({
  runFolder,
  workerScript: join(__dirname, 'worker.cjs'),
  jobs: Number(jobs),
  threads: Number(threads),
  signal: stop.signal,
}).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof UserError ? error.format() : error);
    process.exit(error instanceof UserError ? cannotBegin : 1);
  },
);
