import { followRun } from '../process/followRun.ts';
import { cancelRun } from '../process/launcher.ts';
import { isGoing } from '../process/runStatus.ts';
import { exitCode, type ExitCode } from './exitCode.ts';
import { findRun } from './findRun.ts';
import { shownPath } from './text.ts';

const patienceMs = 5000;

export async function cancelCommand(run: string): Promise<ExitCode> {
  const folder = await findRun(run);
  await cancelRun(folder);
  const { state } = await followRun(folder, () => undefined, AbortSignal.timeout(patienceMs));
  if (isGoing(state)) {
    console.error(`The run has not stopped within ${patienceMs / 1000} s.`);
    return exitCode.failed;
  }
  console.log(
    state === 'cancelled'
      ? `Cancelled. What is done is kept. Resume it with: embedding-press resume ${shownPath(folder)}`
      : `The run ended before: ${state}.`,
  );
  return exitCode.done;
}
