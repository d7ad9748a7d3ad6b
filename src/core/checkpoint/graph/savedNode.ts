import type { GraphNode } from '../graphBody.ts';
import type { Layer } from '../layers.ts';

type Config = Readonly<Record<string, unknown>>;

/** Settings of the layers of a graph that decide a result, or one in training. */
const kept: ReadonlySet<string> = new Set([
  'activation',
  'alpha',
  'axis',
  'backward_layer',
  'center',
  'data_format',
  'dilation_rate',
  'dropout',
  'epsilon',
  'filters',
  'go_backwards',
  'groups',
  'keepdims',
  'kernel_size',
  'layer',
  'max_value',
  'merged_mask',
  'merge_mode',
  'momentum',
  'negative_slope',
  'noise_shape',
  'padding',
  'pool_size',
  'rate',
  'recurrent_activation',
  'recurrent_dropout',
  'renorm',
  'reset_after',
  'return_sequences',
  'return_state',
  'rms_scaling',
  'scale',
  'stateful',
  'strides',
  'threshold',
  'time_major',
  'units',
  'use_bias',
  'virtual_batch_size',
  'zero_output_for_mask',
]);

/** What is so in nearly every layer, and is not worth keeping. */
const usual: Config = {
  data_format: 'channels_last',
  dropout: 0,
  groups: 1,
  keepdims: false,
  noise_shape: null,
  recurrent_dropout: 0,
  renorm: false,
  return_state: false,
  rms_scaling: false,
  stateful: false,
  time_major: false,
  virtual_batch_size: null,
  zero_output_for_mask: false,
};

/** A saved layer as a node. */
export function nodeOf({ name, className, config, inputs }: Layer): GraphNode {
  return { name, className, config: configOf(config), inputs };
}

function configOf(config: Config): Config {
  const own: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(config)) {
    if (!kept.has(field) || value === undefined || usual[field] === value) continue;
    if (value === null && field !== 'merge_mode') continue;
    if (field === 'layer' || field === 'backward_layer') own[field] = wrapped(value);
    else own[field] = scalarOf(value);
  }
  return own;
}

function wrapped(value: unknown): unknown {
  const { class_name, config } = (value ?? {}) as { class_name?: unknown; config?: unknown };
  return { class_name, config: configOf((config ?? {}) as Config) };
}

/** tf_keras writes some numbers as arrays of one. */
function scalarOf(value: unknown): unknown {
  if (Array.isArray(value) && value.length === 1) return value[0] as unknown;
  const { class_name: className, config } = (value ?? {}) as Record<string, unknown>;
  return className === '__numpy__' ? scalarOf((config as Config).value) : value;
}
