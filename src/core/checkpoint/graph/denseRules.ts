import { relu, type Activation } from './activation.ts';
import type { NodeConfig } from './nodeConfig.ts';
import {
  oneInput,
  sequenceInput,
  stepCount,
  type LayerRule,
  type NodeFacts,
  type NodeShape,
} from './nodeFacts.ts';

/** A Dense layer, of every step or of the sentence. */
const dense: LayerRule = (config, inputs) => {
  const input = oneInput(config, inputs);
  const units = config.size('units');
  const { useBias } = denseSettings(config);
  return {
    output: { ...input, width: units },
    weights: [['kernel', [input.width, units]], ...(useBias ? [['bias', [units]] as const] : [])],
    flops: stepCount(input) * (2 * input.width * units + (useBias ? units : 0)),
    multiplyAdds: stepCount(input) * input.width * units,
  };
};

export interface DenseSettings {
  readonly units: number;
  readonly useBias: boolean;
  readonly activation: Activation;
}

export function denseSettings(config: NodeConfig): DenseSettings {
  return {
    units: config.size('units'),
    useBias: config.flag('use_bias', true),
    activation: config.activation('activation', 'linear'),
  };
}

/** A layer that is a function of each number or vector. */
const activationLayer: LayerRule = (config, inputs) => {
  const input = oneInput(config, inputs);
  layerActivation(config);
  if (config.className === 'Softmax') {
    const last = input.steps === undefined ? 1 : 2;
    if (config.axis(input) !== last) throw config.refuse('its axis is not the last one');
    if (input.masked && config.dialect === 'keras') throw config.refuse('its input has a mask');
  }
  return passedOn(input);
};

/** The function of a layer that is nothing else. */
export function layerActivation(config: NodeConfig): Activation {
  switch (config.className) {
    case 'ReLU': {
      const slope = config.number('negative_slope', 0);
      const most = config.number('max_value', Infinity);
      return relu({ slope, threshold: config.number('threshold', 0), most });
    }
    case 'LeakyReLU':
      // Keras 2 and tfjs call it alpha.
      return relu({ slope: config.number(config.has('alpha') ? 'alpha' : 'negative_slope', 0.3) });
    case 'ELU':
      return { kind: 'elu', alpha: config.number('alpha', 1) };
    case 'Softmax':
      return { kind: 'softmax' };
    default:
      return config.activation('activation', 'linear');
  }
}

/** Dropout and SpatialDropout1D: nothing but in training. */
export const dropout: LayerRule = (config, inputs) => {
  const input = oneInput(config, inputs);
  dropoutRate(config);
  if (config.className === 'SpatialDropout1D') sequenceInput(config, inputs);
  config.expect('noise_shape', null);
  return passedOn(input);
};

export function dropoutRate(config: NodeConfig): number {
  return config.number('rate', 0, 0, 1 - 2 ** -20);
}

/** Over the last axis, of each vector. */
const layerNormalization: LayerRule = (config, inputs) => {
  const input = oneInput(config, inputs);
  const { width } = input;
  const { center, scale } = normalizationSettings(config, input);
  config.expect('rms_scaling', false);
  return {
    output: input,
    weights: [
      ...(scale ? [['gamma', [width]] as const] : []),
      ...(center ? [['beta', [width]] as const] : []),
    ],
    // The mean, the variance, and what they are for.
    flops: stepCount(input) * width * (5 + Number(scale) + Number(center)),
  };
};

/** With the moving statistics, also in training: they are not changed. */
const batchNormalization: LayerRule = (config, inputs) => {
  const input = oneInput(config, inputs);
  const { width } = input;
  const { center, scale } = normalizationSettings(config, input);
  return {
    output: input,
    weights: [
      ...(scale ? [['gamma', [width]] as const] : []),
      ...(center ? [['beta', [width]] as const] : []),
      ['moving_mean', [width]],
      ['moving_variance', [width]],
    ],
    // One product and one sum, whatever it has learnt.
    flops: stepCount(input) * 2 * width,
  };
};

export function normalizationSettings(
  config: NodeConfig,
  input: Pick<NodeShape, 'steps'>,
): { readonly center: boolean; readonly scale: boolean; readonly epsilon: number } {
  const last = input.steps === undefined ? 1 : 2;
  if (config.axis(input) !== last) throw config.refuse('its axis is not the last one');
  return {
    center: config.flag('center', true),
    scale: config.flag('scale', true),
    epsilon: config.number('epsilon', 1e-3, 0),
  };
}

/** Layers of one vector, which do the same with each of a sequence. */
export const vectorRules: Readonly<Record<string, LayerRule>> = {
  Dense: dense,
  Activation: activationLayer,
  ReLU: activationLayer,
  LeakyReLU: activationLayer,
  ELU: activationLayer,
  Softmax: activationLayer,
  Dropout: dropout,
  LayerNormalization: layerNormalization,
  BatchNormalization: batchNormalization,
};

function passedOn(input: NodeShape): NodeFacts {
  return { output: input, weights: [], flops: 0 };
}
