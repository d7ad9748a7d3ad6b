/** Where in a user's file an error lies; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** The weight, JSON field or archive entry at fault. */
  readonly item?: string;
}

/**
 * An error that a user can cause and can mend. Everything else that is thrown is a bug and keeps its stack.
 *
 * `message` is one sentence: what is wrong, with the value found and the value expected.
 * `hint` is one sentence: what to do about it.
 */
export class UserError extends Error {
  override readonly name = 'UserError';

  constructor(
    /** Stable, kebab-case, e.g. `unknown-label`. */
    readonly code: string,
    message: string,
    readonly hint: string,
    readonly place?: Place,
  ) {
    super(message);
  }

  /** `file:line:column: message hint`, the form that the problem matcher reads. */
  format(): string {
    const { file, line, column } = this.place ?? {};
    const at =
      file === undefined
        ? ''
        : [file, line, line === undefined ? undefined : column]
            .filter((part) => part !== undefined)
            .join(':') + ': ';
    return `${at}${this.message} ${this.hint}`.trim();
  }
}

/** What a UserError says, as it is kept in files and sent between processes. */
export interface SaidError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly place?: Place;
}

export function saidBy({ code, message, hint, place }: UserError): SaidError {
  return { code, message, hint, ...(place !== undefined && { place }) };
}

export function userErrorOf({ code, message, hint, place }: SaidError): UserError {
  return new UserError(code, message, hint, place);
}

/** Does work whose errors may not know where they lie: a UserError without a place gets this one. */
export async function locate<T>(place: Place, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError) || error.place !== undefined) throw error;
    throw new UserError(error.code, error.message, error.hint, place);
  }
}

/** A run was asked to stop; no error in itself. */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';
}
