import { achievedReduction, rankForReduction } from '../cost/reduction.ts';
import type { SpecTable } from '../checkpoint/graph/tables.ts';
import { UserError } from '../errors.ts';
import type { CompressedTable } from './method.ts';

/** The rank of a table, and those of the tables that are compressed with it. */
export interface RankSet {
  readonly rank: number;
  /** None where there are no further tables. */
  readonly ranks?: Readonly<Record<string, number>>;
}

/**
 * The ranks of an entry, each once, largest first. A reduction counts for each table, and a rank is that of each, up to
 * its smaller side.
 *
 * @param path of the entry in the recipe
 * @throws UserError `rank-too-large` above min(m, n)
 */
export function rankSetsOf(
  { reductions, ranks }: { readonly reductions: readonly number[]; readonly ranks: readonly number[] },
  { rows, dimension, further = [] }: CompressedTable,
  { file, path }: { readonly file: string; readonly path: string },
): { readonly sets: readonly RankSet[]; readonly warnings: readonly string[] } {
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
  const wishes = new Map<string, RankSet & { readonly words: string[] }>();
  const wish = (rank: number, words: string, rankOf: (table: SpecTable) => number): void => {
    const own = further.map((table) => [table.name, rankOf(table)] as const);
    const key = [rank, ...own].join();
    const found = wishes.get(key) ?? {
      rank,
      ...(own.length > 0 && { ranks: Object.fromEntries(own) }),
      words: [],
    };
    found.words.push(words);
    wishes.set(key, found);
  };
  for (const reduction of reductions) {
    const rank = rankForReduction(reduction, rows, dimension);
    wish(rank, `reduction ${reduction}`, (table) => rankForReduction(reduction, table.rows, table.dimension));
    const achieved = achievedReduction(rank, rows, dimension);
    if (achieved < reduction - 1e-9) {
      warnings.push(
        `Reduction ${reduction} is out of reach: rank ${rank}, the smallest, removes ${(100 * achieved).toFixed(2)} % of the table.`,
      );
    }
  }
  for (const rank of ranks) {
    wish(rank, `rank ${rank}`, (table) => Math.min(rank, table.rows, table.dimension));
  }
  for (const { rank, words } of wishes.values()) {
    if (words.length > 1) warnings.push(`${listed(words)} give the same rank ${rank}, which is tried once.`);
    const achieved = achievedReduction(rank, rows, dimension);
    if (achieved <= 0) {
      warnings.push(
        `Rank ${rank} makes the table ${achieved === 0 ? 'no smaller' : `${percent(-achieved)} larger`}: ` +
          `below ${((rows * dimension) / (rows + dimension)).toFixed(1)} it becomes smaller.`,
      );
    }
  }
  const sets = [...wishes.values()].map(({ words: _, ...set }): RankSet => set);
  return { sets: sets.sort((a, b) => b.rank - a.rank || sumOf(b) - sumOf(a)), warnings };
}

function sumOf({ ranks = {} }: RankSet): number {
  return Object.values(ranks).reduce((a, b) => a + b, 0);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** `Reduction 0.98, reduction 0.985 and rank 1`. */
function listed(words: readonly string[]): string {
  const text = `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}
