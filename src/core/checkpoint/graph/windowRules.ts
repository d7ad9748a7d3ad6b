import type { Activation } from './activation.ts';
import type { NodeConfig } from './nodeConfig.ts';
import { sequenceInput, stepCount, type LayerRule, type NodeShape } from './nodeFacts.ts';

/** Windows over the steps. */
export interface WindowSettings {
  /** Steps that a window sees. */
  readonly size: number;
  readonly stride: number;
  /** Steps from one that a window sees to the next. */
  readonly dilation: number;
  readonly padding: 'valid' | 'same' | 'causal';
}

export interface WindowPlan {
  readonly windows: number;
  /** Steps before the first one that the first window begins with. */
  readonly before: number;
}

/** As TensorFlow places them: with `same` there are ceil(steps / stride), and the odd step of padding lies behind. */
export function planWindows({ size, stride, dilation, padding }: WindowSettings, steps: number): WindowPlan {
  const span = (size - 1) * dilation + 1;
  if (padding === 'same') {
    const windows = Math.ceil(steps / stride);
    return { windows, before: Math.floor(Math.max(0, (windows - 1) * stride + span - steps) / 2) };
  }
  const before = padding === 'causal' ? span - 1 : 0;
  return { windows: Math.max(0, Math.floor((steps + before - span) / stride) + 1), before };
}

export interface ConvolutionSettings extends WindowSettings {
  readonly filters: number;
  readonly useBias: boolean;
  readonly activation: Activation;
}

export function convolutionSettings(config: NodeConfig): ConvolutionSettings {
  config.expect('data_format', 'channels_last');
  config.expect('groups', 1);
  const settings: ConvolutionSettings = {
    filters: config.size('filters'),
    size: config.size('kernel_size'),
    stride: config.size('strides', 1),
    dilation: config.size('dilation_rate', 1),
    padding: config.oneOf('padding', ['valid', 'same', 'causal'], 'valid'),
    useBias: config.flag('use_bias', true),
    activation: config.activation('activation', 'linear'),
  };
  if (settings.stride > 1 && settings.dilation > 1)
    throw config.refuse('it has both strides and a dilation_rate');
  return settings;
}

export const convolution: LayerRule = (config, inputs) => {
  const input = sequenceInput(config, inputs);
  const settings = convolutionSettings(config);
  const { size, filters, useBias } = settings;
  const output = windowed(config, input, settings, filters);
  return {
    output,
    weights: [['kernel', [size, input.width, filters]], ...(useBias ? [['bias', [filters]] as const] : [])],
    flops: stepCount(output) * (2 * size * input.width * filters + (useBias ? filters : 0)),
    multiplyAdds: stepCount(output) * size * input.width * filters,
  };
};

export function poolSettings(config: NodeConfig): WindowSettings {
  config.expect('data_format', 'channels_last');
  const size = config.size('pool_size', 2);
  return {
    size,
    stride: config.size('strides', size),
    dilation: 1,
    padding: config.oneOf('padding', ['valid', 'same'], 'valid'),
  };
}

/** MaxPooling1D and AveragePooling1D. */
export const pool: LayerRule = (config, inputs) => {
  const input = sequenceInput(config, inputs);
  const settings = poolSettings(config);
  const output = windowed(config, input, settings, input.width);
  const averages = config.className === 'AveragePooling1D';
  return { output, weights: [], flops: averages ? stepCount(output) * settings.size * input.width : 0 };
};

/** No layer with windows takes a mask, or hands one on. */
function windowed(config: NodeConfig, input: NodeShape, settings: WindowSettings, width: number): NodeShape {
  const { steps } = input;
  const windows = typeof steps === 'number' ? windowCount(settings, steps) : steps;
  if (windows === 0)
    throw config.refuse(`its windows of ${settings.size} are longer than the ${steps} steps before it`);
  return { width, steps: windows, masked: false, seesPadding: true };
}

/** Of a number of steps that may be a mean. */
function windowCount(settings: WindowSettings, steps: number): number {
  if (Number.isInteger(steps)) return planWindows(settings, steps).windows;
  const [less, more] = [Math.floor(steps), Math.ceil(steps)].map(
    (whole) => planWindows(settings, whole).windows,
  );
  return less! + (more! - less!) * (steps - Math.floor(steps));
}
