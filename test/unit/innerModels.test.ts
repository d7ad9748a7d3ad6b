import assert from 'node:assert/strict';
import { withoutInnerModels } from '../../src/core/checkpoint/innerModels.ts';
import { endsOf, layersOf } from '../../src/core/checkpoint/layers.ts';

type Call = readonly [layer: string, call: number];

const layer = (name: string, className: string, ...calls: readonly (readonly Call[])[]) => ({
  class_name: className,
  name,
  config: { name },
  inbound_nodes: calls.map((inputs) => inputs.map(([of, call]) => [of, call, 0, {}])),
});
const model = (
  name: string,
  layers: readonly object[],
  inputs: readonly string[],
  outputs: readonly Call[],
  ...calls: readonly (readonly Call[])[]
) => ({
  ...layer(name, 'Functional', ...calls),
  config: {
    name,
    layers,
    input_layers: inputs.map((input) => [input, 0, 0]),
    output_layers: outputs.map(([of, call]) => [of, call, 0]),
  },
});
/** Each layer's calls, of what they take. */
function flat(topology: object): Record<string, string[]> {
  const { layers, ends } = withoutInnerModels(
    { layers: layersOf(topology, 'file'), ends: endsOf(topology) },
    'file',
  );
  const text = ({ layer, call }: { layer: string; call: number }): string => `${layer}:${call}`;
  return {
    ...Object.fromEntries(
      layers.map(({ name, calls }) => [name, calls.map(({ inputs }) => inputs.map(text).join(' '))]),
    ),
    output: (ends?.outputs ?? []).map(text),
  };
}

const input = (name: string) => layer(name, 'InputLayer');
const encoder = (...calls: readonly (readonly Call[])[]) =>
  model(
    'encoder',
    [
      input('x'),
      layer('dense', 'Dense', [['x', 0]], [['dense', 0]]),
      layer('sum', 'Add', [
        ['dense', 1],
        ['x', 0],
      ]),
    ],
    ['x'],
    [['sum', 0]],
    ...calls,
  );

describe('a model without the models inside', () => {
  it('calls their layers for each of their calls, and leaves out what only stands for what they take', () => {
    const layers = [input('a'), input('b'), encoder([['a', 0]], [['b', 0]])];
    // Keras counts how a model was made as its first call.
    for (const first of [0, 1]) {
      const both = layer('both', 'Concatenate', [
        ['encoder', first],
        ['encoder', first + 1],
      ]);
      assert.deepEqual(flat(model('whole', [...layers, both], ['a', 'b'], [['both', 0]])), {
        a: [''],
        b: [''],
        dense: ['a:0', 'dense:0', 'b:0', 'dense:2'],
        sum: ['dense:1 a:0', 'dense:3 b:0'],
        both: ['sum:0 sum:1'],
        output: ['both:0'],
      });
    }
  });

  it('has a name for each layer, though several are called so', () => {
    const top = {
      ...layer('top', 'Sequential', [['encoder', 1]]),
      config: { layers: [layer('dense', 'Dense')] },
    };
    const layers = [input('x'), layer('dense', 'Dense', [['x', 0]]), encoder([['dense', 0]]), top];
    assert.deepEqual(flat(model('whole', layers, ['x'], [['top', 1]])), {
      x: [''],
      dense: ['x:0'],
      encoder_dense: ['dense:0', 'encoder_dense:0'],
      sum: ['encoder_dense:1 dense:0'],
      top_dense: ['sum:0'],
      output: ['top_dense:0'],
    });
  });

  it('begins as a Sequential does that begins with a model', () => {
    const config = { layers: [encoder(), layer('head', 'Dense')] };
    assert.deepEqual(flat({ class_name: 'Sequential', config }), {
      x: [''],
      dense: ['x:0', 'dense:0'],
      sum: ['dense:1 x:0'],
      head: ['sum:0'],
      output: [],
    });
  });

  it('passes on what a model inside gives as it takes it', () => {
    const same = model('same', [input('x')], ['x'], [['x', 0]], [['a', 0]]);
    const layers = [input('a'), same, layer('head', 'Dense', [['same', 0]])];
    assert.deepEqual(flat(model('whole', layers, ['a'], [['head', 0]])), {
      a: [''],
      head: ['a:0'],
      output: ['head:0'],
    });
  });

  it('is refused where a model inside has several outputs, no layers or other inputs, or is called without end', () => {
    const ends = (inner: object) => () =>
      flat(model('whole', [input('a'), input('b'), inner], ['a', 'b'], [['inner', 0]]));
    const one = [input('x'), layer('d', 'Dense', [['x', 0]])];
    const refused: [RegExp, object][] = [
      [
        /'inner' \(Functional\) behind 'a'.*not one output/,
        model(
          'inner',
          one,
          ['x'],
          [
            ['d', 0],
            ['x', 0],
          ],
          [['a', 0]],
        ),
      ],
      [/not one output/, model('inner', [], [], [], [['a', 0]])],
      [/not one output/, model('inner', one, ['x'], [['none', 0]], [['a', 0]])],
      [
        /takes 1 inputs, and is given 2/,
        model(
          'inner',
          one,
          ['x'],
          [['d', 0]],
          [
            ['a', 0],
            ['b', 0],
          ],
        ),
      ],
    ];
    for (const [message, inner] of refused)
      assert.throws(ends(inner), { code: 'unsupported-layer', message });
    const same = (name: string, of: string) => model(name, [input('x')], ['x'], [['x', 0]], [[of, 0]]);
    assert.throws(
      () => flat(model('whole', [same('inner', 'other'), same('other', 'inner')], [], [['inner', 0]])),
      { code: 'unsupported-layer', message: /circle/ },
    );
    let deep = model('inner', one, ['x'], [['d', 0]], [['x', 0]]);
    for (let i = 0; i < 40; i++) {
      const twice = { ...deep, inbound_nodes: [[['x', 0, 0, {}]], [['inner', 0, 0, {}]]] };
      deep = model('inner', [input('x'), twice], ['x'], [['inner', 1]], [['a', 0]]);
    }
    assert.throws(ends(deep), { code: 'unsupported-layer', message: /called \d+ times/ });
  });
});
