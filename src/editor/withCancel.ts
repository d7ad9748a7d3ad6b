import * as vscode from 'vscode';

export type Progress = vscode.Progress<{ message?: string; increment?: number }>;

/** Shows progress while the work goes on; its signal is aborted where the user cancels. */
export async function withCancel<T>(
  options: vscode.ProgressOptions,
  work: (signal: AbortSignal, progress: Progress) => Promise<T>,
): Promise<T> {
  return vscode.window.withProgress(options, async (progress, token) => {
    const cancel = new AbortController();
    const listener = token.onCancellationRequested(() => {
      cancel.abort();
    });
    try {
      return await work(cancel.signal, progress);
    } finally {
      listener.dispose();
    }
  });
}
