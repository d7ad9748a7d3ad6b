import type { RankChoice } from '../core/cost/reduction.ts';
import { UserError } from '../core/errors.ts';

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
