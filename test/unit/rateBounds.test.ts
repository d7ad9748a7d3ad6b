import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.ts';
import { rateBounds } from '../../src/core/training/rateBounds.ts';

/** A range test's rates, 1e-6 to 1. */
const rates = Array.from({ length: 300 }, (_, i) => 1e-6 * 1e6 ** (i / 299));

/** A loss that falls evenly, by decades of the rate, from 0.7 at `from` to 0.3 at `to`, and rises from `rises` on. */
const curve = (from: number, to: number, rises: number, noise = 0): number[] => {
  const random = new Random(1);
  return rates.map((rate) => {
    const fallen = Math.log(rate / from) / Math.log(to / from);
    const loss = 0.7 - 0.4 * Math.min(1, Math.max(0, fallen)) + Math.max(0, Math.log10(rate / rises));
    return loss + noise * random.normal();
  });
};

/** Within a factor. */
const near = (found: number | undefined, expected: number, factor: number): void => {
  const off = Math.abs(Math.log((found ?? 0) / expected));
  assert.ok(off <= Math.log(factor), `${found} is not ${expected}`);
};

describe('rateBounds', () => {
  for (const noise of [0, 0.05]) {
    it(`finds where a loss falls, with noise of ${noise}`, () => {
      const bounds = rateBounds(rates, curve(1e-4, 1e-2, 1e-1, noise));
      // A tenth and nine tenths of the way.
      near(bounds?.lower, 10 ** -3.8, noise === 0 ? 1.1 : 2);
      near(bounds?.upper, 10 ** -2.2, noise === 0 ? 1.1 : 2);
    });
  }

  it('takes the first rate at the bottom, not the last before the loss rises', () => {
    near(rateBounds(rates, curve(1e-5, 1e-4, 0.5))?.upper, 10 ** -4.1, 1.1);
  });

  it('stays below the rate at which the loss turns, and its bounds in their order', () => {
    for (const turn of [1e-3, 1e-2, 1e-1]) {
      const { lower, upper } = rateBounds(rates, curve(1e-4, turn, turn, 0.02))!;
      assert.ok(lower < upper && upper < turn, `${lower} ${upper} ${turn}`);
    }
  });

  it('does not mind what comes after the loss has become ragged', () => {
    const losses = curve(1e-4, 1e-2, 1e-2);
    const ragged = losses.map((loss, i) => (rates[i]! > 0.1 ? 0.1 : loss));
    near(rateBounds(rates, ragged)?.upper, 10 ** -2.2, 1.5);
  });

  it('takes the losses as far as they go', () => {
    const losses = curve(1e-4, 1e-2, 1e-1).slice(0, 230);
    near(rateBounds(rates.slice(0, 230), losses)?.upper, 10 ** -2.2, 1.3);
  });

  it('proposes nothing where the loss only rises, is flat, or is noise', () => {
    assert.equal(
      rateBounds(
        rates,
        rates.map((rate) => 0.2 + rate),
      ),
      undefined,
    );
    assert.equal(
      rateBounds(
        rates,
        rates.map(() => 0.7),
      ),
      undefined,
    );
    const random = new Random(2);
    assert.equal(
      rateBounds(
        rates,
        rates.map(() => 0.7 + 0.1 * random.normal()),
      ),
      undefined,
    );
    assert.equal(rateBounds([], []), undefined);
    assert.equal(rateBounds([1e-6], [0.7]), undefined);
  });
});
