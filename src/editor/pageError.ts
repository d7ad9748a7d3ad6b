import { basename, join } from 'node:path';
import * as l10n from '@vscode/l10n';
import { saidBy, UserError, type Place, type SaidError } from '../core/errors.ts';

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

/** @param shown path of the file that the page is of, which it has named already */
export function saidOnPage({ message, hint, place }: SaidError, shown?: string): PageError {
  const elsewhere = place !== undefined && (shown === undefined || join(place.file) !== join(shown));
  return { message, hint, ...(elsewhere && { place: placeName(place) }) };
}

/** The same of anything that was thrown. */
export function pageError(error: unknown, shown?: string): PageError {
  if (error instanceof UserError) return saidOnPage(saidBy(error), shown);
  return { message: error instanceof Error ? error.message : String(error) };
}
