import { userErrorOf } from '../core/errors.ts';
import { resultsTable } from '../core/sweep/resultsTable.ts';
import type { Results } from '../core/sweep/trial.ts';
import { followRun } from '../process/followRun.ts';
import { cancelRun, type StartedRun } from '../process/launcher.ts';
import { discardRun, runPaths } from '../process/runFolder.ts';
import { readRunJson } from '../process/runJson.ts';
import { isGoing, type RunStatus } from '../process/runStatus.ts';
import { exitCode, type ExitCode } from './exitCode.ts';
import { ProgressPrinter } from './progressPrinter.ts';
import { searchTexts } from './searchText.ts';
import { shownPath } from './text.ts';

export interface WatchOptions {
  /** Events as JSON lines instead of text. */
  readonly json: boolean;
  readonly sinceResume: boolean;
}

/** What a cancelled run gets to come to its end. */
const cancelMs = 1000;

/** Starts a run and shows it to its end. Ctrl-C cancels it; a second one leaves at once. */
export async function watchRun(
  start: () => Promise<StartedRun>,
  { json, sinceResume }: WatchOptions,
): Promise<ExitCode> {
  const interrupt = new AbortController();
  const onSignal = (): void => {
    if (interrupt.signal.aborted) process.exit(exitCode.cancelled);
    interrupt.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);

  const { runFolder } = await start();
  const leave = new AbortController();
  const cancel = (): void => {
    // A run that has just ended cannot be cancelled, and need not be.
    cancelRun(runFolder).catch(() => undefined);
    setTimeout(() => {
      leave.abort();
    }, cancelMs).unref();
  };
  if (interrupt.signal.aborted) cancel();
  else interrupt.signal.addEventListener('abort', cancel);

  const printer = new ProgressPrinter(process.stdout);
  if (!json) console.log(`Run ${shownPath(runFolder)}`);
  const status = await followRun(
    runFolder,
    (events) => {
      if (json) console.log(events.map((event) => JSON.stringify(event)).join('\n'));
      else for (const event of events) printer.event(event);
    },
    leave.signal,
    {
      sinceResume,
      ...(!json && {
        onStatus: (now) => {
          printer.status(now);
        },
      }),
    },
  );
  printer.end();
  await showResults(runFolder, status, json);
  return conclude(runFolder, status, interrupt.signal.aborted);
}

async function showResults(runFolder: string, status: RunStatus, json: boolean): Promise<void> {
  if (status.state !== 'done' && status.state !== 'cancelled') return;
  const path = runPaths(runFolder).results;
  const results = await readRunJson<Results>(path);
  if (results === undefined) return;
  const { state, models } = status;
  if (json) {
    console.log(JSON.stringify({ type: 'results', run: runFolder, state, models, ...results }));
    return;
  }
  for (const search of searchTexts(results)) console.log(`\n${search}`);
  console.log(`\n${resultsTable(results)}`);
  if (models === undefined) return;
  console.log(`
Checkpoints: ${shownPath(models)}
All figures: ${shownPath(path)}
To see the curve in VS Code, open this folder, then the sidebar Embedding Press > Runs, or the command
"Embedding Press: Open Panel".`);
}

/** Says on stderr what stands in the way of a result, and gives the exit code. */
async function conclude(
  runFolder: string,
  { state, error, trials }: RunStatus,
  interrupted: boolean,
): Promise<ExitCode> {
  const resume = `Resume it with: embedding-press resume ${shownPath(runFolder)}`;
  if (error !== undefined && state === 'failed') {
    console.error(userErrorOf(error).format());
    if (trials.some(({ state, epoch }) => state === 'done' || epoch > 0)) {
      console.error(`What is done is kept. ${resume}`);
    } else if (error.badInput) {
      // Nothing was made: nothing stays.
      await discardRun(runFolder);
    }
    return error.badInput ? exitCode.badInput : exitCode.failed;
  }
  if (state === 'done') return exitCode.done;
  if (state === 'interrupted' && !interrupted) {
    console.error(`The run's process is gone. What is done is kept. ${resume}`);
    return exitCode.failed;
  }
  console.error(`${isGoing(state) ? 'Cancelling' : 'Cancelled'}. What is done is kept. ${resume}`);
  return exitCode.cancelled;
}
