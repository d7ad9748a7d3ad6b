import type { NodeConfig } from './nodeConfig.ts';
import { stepCount, type LayerRule, type NodeShape } from './nodeFacts.ts';

/** Number by number, of inputs of one shape. Where all have a mask, so has the output; in Keras 2 where one has. */
export const elementwise: LayerRule = (config, inputs) => {
  const first = manyInputs(config, inputs);
  for (const { width, steps } of inputs) {
    if (width !== first.width || steps !== first.steps)
      throw config.refuse('its inputs differ in their shape');
  }
  const operations = inputs.length - 1 + (config.className === 'Average' ? 1 : 0);
  return {
    output: {
      ...first,
      masked: intersectsMasks(config)
        ? inputs.some(({ masked }) => masked)
        : inputs.every(({ masked }) => masked),
      seesPadding: inputs.some(({ seesPadding }) => seesPadding),
    },
    weights: [],
    flops: config.className === 'Maximum' ? 0 : stepCount(first) * first.width * operations,
  };
};

/** Side by side on the last axis, or one behind the other in time. */
export const concatenate: LayerRule = (config, inputs, dialect) => {
  const first = manyInputs(config, inputs);
  const inTime = joinsTime(config, first);
  for (const { width, steps } of inputs) {
    const fits =
      (steps === undefined) === (first.steps === undefined) &&
      (inTime ? width === first.width : steps === first.steps);
    if (!fits) throw config.refuse('its inputs differ in their shape');
  }
  const masks = inputs.filter(({ masked }) => masked).length;
  // Of a step that counts in any of the inputs all do where one has no mask.
  const masked =
    inTime || dialect === 'tfjs' || intersectsMasks(config) ? masks > 0 : masks === inputs.length;
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  const total = sum(inputs.map(stepCount));
  return {
    output: {
      width: inTime ? first.width : sum(inputs.map(({ width }) => width)),
      steps: inTime ? (Number.isNaN(total) ? 'any' : total) : first.steps,
      masked,
      seesPadding: inputs.some(({ seesPadding }) => seesPadding),
    },
    weights: [],
    flops: 0,
  };
};

/** Whether a step counts only where it does in all inputs that have a mask, as in Keras 2. */
export function intersectsMasks(config: NodeConfig): boolean {
  return config.dialect === 'keras' && config.oneOf('merged_mask', ['any', 'all'], 'any') === 'all';
}

/** The layer, where it merges only what the inputs' masks count, as Keras 3's products and maxima do: see `mergedRows`. */
export function mergesCounted(config: NodeConfig): 'Multiply' | 'Maximum' | undefined {
  const { className, dialect } = config;
  if (className !== 'Multiply' && className !== 'Maximum') return undefined;
  return dialect === 'keras' && !intersectsMasks(config) ? className : undefined;
}

/** Whether a Concatenate joins the steps, not the numbers of each. */
export function joinsTime(config: NodeConfig, first: Pick<NodeShape, 'steps'>): boolean {
  return first.steps !== undefined && config.axis(first) === 1;
}

function manyInputs(config: NodeConfig, inputs: readonly NodeShape[]): NodeShape {
  const [first] = inputs;
  if (first === undefined || inputs.length < 2)
    throw config.refuse(`it has ${inputs.length} inputs, and takes several`);
  return first;
}
