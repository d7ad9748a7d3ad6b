import { achievedReduction, rankForReduction } from '../cost/reduction.ts';
import { UserError } from '../errors.ts';

/**
 * The ranks of an entry, each once, largest first.
 * @param path of the entry in the recipe
 * @throws UserError `rank-too-large` above min(m, n)
 */
export function ranksOf(
  { reductions, ranks }: { readonly reductions: readonly number[]; readonly ranks: readonly number[] },
  { rows, dimension }: { readonly rows: number; readonly dimension: number },
  { file, path }: { readonly file: string; readonly path: string },
): { readonly ranks: readonly number[]; readonly warnings: readonly string[] } {
  const most = Math.min(rows, dimension);
  ranks.forEach((rank, i) => {
    if (rank <= most) return;
    throw new UserError(
      'rank-too-large',
      `${path}.ranks[${i}] must be at most ${most}, the smaller side of the ${rows} x ${dimension} table, found ${rank}.`,
      'Choose a smaller rank.',
      { file, item: `${path}.ranks[${i}]` },
    );
  });

  const warnings: string[] = [];
  const wishes = new Map<number, string[]>();
  const wish = (rank: number, words: string): void => {
    wishes.set(rank, [...(wishes.get(rank) ?? []), words]);
  };
  for (const reduction of reductions) {
    const rank = rankForReduction(reduction, rows, dimension);
    wish(rank, `reduction ${reduction}`);
    const achieved = achievedReduction(rank, rows, dimension);
    if (achieved < reduction - 1e-9) {
      warnings.push(
        `Reduction ${reduction} is out of reach: rank ${rank}, the smallest, removes ${(100 * achieved).toFixed(2)} % of the table.`,
      );
    }
  }
  for (const rank of ranks) wish(rank, `rank ${rank}`);
  for (const [rank, words] of wishes) {
    if (words.length > 1) warnings.push(`${listed(words)} give the same rank ${rank}, which is tried once.`);
    const achieved = achievedReduction(rank, rows, dimension);
    if (achieved <= 0) {
      warnings.push(
        `Rank ${rank} makes the table ${achieved === 0 ? 'no smaller' : `${percent(-achieved)} larger`}: ` +
          `below ${((rows * dimension) / (rows + dimension)).toFixed(1)} it becomes smaller.`,
      );
    }
  }
  return { ranks: [...wishes.keys()].sort((a, b) => b - a), warnings };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** `Reduction 0.98, reduction 0.985 and rank 1`. */
function listed(words: readonly string[]): string {
  const text = `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}
