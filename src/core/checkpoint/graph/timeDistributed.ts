import { vectorRules } from './denseRules.ts';
import type { NodeConfig } from './nodeConfig.ts';
import { sequenceInput, stepCount, type LayerRule, type NodeShape } from './nodeFacts.ts';

/** What may be in a TimeDistributed. */
const inner: ReadonlyMap<string, LayerRule> = new Map(Object.entries(vectorRules));

/** A layer of each step's vector. */
export const timeDistributed: LayerRule = (config, inputs, dialect) => {
  const sequence = sequenceInput(config, inputs);
  const { config: layer, input } = ofStep(config, sequence);
  const rule = inner.get(layer.className);
  if (rule === undefined)
    throw config.refuse(
      `the layer in it is ${layer.className}, where ${[...inner.keys()].join(', ')} are known`,
    );
  const { output, weights, flops, multiplyAdds } = rule(layer, [input], dialect);
  const steps = stepCount(sequence);
  return {
    output: { ...sequence, width: output.width },
    weights,
    flops: steps * flops,
    ...(multiplyAdds !== undefined && { multiplyAdds: steps * multiplyAdds }),
  };
};

/** What a layer does, and what it does it with: of a TimeDistributed, its layer and the vector of a step. */
export function ofStep<S extends Pick<NodeShape, 'steps'>>(
  config: NodeConfig,
  input: S,
): { readonly config: NodeConfig; readonly input: S } {
  if (config.className !== 'TimeDistributed') return { config, input };
  return { config: config.inner('layer'), input: { ...input, steps: undefined } };
}
