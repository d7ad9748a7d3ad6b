import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.ts';
import { bestOf, rungs, type Candidate, type Standing, type Target } from '../../src/core/search/halving.ts';
import { search, type Found } from '../../src/core/search/search.ts';

interface Told {
  readonly found: Found;
  readonly standings: ReadonlyMap<string, Standing>;
  /** When each training began, on the clock of the search. */
  readonly begun: readonly number[];
}

const epochs = 5;

/** A search on a clock of its own: compressing takes a second, an epoch four. */
async function searching(
  seed: number,
  target: Target,
  seconds: number,
): Promise<Told & { readonly candidates: readonly Candidate[] }> {
  const random = new Random(seed, 9);
  const candidates = Array.from({ length: 30 }, (_, i) => ({
    id: `c${i}`,
    bytes: 100 + random.integer(900),
  }));
  const skill = new Map(candidates.map(({ id, bytes }) => [id, 0.4 + bytes / 2500 + 0.2 * random.uniform()]));
  const standings = new Map<string, Standing>();
  const begun: number[] = [];
  let now = 0;
  const found = await search({
    candidates,
    target,
    rungs: rungs(epochs),
    jobs: 1,
    secondsLeft: () => Math.max(0, seconds - now),
    train: (id, until) => {
      begun.push(now);
      const before = standings.get(id);
      // What is under way when the time is over ends with the epochs that it has finished.
      let had = before?.epochs ?? 0;
      now += before === undefined ? 1 : 0;
      if (now > seconds) return Promise.resolve(undefined);
      while (had < until && now + 4 <= seconds) {
        now += 4;
        had++;
      }
      if (had < until) now = seconds;
      const { bytes } = candidates.find((one) => one.id === id)!;
      const standing = {
        id,
        bytes,
        epochs: had,
        validationAccuracy: Math.min(1, skill.get(id)! + 0.01 * had),
      };
      standings.set(id, standing);
      return Promise.resolve(standing);
    },
    onRound: () => undefined,
  });
  return { found, standings, begun, candidates };
}

const targets: readonly Target[] = [
  { kind: 'accuracy', floor: 0.7 },
  { kind: 'size', bytes: 600 },
];

describe('a search with a limit of time', () => {
  for (const target of targets) {
    describe(`for the target ${target.kind}`, () => {
      it('begins nothing when the time is over, and gives the best of what it has tried', async () => {
        for (let seed = 0; seed < 60; seed++) {
          const seconds = 1 + seed * 5;
          const { found, standings, begun } = await searching(seed, target, seconds);
          assert.ok(begun.every((at) => at < seconds));
          assert.deepEqual(found.best, bestOf([...standings.values()], target));
        }
      });

      it('is complete only where nothing that is left untried could be better', async () => {
        const ends = new Set<string>();
        for (let seed = 0; seed < 60; seed++) {
          const { found, standings, candidates } = await searching(seed, target, 20 + seed * 6);
          ends.add(found.end);
          if (found.end === 'time') continue;
          const untried = candidates.filter(({ id }) => !standings.has(id));
          const possible = untried.filter(({ bytes }) =>
            target.kind === 'size'
              ? bytes <= target.bytes
              : found.best === undefined || bytes < found.best.bytes,
          );
          assert.deepEqual(possible, []);
        }
        assert.deepEqual([...ends].sort(), ['complete', 'time']);
      });
    });
  }
});
