import { UserError } from '../../errors.ts';
import { PickledTensor, type PickleValue } from './pickleValue.ts';

/** Where trainers put a state dict beside its optimizer's, the usual names first. */
const usualKeys = [
  'state_dict',
  'model_state_dict',
  'model_state',
  'model',
  'module',
  'net',
  'weights',
  'params',
];

/** More dicts in one another than any trainer writes, and few enough for the stack. */
const maxDicts = 1000;

type Dict = ReadonlyMap<PickleValue, PickleValue>;

/**
 * The named tensors of a state dict that is the value, lies in it under a usual name, or is the only one in it.
 * @throws UserError `no-state-dict`
 */
export function stateDictOf(root: PickleValue, file: string): Map<string, PickledTensor> {
  const found = root instanceof Map ? find(root, file, new Set()) : undefined;
  if (found !== undefined) return found;
  throw new UserError(
    'no-state-dict',
    `The file holds ${root instanceof Map ? 'a dict without tensors' : root instanceof PickledTensor ? 'a tensor without a name' : 'no dict'}, where a state dict is expected.`,
    'Save the weights with their names: torch.save(model.state_dict(), path).',
    { file },
  );
}

function find(dict: Dict, file: string, seen: Set<Dict>): Map<string, PickledTensor> | undefined {
  // A dict may lie in itself.
  if (seen.has(dict) || seen.size >= maxDicts) return undefined;
  seen.add(dict);
  const tensors = new Map<string, PickledTensor>();
  for (const [name, value] of dict) {
    if (typeof name === 'string' && value instanceof PickledTensor) tensors.set(name, value);
  }
  if (tensors.size > 0) return tensors;
  for (const key of usualKeys) {
    const value = dict.get(key);
    const inner = value instanceof Map ? find(value, file, seen) : undefined;
    if (inner !== undefined) return inner;
  }
  const others: [string, Map<string, PickledTensor>][] = [];
  for (const [key, value] of dict) {
    if (typeof key !== 'string' || !(value instanceof Map)) continue;
    const inner = find(value, file, seen);
    if (inner !== undefined) others.push([key, inner]);
  }
  if (others.length < 2) return others[0]?.[1];
  throw new UserError(
    'several-state-dicts',
    `The file holds several dicts of tensors: ${others.map(([key]) => `'${key}'`).join(', ')}.`,
    'Save the weights of one model: torch.save(model.state_dict(), path).',
    { file },
  );
}
