import type { NumberType } from '../numberType.ts';

/** The bytes of a storage, which tensors view. */
export class PickledStorage {
  constructor(
    readonly type: NumberType,
    /** Its file in the archive's folder `data`. */
    readonly key: string,
    /** Numbers, not bytes. */
    readonly length: number,
  ) {}
}

/** A view of a storage; offset and strides count numbers. */
export class PickledTensor {
  constructor(
    readonly storage: PickledStorage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** A class or a function that the pickle names: never that thing itself. */
export class PickledGlobal {
  constructor(readonly name: string) {}
}

export type PickleValue =
  | null
  | boolean
  | number
  | string
  | PickledStorage
  | PickledTensor
  | PickledGlobal
  | PickleValue[]
  | Map<PickleValue, PickleValue>;
