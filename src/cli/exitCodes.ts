import { CommanderError } from 'commander';
import { CancelledError, UserError } from '../core/errors.ts';
import { isBadInput } from '../process/badInput.ts';

export const exitCodes = { done: 0, failed: 1, badInput: 2, cancelled: 130 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What the shell is told of an error that ended a command. */
export function exitCodeOf(error: unknown): ExitCode {
  // Help and the version come as errors, too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.badInput;
  if (error instanceof CancelledError) return exitCodes.cancelled;
  return error instanceof UserError && isBadInput(error.code) ? exitCodes.badInput : exitCodes.failed;
}
