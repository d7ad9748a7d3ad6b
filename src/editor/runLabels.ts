import type { RunState, RunStatus } from '../process/runStatus.ts';

/** What is shown of a run beside its name. */
export function describeRun(status: RunStatus): string {
  if (status.state === 'running') return progressOf(status);
  const models = status.trials.filter(({ state }) => state === 'done').length;
  const parts: string[] = [status.state];
  if (models > 0) parts.push(count(models, 'model'));
  if (status.startedAt > 0) parts.push(startOf(status));
  return parts.join(', ');
}

/** `3/12 models, epoch 4/5, 1 min left`, or how far the run is before it has a plan. */
export function progressOf({ trials, remainingSeconds, engine }: RunStatus): string {
  if (trials.length === 0) return engine === '' ? 'starting' : 'reading the data';
  const done = trials.filter(({ state }) => state === 'done').length;
  const parts = [`${done}/${count(trials.length, 'model')}`];
  const current = trials.find(({ state }) => state === 'running');
  if (current && current.epochs > 0) parts.push(`epoch ${current.epoch}/${current.epochs}`);
  if (remainingSeconds !== undefined) parts.push(`${formatRemaining(remainingSeconds)} left`);
  return parts.join(', ');
}

/** For a screen reader, which reads neither icons nor colours. */
export function spokenRun(status: RunStatus): string {
  const state = status.state === 'running' ? `running, ${progressOf(status)}` : describeRun(status);
  return `${status.recipe}, ${state.replaceAll(/(\d+)\/(\d+)/g, '$1 of $2')}`;
}

/** The whole minutes, rounded up, or seconds under one. */
export function formatRemaining(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A run that can go on where it stopped. */
export function isResumable(state: RunState): boolean {
  return state === 'cancelled' || state === 'interrupted' || state === 'failed';
}

export const stateIcons: Readonly<Record<RunState, { readonly icon: string; readonly color: string }>> = {
  running: { icon: 'sync~spin', color: 'charts.blue' },
  done: { icon: 'pass', color: 'testing.iconPassed' },
  failed: { icon: 'error', color: 'testing.iconFailed' },
  cancelled: { icon: 'circle-slash', color: 'testing.iconSkipped' },
  interrupted: { icon: 'debug-disconnect', color: 'list.warningForeground' },
};

function startOf({ startedAt }: RunStatus): string {
  return new Date(startedAt).toLocaleString(undefined, {
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
  });
}

function count(n: number, thing: string): string {
  return `${n} ${thing}${n === 1 ? '' : 's'}`;
}
