import * as vscode from 'vscode';
import type { Inspection } from '../core/checkpoint/inspect.ts';
import { CancelledError } from '../core/errors.ts';

const smallShare = 0.5;

/**
 * Where the embedding is under half of a model, says how little can be won, and asks.
 * @throws CancelledError where the user thinks better of it
 */
export async function confirmSmallGain(inspection: Inspection): Promise<void> {
  if (inspection.embeddingShare >= smallShare) return;
  const compress = 'Compress Anyway';
  const chosen = await vscode.window.showWarningMessage(
    'Little can be won with this model.',
    { modal: true, detail: smallGain(inspection) },
    compress,
  );
  if (chosen !== compress) throw new CancelledError();
}

/** How small the model would be at the very most. */
export function smallGain({ embeddingShare, storageBytes }: Inspection): string {
  const percent = Math.floor(100 * embeddingShare);
  const rest = formatMegabytes(storageBytes * (1 - embeddingShare));
  return (
    `The embedding is ${percent} % of its parameters. Even without it the model would have ` +
    `${rest} of its ${formatMegabytes(storageBytes)}; only the embedding is compressed.`
  );
}

export function formatMegabytes(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
