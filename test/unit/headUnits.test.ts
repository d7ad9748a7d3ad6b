import assert from 'node:assert/strict';
import { headOfUnits, headUnits, type Head } from '../../src/core/checkpoint/headUnits.ts';

describe('the head of a saved model', () => {
  it('is read from the Dense layer that it is written as', () => {
    const heads: readonly Head[] = [
      { head: 'softmax', classes: 3 },
      { head: 'softmax', classes: 2 },
      { head: 'sigmoid', classes: 2 },
      { head: 'sigmoid', logit: true, classes: 2 },
      { head: 'logits', classes: 4 },
      { head: 'multi-label', classes: 5 },
    ];
    for (const head of heads) {
      const { activation, units } = headUnits(head);
      assert.deepEqual(headOfUnits(activation, units), head);
    }
  });

  it('is none of other functions, or a softmax of one unit', () => {
    assert.equal(headOfUnits('relu', 3), undefined);
    assert.equal(headOfUnits('softmax', 1), undefined);
  });
});
