import type { RankChoice } from '../core/cost/reduction.ts';
import { UserError } from '../core/errors.ts';

/** `90.3 % fewer`, of the numbers that were before. */
export function shownReduction(share: number): string {
  return `${(100 * Math.abs(share)).toFixed(1)} % ${share < 0 ? 'more' : 'fewer'}`;
}

/** @throws UserError `rank-or-reduction` unless one of the two is given */
export function rankChoice({
  rank,
  reduction,
}: {
  readonly rank?: number;
  readonly reduction?: number;
}): RankChoice {
  if (rank !== undefined && reduction === undefined) return { rank };
  if (reduction !== undefined && rank === undefined) return { reduction };
  throw new UserError(
    'rank-or-reduction',
    'How much to compress is given by a rank or by a reduction, one of the two.',
    'Add --rank, such as --rank 25, or --reduction, such as --reduction 0.9.',
  );
}
