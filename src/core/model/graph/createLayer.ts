import { ActivationLayer } from './activationLayer.ts';
import { BatchNormalization } from './batchNormalization.ts';
import { Convolution } from './convolution.ts';
import { Dense } from './dense.ts';
import { Dropout } from './dropout.ts';
import { Flatten } from './flatten.ts';
import { GlobalAverage, GlobalMax } from './globalPooling.ts';
import type { GraphLayer, LayerParts } from './graphLayer.ts';
import { LayerNormalization } from './layerNormalization.ts';
import { Concatenation, Elementwise } from './merge.ts';
import { Pool } from './pool.ts';
import { Bidirectional, Recurrent } from './recurrentLayers.ts';

/** By Keras's class names; `describeGraph` has a rule for each. What is in a TimeDistributed computes step by step anyway. */
const layers: ReadonlyMap<string, new (parts: LayerParts) => GraphLayer> = new Map(
  Object.entries({
    Dense,
    Activation: ActivationLayer,
    ReLU: ActivationLayer,
    LeakyReLU: ActivationLayer,
    ELU: ActivationLayer,
    Softmax: ActivationLayer,
    Dropout,
    SpatialDropout1D: Dropout,
    LayerNormalization,
    BatchNormalization,
    LSTM: Recurrent,
    GRU: Recurrent,
    SimpleRNN: Recurrent,
    Bidirectional,
    Conv1D: Convolution,
    MaxPooling1D: Pool,
    AveragePooling1D: Pool,
    GlobalAveragePooling1D: GlobalAverage,
    GlobalMaxPooling1D: GlobalMax,
    Flatten,
    Concatenate: Concatenation,
    Add: Elementwise,
    Multiply: Elementwise,
    Average: Elementwise,
    Maximum: Elementwise,
  }),
);

export function createLayer(parts: LayerParts): GraphLayer {
  const { className } = parts.config;
  const layer = layers.get(className);
  if (layer === undefined) throw new Error(`No layer computes ${className}.`);
  return new layer(parts);
}
