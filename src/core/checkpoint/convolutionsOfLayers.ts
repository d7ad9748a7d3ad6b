import type { Body } from './checkpoint.ts';
import { activationOf, checkConfig, sizeOf } from './layerConfig.ts';
import { unsupported, type Layer } from './layers.ts';
import type { LayerWalk } from './layerWalk.ts';
import type { AddSource } from './specOfLayers.ts';

interface Branch {
  readonly convolution: Layer;
  readonly pooling: Layer;
  readonly width: number;
  readonly filters: number;
}

/**
 * Convolutions with ReLU and their maxima over time, concatenated where there are several.
 * @throws UserError `unsupported-layer`
 */
export function readConvolutions(walk: LayerWalk, source: AddSource): Body {
  const { file } = walk;
  const branches = walk.branches.map((layer) => readBranch(walk, layer));
  const sorted = branches.length === 1 ? branches : joinBranches(walk, branches);
  const [first] = sorted;
  if (first === undefined) throw new Error('There is no convolution.');
  for (const [i, { convolution, width, filters }] of sorted.entries()) {
    if (sorted.findIndex((branch) => branch.width === width) !== i) {
      throw unsupported(convolution, `another convolution has its width, ${width}`, file);
    }
    if (filters !== first.filters) {
      throw unsupported(convolution, `it has ${filters} filters, and another one ${first.filters}`, file);
    }
    source(`conv_${width}/kernel`, convolution, 'kernel');
    source(`conv_${width}/bias`, convolution, 'bias');
  }
  if (branches.length === 1) walk.goTo(first.pooling);
  return { kind: 'cnn', widths: sorted.map(({ width }) => width), filters: first.filters, hidden: [] };
}

/** Conv1D, ReLU of its own or behind it, GlobalMaxPooling1D. */
function readBranch(walk: LayerWalk, convolution: Layer): Branch {
  const { file } = walk;
  const only = (layer: Layer): Layer => {
    const [next, ...others] = walk.after(layer);
    if (next === undefined || others.length > 0) {
      throw unsupported(layer, 'here one layer follows another', file);
    }
    return next;
  };
  if (convolution.className !== 'Conv1D') {
    throw unsupported(convolution, 'beside a convolution only convolutions are supported', file);
  }
  const config = { ...convolution.config };
  for (const field of ['kernel_size', 'strides', 'dilation_rate']) config[field] = single(config[field]);
  const layer = { ...convolution, config };
  const expected = {
    strides: 1,
    dilation_rate: 1,
    padding: 'valid',
    data_format: 'channels_last',
    groups: 1,
    use_bias: true,
  };
  checkConfig(layer, expected, {}, file);
  let pooling = only(convolution);
  let activation = activationOf(convolution);
  if (activation === 'linear' && pooling.className === 'Activation') {
    activation = activationOf(pooling);
    pooling = only(pooling);
  }
  if (activation !== 'relu') {
    throw unsupported(convolution, `its activation is '${activation}', where 'relu' is expected`, file);
  }
  if (pooling.className !== 'GlobalMaxPooling1D') {
    throw unsupported(pooling, 'a convolution is followed by GlobalMaxPooling1D', file);
  }
  return {
    convolution,
    pooling,
    width: sizeOf(layer, 'kernel_size', file),
    filters: sizeOf(layer, 'filters', file),
  };
}

/** The branches in the order in which one Concatenate joins them. */
function joinBranches(walk: LayerWalk, branches: readonly Branch[]): Branch[] {
  const { file } = walk;
  const joins = new Set(branches.flatMap(({ pooling }) => walk.after(pooling)));
  const [join] = joins;
  const odd = [...joins].find(({ className }) => className !== 'Concatenate') ?? [...joins][1];
  if (odd !== undefined) throw unsupported(odd, 'convolutions are joined by one Concatenate', file);
  if (join === undefined) throw unsupported(branches[0]!.pooling, 'nothing joins it with the others', file);
  if (join.config.axis !== -1 && join.config.axis !== 1 && join.config.axis !== undefined) {
    throw unsupported(join, `its axis is ${JSON.stringify(join.config.axis)}, where -1 is expected`, file);
  }
  const sorted = join.inputs.map((input) => branches.find(({ pooling }) => pooling === walk.origin(input)));
  if (sorted.length !== branches.length || new Set(sorted).size !== branches.length) {
    throw unsupported(join, 'it does not join each convolution once', file);
  }
  walk.goTo(join);
  return sorted.filter((branch) => branch !== undefined);
}

/** Of a list of one. */
function single(value: unknown): unknown {
  return Array.isArray(value) && value.length === 1 ? (value as unknown[])[0] : value;
}
