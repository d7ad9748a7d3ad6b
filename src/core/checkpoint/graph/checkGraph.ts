import type { UserError } from '../../errors.ts';
import { longestText } from '../../recipe/defaults.ts';
import type { GraphBody, GraphNames, GraphNode, TokenInput } from '../graphBody.ts';
import { checkCoding } from '../../compression/codings.ts';
import { describeGraph } from './describeGraph.ts';

/** More than any classifier has. */
const maxNodes = 4096;
const maxInputs = 64;

/**
 * A graph from a file's JSON, checked node by node.
 *
 * @param dimension n
 * @param at makes the error that names a field
 * @throws UserError of `at`, and `unsupported-layer` that names a layer
 */
export function checkGraph(
  raw: Readonly<Record<string, unknown>>,
  dimension: number,
  at: (field: string) => UserError,
  file: string,
): GraphBody {
  const { nodes, hidden, inputs, input, length, maskZero, dialect, names } = raw;
  if (!Array.isArray(nodes) || nodes.length === 0 || nodes.length > maxNodes) throw at('body.nodes');
  if (!Array.isArray(hidden) || hidden.length > 0) throw at('body.hidden');
  if (typeof maskZero !== 'boolean') throw at('body.maskZero');
  if (dialect !== 'keras' && dialect !== 'tfjs') throw at('body.dialect');
  if (length !== undefined && (!isLength(length) || inputs !== undefined)) throw at('body.length');
  const texts = inputs === undefined ? undefined : checkInputs(inputs, () => at('body.inputs'));
  if (input !== undefined && !isPlace(input, texts?.length ?? 1)) throw at('body.input');
  const body: GraphBody = {
    kind: 'graph',
    nodes: nodes.map((node: unknown, i) => checkNode(node, () => at(`body.nodes[${i}]`))),
    hidden: [],
    ...(texts && { inputs: texts }),
    ...(input !== undefined && { input }),
    ...(length !== undefined && { length }),
    maskZero,
    dialect,
    ...(names !== undefined && { names: checkNames(names, () => at('body.names')) }),
  };
  describeGraph(body, dimension, file);
  return body;
}

function isLength(value: unknown): value is number {
  return isPlace(value, longestText + 1) && value > 0;
}

function isPlace(value: unknown, count: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < count;
}

function checkInputs(value: unknown, improper: () => UserError): TokenInput[] {
  if (!Array.isArray(value) || value.length < 2 || value.length > maxInputs) throw improper();
  const inputs = value.map((input: unknown): TokenInput => {
    const { name, length } = (input ?? {}) as Record<string, unknown>;
    if (typeof name !== 'string' || (length !== undefined && !isLength(length))) throw improper();
    return { name, ...(length !== undefined && { length }) };
  });
  if (new Set(inputs.map(({ name }) => name)).size < inputs.length) throw improper();
  return inputs;
}

function checkNode(value: unknown, improper: () => UserError): GraphNode {
  const { name, className, config, inputs, weightsOf } = (value ?? {}) as Record<string, unknown>;
  if (weightsOf !== undefined && typeof weightsOf !== 'string') throw improper();
  if (typeof name !== 'string' || typeof className !== 'string') throw improper();
  if (typeof config !== 'object' || config === null || Array.isArray(config)) throw improper();
  if (!Array.isArray(inputs) || !inputs.every((input): input is string => typeof input === 'string'))
    throw improper();
  const { coding, ...others } = config as Record<string, unknown>;
  const isCoded = className === 'Embedding' && coding !== undefined;
  return {
    name,
    className,
    config: isCoded ? { ...others, coding: checkCoding(coding, improper) } : (config as typeof others),
    inputs,
    ...(weightsOf !== undefined && { weightsOf }),
  };
}

function checkNames(value: unknown, improper: () => UserError): GraphNames {
  const { input, embedding, factor, factors, layers, head, activation } = (value ?? {}) as Record<
    string,
    unknown
  >;
  if (typeof input !== 'string' || typeof embedding !== 'string' || typeof head !== 'string')
    throw improper();
  if (factor !== undefined && typeof factor !== 'string') throw improper();
  const names = {
    input,
    embedding,
    head,
    ...(factor !== undefined && { factor }),
    ...(factors !== undefined && { factors: checkLayers(factors, improper) }),
    ...(layers !== undefined && { layers: checkLayers(layers, improper) }),
  };
  if (activation === undefined) return names;
  const { name, className } = (activation ?? {}) as Record<string, unknown>;
  if (typeof name !== 'string' || (className !== 'Activation' && className !== 'Softmax')) throw improper();
  return { ...names, activation: { name, className } };
}

function checkLayers(value: unknown, improper: () => UserError): Readonly<Record<string, string>> {
  const isNames = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isNames || !Object.values(value).every((name) => typeof name === 'string')) throw improper();
  return value as Record<string, string>;
}
