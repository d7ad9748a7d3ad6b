import type { Body } from './checkpoint.ts';
import { checkConfig, sizeOf } from './layerConfig.ts';
import { unsupported, type Layer } from './layers.ts';
import type { LayerWalk } from './layerWalk.ts';
import type { AddSource } from './specOfLayers.ts';

export const recurrentLayers: ReadonlySet<string> = new Set(['LSTM', 'GRU', 'Bidirectional']);

/**
 * A recurrent layer, and the average of its sequence where it gives one.
 * @throws UserError `unsupported-layer`
 */
export function readRecurrence(walk: LayerWalk, layer: Layer, isMaskLost: boolean, source: AddSource): Body {
  const { file } = walk;
  const inner = layer.className === 'Bidirectional' ? readDirections(layer, file) : layer;
  checkCell(inner, file);
  const units = sizeOf(inner, 'units', file);
  const add = (ours: string, direction: string): void => {
    for (const weight of ['kernel', 'recurrent_kernel', 'bias']) {
      source(`${ours}/${weight}`, layer, weight, direction);
    }
  };
  if (layer !== inner) {
    add('bilstm/forward', 'forward');
    add('bilstm/backward', 'backward');
  } else add(inner.className.toLowerCase(), '');
  const pooling = inner.config.return_sequences === true ? 'mean' : 'last';
  if (pooling === 'mean') readAverage(walk, isMaskLost);
  const shared = { units, pooling, hidden: [] } as const;
  if (layer !== inner) return { kind: 'bilstm', ...shared };
  return inner.className === 'GRU'
    ? { kind: 'gru', ...shared }
    : { kind: 'lstm', peepholes: false, ...shared };
}

function readAverage(walk: LayerWalk, isMaskLost: boolean): void {
  const average = walk.next();
  if (average.className !== 'GlobalAveragePooling1D') {
    throw unsupported(
      average,
      'a recurrent layer that returns its sequence is followed by GlobalAveragePooling1D',
      walk.file,
    );
  }
  if (isMaskLost) {
    throw unsupported(
      average,
      'tfjs and Keras differ in how it treats the mask of the layer before it',
      walk.file,
    );
  }
}

/** The layer that a Bidirectional runs both ways. */
function readDirections(layer: Layer, file: string): Layer {
  checkConfig(layer, { merge_mode: 'concat' }, {}, file);
  const forward = wrapped(layer, layer.config.layer);
  if (forward.className !== 'LSTM') {
    throw unsupported(layer, `it wraps ${forward.className}, where LSTM is expected`, file);
  }
  if (layer.config.backward_layer !== undefined) {
    const backward = wrapped(layer, layer.config.backward_layer);
    const { units, return_sequences: sequences } = forward.config;
    if (backward.className !== 'LSTM') throw unsupported(layer, 'its directions differ', file);
    checkConfig(backward, { units, return_sequences: sequences, go_backwards: true }, {}, file);
    checkCell({ ...backward, config: { ...backward.config, go_backwards: false } }, file);
  }
  return forward;
}

function wrapped(outer: Layer, value: unknown): Layer {
  const { class_name: className, config } = (value ?? {}) as Record<string, unknown>;
  return { ...outer, className: String(className), config: (config ?? {}) as Layer['config'] };
}

function checkCell(layer: Layer, file: string): void {
  const expected = {
    activation: 'tanh',
    recurrent_activation: 'sigmoid',
    use_bias: true,
    go_backwards: false,
    stateful: false,
    return_state: false,
    // The mean leaves out what a masked step gives.
    ...(layer.config.return_sequences !== true && { zero_output_for_mask: false }),
    ...(layer.className === 'GRU' && { reset_after: true }),
  };
  // What tfjs takes where the topology does not say it; Keras says everything.
  const defaults = {
    activation: 'tanh',
    recurrent_activation: 'hard_sigmoid',
    use_bias: true,
    ...(layer.className === 'GRU' && { reset_after: false }),
  };
  checkConfig(layer, expected, defaults, file);
}
