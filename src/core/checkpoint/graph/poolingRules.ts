import { oneInput, sequenceInput, stepCount, type LayerRule } from './nodeFacts.ts';

/** Of Keras's layers the average takes the mask and the maximum does not; tfjs's take none. */
export const globalPooling: LayerRule = (config, inputs, dialect) => {
  const input = sequenceInput(config, inputs);
  config.expect('data_format', 'channels_last');
  config.expect('keepdims', false);
  const averages = config.className === 'GlobalAveragePooling1D';
  const takesMask = averages && dialect === 'keras' && input.masked;
  return {
    output: {
      width: input.width,
      steps: undefined,
      masked: false,
      seesPadding: input.seesPadding || !takesMask,
    },
    weights: [],
    flops: averages ? stepCount(input) * input.width : 0,
  };
};

/** The steps' vectors, one behind the other. */
export const flatten: LayerRule = (config, inputs) => {
  const input = oneInput(config, inputs);
  config.expect('data_format', 'channels_last');
  const { steps, width, seesPadding } = input;
  if (steps === 'any') throw config.refuse("the length of the model's input is not fixed");
  return {
    output: {
      width: (steps ?? 1) * width,
      steps: undefined,
      masked: false,
      seesPadding: seesPadding || steps !== undefined,
    },
    weights: [],
    flops: 0,
  };
};
