import { saidBy, UserError } from '../core/errors.ts';
import type { RunError } from './runStatus.ts';
import { WorkerDiedError } from './workerProcess.ts';

/** What a supervisor's process ends with that cannot begin, for a reason that a user can mend: it prints which. */
export const cannotBegin = 2;

/** What a run's status says of what ended it. A bug's stack goes to the log. */
export function describeError(error: unknown, logPath: string): RunError {
  if (error instanceof UserError) {
    return { ...saidBy(error), badInput: error.code !== 'disk-full' };
  }
  if (error instanceof WorkerDiedError) {
    return {
      code: 'worker-died',
      message: `The process that trains died twice (${error.message}).`,
      hint: `${logPath} may say why. What is done is kept: resume the run, with fewer jobs if memory is short.`,
      badInput: false,
    };
  }
  console.error(error);
  return {
    code: 'internal-error',
    message: `The run failed: ${error instanceof Error ? error.message : String(error)}.`,
    hint: `This is a bug; ${logPath} has the details.`,
    badInput: false,
  };
}
