import { UserError } from '../errors.ts';

/**
 * The rank that removes the share R of an embedding table's parameters: k = floor((1 - R) m n/(m + n)), at
 * least 1 (Acharya et al., AAAI 2019).
 *
 * @param reduction R, in (0,1)
 * @param m words
 * @param n dimensions
 * @throws UserError `invalid-reduction`
 */
export function rankForReduction(reduction: number, m: number, n: number): number {
  if (!(reduction > 0 && reduction < 1)) {
    throw new UserError(
      'invalid-reduction',
      `A reduction lies between 0 and 1, both excluded, not at ${reduction}.`,
      'Choose one such as 0.9, which removes nine tenths of the table.',
    );
  }
  // 1 - 0.9 is a little less than 0.1: a product that should be whole must not lose a rank to that.
  return Math.max(1, Math.floor(((1 - reduction) * m * n) / (m + n) + 1e-9));
}

/** k itself, or the share of the table's parameters to remove. */
export type RankChoice = { readonly rank: number } | { readonly reduction: number };

/** @throws UserError `invalid-reduction` */
export function chosenRank(choice: RankChoice, m: number, n: number): number {
  return 'rank' in choice ? choice.rank : rankForReduction(choice.reduction, m, n);
}

/** 1 - k(m + n)/(m n), the share of the table's parameters that rank k removes; negative where it adds some. */
export function achievedReduction(rank: number, m: number, n: number): number {
  return 1 - (rank * (m + n)) / (m * n);
}
