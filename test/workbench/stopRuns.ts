import { cancelRun } from '../../src/process/launcher.ts';
import { runsBeside } from '../../src/process/runFolder.ts';
import { isGoing, listRuns, readStatus } from '../../src/process/runStatus.ts';

/** Cancels what goes on in a folder, which would outlive the editor, and waits for its end. */
export async function stopRuns(folder: string): Promise<void> {
  for (const run of await listRuns(runsBeside(folder))) {
    if (!isGoing(run.status.state)) continue;
    await cancelRun(run.folder);
    for (const end = Date.now() + 10_000; Date.now() < end;) {
      if (!isGoing((await readStatus(run.folder)).state)) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
