/** Writes a run's events and status as a supervisor does: half of 100,000 steps at once, half while it is followed. */
import { setTimeout as delay } from 'node:timers/promises';
import { EventLog } from '../../../src/process/eventLog.ts';
import { lockRun } from '../../../src/process/runLock.ts';
import type { RunState, TrialStatus } from '../../../src/process/runStatus.ts';
import { runPaths } from '../../../src/process/runFolder.ts';
import { StatusWriter } from '../../../src/process/statusWriter.ts';

const steps = 100_000;
const trialCount = 100;
const [, , folder = ''] = process.argv;

async function main(): Promise<void> {
  const lock = await lockRun(folder, () => process.exit(1));
  const { log } = await EventLog.open(runPaths(folder).events);
  const startedAt = Date.now();
  let state: RunState = 'running';
  let done = 0;
  const trials = Array.from({ length: trialCount }, (_, i): TrialStatus => ({
    id: `task-k${i}-s1`,
    state: 'running',
    epoch: 3,
    epochs: 10,
  }));
  const status = new StatusWriter(folder, () => ({
    run: 'long',
    recipe: 'long',
    recipePath: `${folder}/long.press.json`,
    state,
    pid: process.pid,
    engine: 'wasm',
    startedAt,
    updatedAt: Date.now(),
    epochsDone: Math.floor(done / 1000),
    epochsTotal: steps / 1000,
    trials,
  }));
  const write = (count: number): void => {
    for (let i = 0; i < count; i++) {
      log.append({
        type: 'step',
        time: Date.now(),
        trial: `task-k${done % trialCount}-s1`,
        step: Math.floor(done / trialCount),
        epoch: Math.floor(done / steps),
        rate: 0.000_987_654_321,
        loss: 0.5 + 1 / (done + 1),
      });
      done++;
    }
    status.changed();
  };
  write(steps / 2);
  await status.flush();
  process.send?.('ready');
  while (done < steps) {
    await delay(20);
    write(500);
  }
  state = 'done';
  log.close();
  await lock.release();
  await status.flush();
  process.disconnect();
}

void main();
