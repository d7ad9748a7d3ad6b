import { saidBy, UserError, userErrorOf, type SaidError } from '../core/errors.ts';
import type { Preparation, TestReport } from '../core/sweep/runner.ts';
import type { Trial, TrialEvent, TrialResult } from '../core/sweep/trial.ts';

/** What a supervisor asks of a worker, one request at a time. */
export type WorkerRequest =
  | { readonly type: 'prepare' }
  /** `until`: epochs after which it ends before its time, to go on later. */
  | { readonly type: 'run'; readonly trial: Trial; readonly until?: number }
  | { readonly type: 'report'; readonly trial: Trial };

/** Between requests or in one: whether the worker holds its work. It has no answer. */
export interface HoldMessage {
  readonly type: 'hold';
  readonly held: boolean;
}

/** In a request: it ends at once, and a `run` with what its last finished epoch gave. It has no answer of its own. */
export interface StopMessage {
  readonly type: 'stop';
}

/** To `saving`: all that the worker has told is written down. */
export interface HeardMessage {
  readonly type: 'heard';
}

export interface Answers {
  readonly prepare: {
    readonly engine: string;
    readonly versions: Readonly<Record<string, string>>;
    readonly preparation: Preparation;
  };
  /** None where it was stopped before its model was measured. */
  readonly run: TrialResult | undefined;
  readonly report: TestReport;
}

/** What a worker says: events while it works, `saving` before a state that they lead to, then one answer or one failure. */
export type WorkerMessage =
  | { readonly type: 'events'; readonly events: readonly TrialEvent[] }
  | { readonly type: 'saving' }
  | { readonly type: 'answer'; readonly value: Answers[WorkerRequest['type']] }
  | { readonly type: 'failure'; readonly error: SentError };

/** An error on its way to another process. */
export type SentError =
  | ({ readonly kind: 'user' } & SaidError)
  | { readonly kind: 'bug'; readonly message: string; readonly stack?: string };

export function sendableError(error: unknown): SentError {
  if (error instanceof UserError) return { kind: 'user', ...saidBy(error) };
  if (!(error instanceof Error)) return { kind: 'bug', message: String(error) };
  const { message, stack } = error;
  return { kind: 'bug', message, ...(stack !== undefined && { stack }) };
}

export function receivedError(sent: SentError): Error {
  if (sent.kind === 'user') return userErrorOf(sent);
  const error = new Error(sent.message);
  if (sent.stack !== undefined) error.stack = sent.stack;
  return error;
}
