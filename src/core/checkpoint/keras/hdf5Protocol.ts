/** Where an HDF5 file lies: a span of a file, such as an entry of an archive, or memory. */
export type Hdf5Source =
  | { readonly path: string; readonly offset: number; readonly bytes: number }
  | { readonly memory: Uint8Array };

/** What a file says of an array. */
export interface Hdf5Dataset {
  readonly shape: readonly number[];
  /** Such as `<f`, little-endian float32. */
  readonly type: string;
  /** Bytes of a chunk; undefined where the array lies in one piece. */
  readonly chunkBytes: number | undefined;
  /** Whether its data are compressed, or go through any other filter. */
  readonly filtered: boolean;
  /** Whether its data lie in other files. */
  readonly elsewhere: boolean;
}

/** A group or an array of a file. */
export interface Hdf5Entry {
  readonly object: string;
  readonly isArray: boolean;
}

/** What the thread does; `object` is a path such as `/model_weights/dense`, and one file is open at a time. */
export interface Hdf5Calls {
  open(source: Hdf5Source): void;
  create(path: string): void;
  close(): void;
  /** A string or a list of them; undefined where there is no such object or attribute. */
  texts(object: string, attribute: string): string[] | undefined;
  hasGroup(object: string): boolean;
  dataset(object: string): Hdf5Dataset | undefined;
  /** All groups and arrays, a group before what it holds, and nothing that a link leads to. */
  entries(): Hdf5Entry[];
  /** Opens a second file, from which `copyAttributes` and `copyRows` copy into the one that is being made. */
  openOrigin(source: Hdf5Source): void;
  /** Texts and single numbers of a group or an array, without some, and what Keras has cut of these into numbered parts. */
  copyAttributes(from: string, to: string, without: readonly string[]): void;
  /** Rows of an array, whatever its numbers; the first ones make the array. */
  copyRows(from: string, to: string, begin: number, end: number): void;
  /** Numbers of the rows from `begin` to `end`. */
  read(object: string, begin: number, end: number): Float32Array;
  makeGroup(object: string): void;
  setText(object: string, attribute: string, value: string | readonly string[]): void;
  /**
   * Groups on the way to the array are made. `rows` are those of the first block, fewer than all where more follow.
   * @param deflated whether all blocks of the array are compressed
   */
  write(object: string, shape: readonly number[], rows: number, data: Float32Array, deflated: boolean): void;
  /** Further rows from `begin` on. */
  append(object: string, begin: number, data: Float32Array): void;
}

export interface Hdf5Request {
  readonly call: keyof Hdf5Calls;
  readonly args: readonly unknown[];
}

/** `broken`: the library is no longer fit for use. */
export type Hdf5Reply = { readonly value: unknown } | { readonly error: string; readonly broken: boolean };
