/** What the process says to its caller. */
export const exitCode = { done: 0, failed: 1, badInput: 2, cancelled: 130 } as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
