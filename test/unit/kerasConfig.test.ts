import assert from 'node:assert/strict';
import { kerasTopology } from '../../src/core/checkpoint/keras/kerasConfig.ts';

/** The config that a layer has once it is translated. */
function translated(className: string, config: object, version: string | undefined): Record<string, unknown> {
  const layer = { class_name: className, config: { name: 'x', ...config }, inbound_nodes: [] };
  const model = { class_name: 'Functional', config: { layers: [layer] } };
  const { layers } = kerasTopology(model, version, 'model.h5').config as {
    layers: { config: Record<string, unknown> }[];
  };
  return layers[0]!.config;
}

describe('the topology of a Keras file', () => {
  it('says which Keras computes hard_sigmoid, and which one merges masks', () => {
    for (const version of ['2.15.0', '2.4.0', undefined]) {
      const dense = translated('Dense', { activation: 'hard_sigmoid' }, version);
      assert.equal(dense.activation, 'hard_sigmoid_0.2');
      assert.equal(dense.merged_mask, undefined);
      for (const className of ['Add', 'Average', 'Concatenate', 'Maximum', 'Multiply']) {
        assert.equal(translated(className, {}, version).merged_mask, 'all');
      }
    }
    assert.equal(translated('Dense', { activation: 'hard_sigmoid' }, '3.8.0').activation, 'hard_sigmoid');
    assert.equal(translated('Add', {}, '3.8.0').merged_mask, undefined);
  });
});
