import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.ts';
import {
  bestOf,
  firstRound,
  mostEpochs,
  nextRound,
  rungs,
  settingsRungs,
  type Candidate,
  type Round,
  type Standing,
  type Target,
} from '../../src/core/search/halving.ts';
import { spread } from '../../src/core/search/spread.ts';

describe('an order that is spread over a list', () => {
  it('has each item once, the first one first', () => {
    for (let length = 0; length < 40; length++) {
      const items = Array.from({ length }, (_, i) => i);
      const order = spread(items);
      assert.deepEqual(
        [...order].sort((a, b) => a - b),
        items,
      );
      assert.equal(order[0], items[0]);
    }
  });

  it('leaves no gap of twice the mean in any of its beginnings that is a power of two', () => {
    for (const length of [16, 23, 42, 100]) {
      const order = spread(Array.from({ length }, (_, i) => i));
      for (let count = 2; count < length / 2; count *= 2) {
        const places = [...order.slice(0, count), length].sort((a, b) => a - b);
        const gaps = places.slice(1).map((place, i) => place - places[i]!);
        assert.ok(Math.max(...gaps) <= (2 * length) / count, `${length} ${count}: ${gaps.join(' ')}`);
      }
    }
  });
});

describe('the rungs of a search', () => {
  it('of settings are a quarter, a half and all of the epochs', () => {
    assert.deepEqual([10, 5, 4, 2, 1].map(settingsRungs), [[3, 5, 10], [2, 3, 5], [1, 2, 4], [1, 2], [1]]);
  });

  it('cost half the candidates for each, and the best one to its end', () => {
    // 0 to 1: 20, to 2: 10, to 4: 2 x 5, to 5: 3; and 5.
    assert.equal(mostEpochs(40, rungs(5)), 20 + 10 + 10 + 3 + 5);
    // Without the first one: 40 of one epoch.
    assert.equal(mostEpochs(40, [1, 2, 3]), 40 + 20 + 10 + 3);
    assert.equal(mostEpochs(0, rungs(5)), 0);
    assert.equal(mostEpochs(40, rungs(0)), 0);
  });

  it('double from one epoch and end with all of them', () => {
    assert.deepEqual(rungs(0), [0]);
    assert.deepEqual(rungs(1), [0, 1]);
    assert.deepEqual(rungs(5), [0, 1, 2, 4, 5]);
    assert.deepEqual(rungs(8), [0, 1, 2, 4, 8]);
  });
});

/** Candidates with the accuracy of each after so many epochs, which never falls; larger ones tend to be better. */
interface World {
  readonly candidates: readonly Candidate[];
  readonly accuracy: (id: string, epochs: number) => number;
  readonly epochs: number;
  readonly target: Target;
}

function randomWorld(random: Random, kind: Target['kind']): World {
  const epochs = 1 + random.integer(9);
  const curves = new Map<string, number[]>();
  const candidates = Array.from({ length: 1 + random.integer(40) }, (_, i) => {
    const bytes = 100 + random.integer(900);
    let best = 0.3 + 0.4 * (bytes / 1000) + 0.2 * random.uniform();
    const curve = Array.from({ length: epochs + 1 }, () => {
      best = Math.max(best, best + 0.05 * random.normal());
      return Math.min(1, best);
    });
    curves.set(`c${i}`, curve);
    return { id: `c${i}`, bytes };
  });
  return {
    candidates,
    accuracy: (id, after) => curves.get(id)![after]!,
    epochs,
    target:
      kind === 'accuracy'
        ? { kind, floor: 0.5 + 0.5 * random.uniform() }
        : kind === 'size'
          ? { kind, bytes: 200 + random.integer(900) }
          : { kind },
  };
}

/** Runs a search to its end; `onRound` sees all that was tried when a round has ended. */
function search(
  world: World,
  onRound: (round: Round, standings: readonly Standing[]) => void = () => undefined,
  always?: string,
): { readonly rounds: readonly Round[]; readonly standings: readonly Standing[] } {
  const standings = new Map<string, Standing>();
  const rounds: Round[] = [];
  const bytes = new Map(world.candidates.map((candidate) => [candidate.id, candidate.bytes]));
  let round = firstRound(world.candidates, world.target, rungs(world.epochs));
  while (round !== undefined) {
    rounds.push(round);
    for (const id of round.trials) {
      const { epochs } = round;
      const validationAccuracy = world.accuracy(id, epochs);
      standings.set(id, { id, bytes: bytes.get(id)!, epochs, validationAccuracy });
    }
    onRound(round, [...standings.values()]);
    round = nextRound(round, [...standings.values()], world.target, rungs(world.epochs), always);
  }
  return { rounds, standings: [...standings.values()] };
}

