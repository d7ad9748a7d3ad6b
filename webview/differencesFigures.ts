import * as l10n from '@vscode/l10n';
import type { Differences, Flip } from '../src/core/report/reports.ts';
import { formatCount } from './format.ts';

export type FlipKind = 'corrected' | 'broken' | 'otherwise';

/** Of the sentences of one true class, or that have one label. */
export interface ClassFigures {
  readonly name: string;
  readonly sentences: number;
  /** Undefined where there are none. */
  readonly before: number | undefined;
  readonly after: number | undefined;
}

export function flipKind({ label, before, after }: Flip): FlipKind {
  if (after === label) return 'corrected';
  return before === label ? 'broken' : 'otherwise';
}

export function classFigures({
  classes,
  confusionBefore,
  confusionAfter,
}: Required<Pick<Differences, 'classes' | 'confusionBefore' | 'confusionAfter'>>): ClassFigures[] {
  return classes.map((name, i) => {
    const sentences = (confusionBefore[i] ?? []).reduce((sum, count) => sum + count, 0);
    const share = (matrix: readonly (readonly number[])[]): number | undefined =>
      sentences === 0 ? undefined : (matrix[i]?.[i] ?? 0) / sentences;
    return { name, sentences, before: share(confusionBefore), after: share(confusionAfter) };
  });
}

/** The flips of a kind whose text holds a search, however it is cased. */
export function findFlips(flips: readonly Flip[], kind: FlipKind | 'all', search: string): Flip[] {
  const wanted = search.trim().toLocaleLowerCase();
  return flips.filter(
    (flip) =>
      (kind === 'all' || flipKind(flip) === kind) &&
      (wanted === '' || flip.text.toLocaleLowerCase().includes(wanted)),
  );
}

export function changedCount({ corrected, broken, otherwise }: Differences): number {
  return corrected + broken + otherwise;
}

/** `Of 1,821 test sentences 43 changed: 21 corrected, 18 broken, 4 otherwise.` */
export function summarize(differences: Differences): string {
  const sentences = formatCount(differences.sentences);
  const changed = changedCount(differences);
  const test = differences.part === 'test';
  if (changed === 0)
    return test
      ? l10n.t('All {0} test sentences are classified as before.', sentences)
      : l10n.t('All {0} validation sentences are classified as before.', sentences);
  const figures = [
    sentences,
    formatCount(changed),
    formatCount(differences.corrected),
    formatCount(differences.broken),
    formatCount(differences.otherwise),
  ];
  return test
    ? l10n.t('Of {0} test sentences {1} changed: {2} corrected, {3} broken, {4} otherwise.', ...figures)
    : l10n.t(
        'Of {0} validation sentences {1} changed: {2} corrected, {3} broken, {4} otherwise.',
        ...figures,
      );
}
