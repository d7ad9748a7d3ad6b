import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Inspection } from '../core/checkpoint/inspect.ts';
import { CancelledError } from '../core/errors.ts';
import { formatMegabytes } from './formatMegabytes.ts';

const smallShare = 0.5;

/**
 * Where the embedding is under half of a model, says how little can be won, and asks.
 * @throws CancelledError where the user thinks better of it
 */
export async function confirmSmallGain(inspection: Inspection): Promise<void> {
  if (inspection.embeddingShare >= smallShare) return;
  const compress = l10n.t('Compress Anyway');
  const chosen = await vscode.window.showWarningMessage(
    l10n.t('Little can be won with this model.'),
    { modal: true, detail: smallGain(inspection) },
    compress,
  );
  if (chosen !== compress) throw new CancelledError();
}

/** How small the model would be at the very most. */
export function smallGain({ embeddingShare, embeddingBytes, storageBytes }: Inspection): string {
  const percent = Math.floor(100 * embeddingShare);
  const rest = formatMegabytes(storageBytes - embeddingBytes);
  return l10n.t(
    'The embedding is {0} % of its parameters. Even without it the model would have {1} of its {2}; only the embedding is compressed.',
    percent,
    rest,
    formatMegabytes(storageBytes),
  );
}
