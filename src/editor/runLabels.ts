import * as l10n from '@vscode/l10n';
import { isGoing, type RunState, type RunStatus } from '../process/runStatus.ts';

/** What is shown of a run beside its name: how far it is, or how it ended. */
export function describeRun(status: RunStatus): string {
  return describe(status, short);
}

/** For a screen reader, which reads neither icons nor colours. */
export function spokenRun(status: RunStatus): string {
  const state = status.state === 'running' ? [stateName('running')] : [];
  return [status.recipe, ...state, describe(status, spoken)].join(', ');
}

/** `3/12 models, epoch 4/5, 1 min left`, or how far the run is before it has a plan. */
export function progressOf(status: RunStatus): string {
  return progress(status, short);
}

export function stateName(state: RunState): string {
  switch (state) {
    case 'running':
      return l10n.t('running');
    case 'paused':
      return l10n.t('paused');
    case 'done':
      return l10n.t('done');
    case 'failed':
      return l10n.t('failed');
    case 'cancelled':
      return l10n.t('cancelled');
    case 'interrupted':
      return l10n.t('interrupted');
  }
}

/** The whole minutes, rounded up, or seconds under one. */
export function formatRemaining(seconds: number): string {
  if (seconds < 60) return l10n.t('{0} s', Math.max(1, Math.round(seconds)));
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return l10n.t('{0} min', minutes);
  return l10n.t('{0} h {1} min', Math.floor(minutes / 60), minutes % 60);
}

/** When a run began, in the user's own way of writing it. */
export function formatStart({ startedAt }: RunStatus): string {
  return new Date(startedAt).toLocaleString(undefined, {
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
  });
}

/** A run that has ended and can go on where it stopped. */
export function isResumable(state: RunState): boolean {
  return !isGoing(state) && state !== 'done';
}

/** What the menus ask of a run. */
export type RunContext = 'running' | 'paused' | 'resumable' | 'done';

export function runContext(state: RunState): RunContext {
  return isGoing(state) || state === 'done' ? state : 'resumable';
}

export const stateIcons: Readonly<Record<RunState, { readonly icon: string; readonly color: string }>> = {
  running: { icon: 'sync~spin', color: 'charts.blue' },
  paused: { icon: 'debug-pause', color: 'charts.yellow' },
  done: { icon: 'pass', color: 'testing.iconPassed' },
  failed: { icon: 'error', color: 'testing.iconFailed' },
  cancelled: { icon: 'circle-slash', color: 'testing.iconSkipped' },
  interrupted: { icon: 'debug-disconnect', color: 'list.warningForeground' },
};

/** How much of a whole is done, in whole sentences: where the noun stands decides its form in some languages. */
interface Wording {
  readonly models: (done: number, all: number) => string;
  readonly epoch: (epoch: number, epochs: number) => string;
}
const short: Wording = {
  models: (done, all) =>
    all === 1 ? l10n.t('{0}/{1} model', done, all) : l10n.t('{0}/{1} models', done, all),
  epoch: (epoch, epochs) => l10n.t('epoch {0}/{1}', epoch, epochs),
};
const spoken: Wording = {
  models: (done, all) =>
    all === 1 ? l10n.t('{0} of {1} model', done, all) : l10n.t('{0} of {1} models', done, all),
  epoch: (epoch, epochs) => l10n.t('epoch {0} of {1}', epoch, epochs),
};

function describe(status: RunStatus, wording: Wording): string {
  if (status.state === 'running') return progress(status, wording);
  if (status.state === 'paused') return [stateName('paused'), progress(status, wording)].join(', ');
  const models = finished(status);
  return [
    stateName(status.state),
    ...(models === 0 ? [] : [models === 1 ? l10n.t('1 model') : l10n.t('{0} models', models)]),
    ...(status.startedAt > 0 ? [formatStart(status)] : []),
  ].join(', ');
}

function progress(status: RunStatus, wording: Wording): string {
  const { state, trials, remainingSeconds, engine } = status;
  if (trials.length === 0) return engine === '' ? l10n.t('starting') : l10n.t('reading the data');
  const current = trials.find((trial) => trial.state === 'running' && trial.epochs > 0);
  return [
    wording.models(finished(status), trials.length),
    ...(current ? [wording.epoch(current.epoch, current.epochs)] : []),
    ...(remainingSeconds !== undefined && state === 'running'
      ? [l10n.t('{0} left', formatRemaining(remainingSeconds))]
      : []),
  ].join(', ');
}

function finished({ trials }: RunStatus): number {
  return trials.filter(({ state }) => state === 'done').length;
}
