import type { UserError } from '../../errors.ts';
import { longestText } from '../../recipe/defaults.ts';
import type { GraphBody, GraphNames, GraphNode } from '../graphBody.ts';
import { describeGraph } from './describeGraph.ts';

/** More than any classifier has. */
const maxNodes = 4096;

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
  const { nodes, hidden, length, maskZero, dialect, names } = raw;
  if (!Array.isArray(nodes) || nodes.length === 0 || nodes.length > maxNodes) throw at('body.nodes');
  if (!Array.isArray(hidden) || hidden.length > 0) throw at('body.hidden');
  if (typeof maskZero !== 'boolean') throw at('body.maskZero');
  if (dialect !== 'keras' && dialect !== 'tfjs') throw at('body.dialect');
  const isLength =
    typeof length === 'number' && Number.isSafeInteger(length) && length > 0 && length <= longestText;
  if (length !== undefined && !isLength) throw at('body.length');
  const body: GraphBody = {
    kind: 'graph',
    nodes: nodes.map((node: unknown, i) => checkNode(node, () => at(`body.nodes[${i}]`))),
    hidden: [],
    ...(isLength && { length }),
    maskZero,
    dialect,
    ...(names !== undefined && { names: checkNames(names, () => at('body.names')) }),
  };
  describeGraph(body, dimension, file);
  return body;
}

function checkNode(value: unknown, improper: () => UserError): GraphNode {
  const { name, className, config, inputs } = (value ?? {}) as Record<string, unknown>;
  if (typeof name !== 'string' || typeof className !== 'string') throw improper();
  if (typeof config !== 'object' || config === null || Array.isArray(config)) throw improper();
  if (!Array.isArray(inputs) || !inputs.every((input): input is string => typeof input === 'string'))
    throw improper();
  return { name, className, config: config as Record<string, unknown>, inputs };
}

function checkNames(value: unknown, improper: () => UserError): GraphNames {
  const { input, embedding, factor, head, activation } = (value ?? {}) as Record<string, unknown>;
  if (typeof input !== 'string' || typeof embedding !== 'string' || typeof head !== 'string')
    throw improper();
  if (factor !== undefined && typeof factor !== 'string') throw improper();
  const names = { input, embedding, head, ...(factor !== undefined && { factor }) };
  if (activation === undefined) return names;
  const { name, className } = (activation ?? {}) as Record<string, unknown>;
  if (typeof name !== 'string' || (className !== 'Activation' && className !== 'Softmax')) throw improper();
  return { ...names, activation: { name, className } };
}
