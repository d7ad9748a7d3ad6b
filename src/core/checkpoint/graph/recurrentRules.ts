import type { Activation } from './activation.ts';
import type { NodeConfig } from './nodeConfig.ts';
import { sequenceInput, stepCount, type LayerRule, type NodeFacts, type NodeShape } from './nodeFacts.ts';

export type RecurrentClass = 'LSTM' | 'GRU' | 'SimpleRNN';

export interface RecurrentSettings {
  readonly className: RecurrentClass;
  readonly units: number;
  readonly activation: Activation;
  /** Of the gates. */
  readonly recurrentActivation: Activation;
  readonly useBias: boolean;
  /** Of a GRU: whether the reset gate acts on the recurrent product, or else on the state before. */
  readonly resetAfter: boolean;
  readonly returnSequences: boolean;
  readonly goBackwards: boolean;
  /** Whether the output of a masked step is 0, or else that of the step before. */
  readonly zeroOutput: boolean;
}

export function recurrentSettings(config: NodeConfig): RecurrentSettings {
  const { className, dialect } = config;
  if (className !== 'LSTM' && className !== 'GRU' && className !== 'SimpleRNN') {
    throw config.refuse(`the layer in it is ${className}, where LSTM, GRU or SimpleRNN is expected`);
  }
  config.expect('stateful', false);
  config.expect('return_state', false);
  config.expect('time_major', false);
  const scalar = (field: string, otherwise: string): Activation => {
    const found = config.activation(field, otherwise);
    if (found.kind !== 'softmax') return found;
    throw config.refuse(`its ${field} is softmax, where a function of each number is expected`);
  };
  return {
    className,
    units: config.size('units'),
    activation: scalar('activation', 'tanh'),
    recurrentActivation: scalar('recurrent_activation', dialect === 'tfjs' ? 'hard_sigmoid' : 'sigmoid'),
    useBias: config.flag('use_bias', true),
    resetAfter: config.flag('reset_after', dialect === 'keras'),
    returnSequences: config.flag('return_sequences', false),
    goBackwards: config.flag('go_backwards', false),
    zeroOutput: config.flag('zero_output_for_mask', false),
  };
}

const gates: Readonly<Record<RecurrentClass, number>> = { LSTM: 4, GRU: 3, SimpleRNN: 1 };

export const recurrent: LayerRule = (config, inputs) => {
  const input = sequenceInput(config, inputs);
  return factsOf(recurrentSettings(config), input);
};

function factsOf(settings: RecurrentSettings, input: NodeShape): NodeFacts {
  const { className, units: H, useBias, resetAfter, returnSequences, goBackwards, zeroOutput } = settings;
  const width = gates[className] * H;
  const bias = className === 'GRU' && resetAfter ? [2, width] : [width];
  const biases = useBias ? bias.reduce((a, b) => a * b, 1) : 0;
  // c = f c + i g takes three a unit, h = o tanh(c) one; r u one and h = z h + (1 - z) c four.
  const cell = { LSTM: 4 * H, GRU: 5 * H, SimpleRNN: 0 }[className];
  return {
    output: {
      width: H,
      steps: returnSequences ? input.steps : undefined,
      masked: returnSequences && input.masked,
      // Keras hands on the mask in the order of the input, and the outputs in the order in which they were made; a last
      // output of 0 says that the sentence ends with padding.
      seesPadding: input.seesPadding || !input.masked || (returnSequences ? goBackwards : zeroOutput),
    },
    weights: [
      ['kernel', [input.width, width]],
      ['recurrent_kernel', [H, width]],
      ...(useBias ? [['bias', bias] as const] : []),
    ],
    flops: stepCount(input) * (2 * (input.width * width + H * width) + biases + cell),
    multiplyAdds: stepCount(input) * (input.width * width + H * width),
  };
}

export interface BidirectionalSettings {
  readonly forward: RecurrentSettings;
  readonly backward: RecurrentSettings;
  readonly mergeMode: 'concat' | 'sum' | 'mul' | 'ave';
}

export function bidirectionalSettings(config: NodeConfig): BidirectionalSettings {
  const read = (field: string): RecurrentSettings => {
    const settings = recurrentSettings(config.inner(field));
    // So Keras has it, whatever the layer's own config says.
    return { ...settings, zeroOutput: config.dialect === 'keras' && settings.returnSequences };
  };
  const forward = read('layer');
  const backward = config.has('backward_layer')
    ? read('backward_layer')
    : { ...forward, goBackwards: !forward.goBackwards };
  if (forward.goBackwards === backward.goBackwards)
    throw config.refuse('both of its layers read in one direction');
  if (forward.returnSequences !== backward.returnSequences) {
    throw config.refuse('its layers differ in return_sequences');
  }
  // Of null, which oneOf refuses, Keras makes two outputs.
  return {
    forward,
    backward,
    mergeMode: config.oneOf('merge_mode', ['concat', 'sum', 'mul', 'ave'], 'concat'),
  };
}

/** Two recurrent layers, of which one reads from the end; its outputs are turned round again. */
export const bidirectional: LayerRule = (config, inputs) => {
  const input = sequenceInput(config, inputs);
  const { forward, backward, mergeMode } = bidirectionalSettings(config);
  const [first, second] = [factsOf(forward, input), factsOf(backward, input)];
  if (mergeMode !== 'concat' && forward.units !== backward.units)
    throw config.refuse('its layers differ in units');
  const width = mergeMode === 'concat' ? forward.units + backward.units : forward.units;
  const merged = mergeMode === 'concat' ? 0 : width * (mergeMode === 'ave' ? 2 : 1);
  const named = (direction: string, { weights }: NodeFacts): NodeFacts['weights'] =>
    weights.map(([name, shape]) => [`${direction}/${name}`, shape]);
  return {
    output: {
      ...first.output,
      width,
      // The directions' outputs lie at their tokens, unless the first of the two is the one that reads from the end.
      seesPadding: input.seesPadding || !input.masked || (forward.returnSequences && forward.goBackwards),
    },
    weights: [...named('forward', first), ...named('backward', second)],
    flops: first.flops + second.flops + merged * (forward.returnSequences ? stepCount(input) : 1),
    multiplyAdds: (first.multiplyAdds ?? 0) + (second.multiplyAdds ?? 0),
  };
};
