import { numberTypes, type NumberType } from '../numberType.ts';
import { PickledGlobal, PickledStorage, PickledTensor, type PickleValue } from './pickleValue.ts';

const storageTypes: Readonly<Record<string, NumberType>> = {
  'torch.FloatStorage': numberTypes.float32,
  'torch.DoubleStorage': numberTypes.float64,
  'torch.HalfStorage': numberTypes.float16,
  'torch.BFloat16Storage': numberTypes.bfloat16,
  'torch.LongStorage': numberTypes.int64,
  'torch.IntStorage': numberTypes.int32,
  'torch.ShortStorage': numberTypes.int16,
  'torch.CharStorage': numberTypes.int8,
  'torch.ByteStorage': numberTypes.uint8,
  'torch.BoolStorage': numberTypes.bool,
};

type Meaning = (given: readonly PickleValue[]) => PickleValue | undefined;

/** What calling a global means here, undefined where its arguments are none of its. */
const calls: Readonly<Record<string, Meaning>> = {
  'collections.OrderedDict': (given) => (given.length === 0 ? new Map() : undefined),
  'torch._utils._rebuild_tensor_v2': ([storage, offset, shape, strides]) =>
    storage instanceof PickledStorage &&
    isSize(offset) &&
    isSizes(shape) &&
    isSizes(strides) &&
    shape.length === strides.length
      ? new PickledTensor(storage, offset, shape, strides)
      : undefined,
  'torch._utils._rebuild_parameter': ([tensor]) => (tensor instanceof PickledTensor ? tensor : undefined),
};

export function isAllowed(name: string): boolean {
  return Object.hasOwn(calls, name) || Object.hasOwn(storageTypes, name);
}

/** The value that an allowed global makes of its arguments; undefined where they do not fit. */
export function call(callee: PickleValue, given: PickleValue): PickleValue | undefined {
  if (!(callee instanceof PickledGlobal) || !Array.isArray(given)) return undefined;
  return Object.hasOwn(calls, callee.name) ? calls[callee.name]?.(given) : undefined;
}

/** The storage that a persistent id stands for: ('storage', its type, its key, its device, its length). */
export function storageOf(id: PickleValue): PickledStorage | undefined {
  if (!Array.isArray(id)) return undefined;
  const [kind, global, key, , length] = id;
  if (kind !== 'storage' || !(global instanceof PickledGlobal)) return undefined;
  const type = Object.hasOwn(storageTypes, global.name) ? storageTypes[global.name] : undefined;
  if (type === undefined || typeof key !== 'string' || !isSize(length)) return undefined;
  return new PickledStorage(type, key, length);
}

function isSize(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isSizes(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.every(isSize);
}
