import { basename } from 'node:path';
import * as l10n from '@vscode/l10n';
import type { Place } from '../core/errors.ts';

/** A failure as a page shows it. */
export interface PageError {
  readonly message: string;
  readonly hint?: string;
  /** The file at fault and its line, where it is not the one that the page is of. */
  readonly place?: string;
}

/** `train.tsv, line 7` */
export function placeName({ file, line }: Place): string {
  return line === undefined ? basename(file) : l10n.t('{0}, line {1}', basename(file), line);
}
