import assert from 'node:assert/strict';
import { weightName } from '../../src/core/checkpoint/layerWeights.ts';

describe("the saved name of a layer's weight", () => {
  it('is found below the way back of a Bidirectional that was given a layer for it', () => {
    const layer = {
      className: 'Bidirectional',
      name: 'both',
      config: { backward_layer: { class_name: 'GRU', config: { name: 'gru_7' } } },
      inputs: [],
      calls: [],
    };
    // As Keras 3.12 writes them into an .h5 file.
    const names = new Set(['both/forward_gru_6/gru_cell/kernel', 'both/gru_7/gru_cell/kernel']);
    const found = ['forward', 'backward'].map((way) => weightName(names, layer, 'kernel', 'm.h5', way));
    assert.deepEqual(found, [...names]);
    const plain = { ...layer, config: {} };
    assert.throws(() => weightName(names, plain, 'kernel', 'm.h5', 'backward'), { code: 'weight-missing' });
  });
});
