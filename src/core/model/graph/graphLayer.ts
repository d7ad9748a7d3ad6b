import type { Weights } from '../../checkpoint/checkpoint.ts';
import type { NodeConfig } from '../../checkpoint/graph/nodeConfig.ts';
import type { NodeFacts, NodeShape } from '../../checkpoint/graph/nodeFacts.ts';
import { ofStep } from '../../checkpoint/graph/timeDistributed.ts';
import type { Matrix, Workspace } from '../../engine/workspace.ts';
import type { Random } from '../../random.ts';
import { InputKernel } from '../inputKernel.ts';
import { Parameter, type ParameterSettings } from '../parameter.ts';
import { LayerKernel, type FactorGradient } from './layerKernel.ts';
import type { SharedParameters } from './sharedParameters.ts';

/** What a node hands on for a batch of B sentences. */
export interface Signal {
  /** T*B x width, step after step, of each step all sentences; B x width where there are no steps. Not to be overwritten. */
  readonly values: Matrix;
  /** T */
  readonly steps: number | undefined;
  /** T*B, 1 where a step counts; undefined where all do. */
  readonly mask: Uint8Array | undefined;
}

/** A layer of a graph. `backward` must follow its `forward`. */
export interface GraphLayer {
  readonly parameters: readonly Parameter[];
  /** @param random in training alone: what is dropped */
  forward(inputs: readonly Signal[], random: Random | undefined): Signal;
  /**
   * dL/d output, which it may overwrite and hand on, to dL/d each input, none of which share memory; leaves the gradients
   * of its own parameters.
   */
  backward(gradient: Matrix): readonly Matrix[];
}

/** What a layer is made of. */
export interface LayerSource {
  readonly workspace: Workspace;
  /** Before the names of its weights. */
  readonly name: string;
  readonly config: NodeConfig;
  /** What the first input hands on. */
  readonly input: NodeShape;
  readonly facts: NodeFacts;
  readonly weights: Weights;
  readonly settings: ParameterSettings;
  /** Of all the graph's layers. */
  readonly parameters: SharedParameters;
  /** B, where the input is a factorized embedding: a kernel reads the rows of A. */
  readonly factor: Parameter | undefined;
  readonly factorGradient: FactorGradient;
}

/** Makes the parts that a layer asks for. */
export class LayerParts {
  readonly workspace: Workspace;
  readonly config: NodeConfig;
  readonly input: NodeShape;
  readonly #source: LayerSource;

  constructor(source: LayerSource) {
    this.workspace = source.workspace;
    const { config, input } = ofStep(source.config, source.input);
    this.config = config;
    this.input = input;
    this.#source = source;
  }

  /** The weight of that name below the node's, as Keras has it. @throws Error where the layer has none */
  parameter(name: string): Parameter {
    return this.#make(name, this.#source.settings);
  }

  /** The weight of that name, which the input is multiplied by. @param blocks steps of a window */
  kernel(name: string, blocks = 1): LayerKernel {
    const kernel = new InputKernel(this.workspace, this.#source.factor, this.parameter(name), blocks);
    return new LayerKernel(kernel, this.#source.factorGradient);
  }

  /** One that training leaves as it is. */
  fixed(name: string): Parameter {
    return this.#make(name, 'fixed');
  }

  /** The weight of that name where `is` says that there is one. */
  optional(name: string, is: boolean): Parameter | undefined {
    return is ? this.parameter(name) : undefined;
  }

  #make(name: string, settings: ParameterSettings): Parameter {
    const { name: prefix, facts, weights, parameters } = this.#source;
    const shape = facts.weights.find(([weight]) => weight === name)?.[1];
    if (shape === undefined) throw new Error(`The layer '${prefix}' has no weight '${name}'.`);
    return parameters.of(
      `${prefix}/${name}`,
      (full) => new Parameter(this.workspace, full, shape, weights, settings),
    );
  }
}

/** The only input. */
export function single(inputs: readonly Signal[]): Signal {
  const [input] = inputs;
  if (input === undefined) throw new Error('A layer has an input.');
  return input;
}

/** Sentences of a batch. */
export function sentencesOf({ values, steps }: Signal): number {
  return values.rows / (steps ?? 1);
}