for (const kind of ['accuracy', 'size', 'any'] as const) {
  describe(`a search of the target ${kind}`, () => {
    const worlds = Array.from({ length: 300 }, (_, i) => randomWorld(new Random(i, 5), kind));

    it('never drops the best, and what it finds never becomes worse', () => {
      for (const world of worlds) {
        let before: Standing | undefined;
        search(world, (_, standings) => {
          const best = bestOf(standings, world.target);
          if (before !== undefined) {
            assert.ok(best !== undefined);
            if (kind === 'accuracy') assert.ok(best.bytes <= before.bytes);
            else assert.ok(best.validationAccuracy >= before.validationAccuracy);
          }
          before = best;
        });
      }
    });

    it('finds a model that meets the target, trained to its end, or none of those tried does', () => {
      for (const world of worlds) {
        const { standings } = search(world);
        const best = bestOf(standings, world.target);
        const meets = (one: Standing): boolean =>
          world.target.kind === 'accuracy'
            ? one.validationAccuracy >= world.target.floor
            : world.target.kind === 'any' || one.bytes <= world.target.bytes;
        if (best === undefined) assert.ok(!standings.some(meets));
        else {
          assert.ok(meets(best));
          assert.equal(best.epochs, world.epochs);
        }
      }
    });

    it('costs no more than a whole round for each rung, and the last training of the best', () => {
      for (const world of worlds) {
        const { rounds } = search(world);
        let trained = 0;
        const before = new Map<string, number>();
        for (const { epochs, trials } of rounds) {
          for (const id of trials) trained += epochs - (before.get(id) ?? 0);
          for (const id of trials) before.set(id, epochs);
        }
        const most = mostEpochs(world.candidates.length, rungs(world.epochs));
        assert.ok(trained <= most, `${trained} of ${most}`);
      }
    });

    it('halves from round to round, trains longer, and repeats nobody below the last rung', () => {
      for (const world of worlds) {
        const { rounds } = search(world);
        rounds.slice(1).forEach(({ epochs, trials }, i) => {
          const last = rounds[i]!;
          assert.ok(trials.length <= Math.ceil(last.trials.length / 2));
          assert.equal(new Set(trials).size, trials.length);
          assert.ok(epochs > last.epochs || trials.length === 1);
        });
      }
    });

    if (kind === 'any') {
      it('takes one along in any case where it is told to, and comes to no less', () => {
        for (const world of worlds) {
          const always = world.candidates.at(-1)!.id;
          const { rounds, standings } = search(world, undefined, always);
          assert.ok(rounds.every(({ trials }) => trials.includes(always)));
          const best = bestOf(standings, world.target)!;
          assert.ok(best.validationAccuracy >= world.accuracy(always, world.epochs));
        }
      });
    }

    it('is the same again for the same candidates in any order', () => {
      for (const world of worlds.slice(0, 50)) {
        const candidates = [...world.candidates].reverse();
        assert.deepEqual(search({ ...world, candidates }).rounds, search(world).rounds);
      }
    });
  });
}

describe('a round that was cut short', () => {
  const target: Target = { kind: 'accuracy', floor: 0.8 };
  const standing = (id: string, bytes: number, validationAccuracy: number): Standing => ({
    id,
    bytes,
    epochs: 1,
    validationAccuracy,
  });

  it('goes on with those that it came to', () => {
    const last = { epochs: 1, trials: ['a', 'b', 'c', 'd'] };
    const next = nextRound(last, [standing('a', 10, 0.7), standing('c', 9, 0.75)], target, rungs(4));
    assert.deepEqual(next, { epochs: 2, trials: ['c', 'a'] });
  });

  it('leaves out what is no smaller than the best', () => {
    const last = { epochs: 1, trials: ['a', 'b', 'c', 'd'] };
    const standings = [standing('a', 10, 0.85), standing('b', 10, 0.79), standing('c', 9, 0.6)];
    assert.deepEqual(nextRound(last, standings, target, rungs(4)), { epochs: 2, trials: ['c'] });
  });

  it('has nothing to train where nothing was tried', () => {
    assert.equal(nextRound({ epochs: 0, trials: ['a'] }, [], target, rungs(4)), undefined);
    assert.equal(firstRound([{ id: 'a', bytes: 11 }], { kind: 'size', bytes: 10 }, rungs(4)), undefined);
  });
});
