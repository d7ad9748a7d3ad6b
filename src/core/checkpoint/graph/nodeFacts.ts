import type { Dialect } from '../specOfLayers.ts';
import type { NodeConfig } from './nodeConfig.ts';

/** What a node hands on. */
export interface NodeShape {
  /** Numbers of a step, or of a sentence where there are no steps. */
  readonly width: number;
  /** Steps of a sentence: tokens, or windows; `any` where the batch decides. Undefined: one vector a sentence. */
  readonly steps: number | 'any' | undefined;
  /** Whether a mask says which steps count. */
  readonly masked: boolean;
  /** Whether what counts of the values depends on how far the sentence is padded. */
  readonly seesPadding: boolean;
}

export interface NodeFacts {
  readonly output: NodeShape;
  /** Weights by their name below the node's, with their shapes. */
  readonly weights: readonly (readonly [name: string, shape: readonly number[]])[];
  /** Of a sentence, counted as in `layerCosts`; NaN where the number of steps is not known. */
  readonly flops: number;
  /** Those of matrix products; none where absent. */
  readonly multiplyAdds?: number;
}

/**
 * What is known of a layer without computing it.
 * @throws UserError `unsupported-layer` for a config, or an input, that it cannot have
 */
export type LayerRule = (config: NodeConfig, inputs: readonly NodeShape[], dialect: Dialect) => NodeFacts;

/** How often a step's work is done. */
export function stepCount({ steps }: NodeShape): number {
  if (steps === undefined) return 1;
  return steps === 'any' ? NaN : steps;
}

/** The only input. */
export function oneInput(config: NodeConfig, inputs: readonly NodeShape[]): NodeShape {
  const [input] = inputs;
  if (input === undefined || inputs.length > 1)
    throw config.refuse(`it has ${inputs.length} inputs, and takes one`);
  return input;
}

/** The only input, which has steps. */
export function sequenceInput(config: NodeConfig, inputs: readonly NodeShape[]): NodeShape {
  const input = oneInput(config, inputs);
  if (input.steps === undefined)
    throw config.refuse('its input has one vector a sentence, and it takes one a token');
  return input;
}
