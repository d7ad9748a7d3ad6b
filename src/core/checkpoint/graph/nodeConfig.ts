import type { UserError } from '../../errors.ts';
import type { GraphNode } from '../graphBody.ts';
import { unsupported } from '../layers.ts';
import type { Dialect } from '../specOfLayers.ts';
import { activationNamed, type Activation } from './activation.ts';

/** A layer's config, read field by field. What a config leaves out is Keras's default. */
export class NodeConfig {
  readonly #node: Omit<GraphNode, 'inputs'> & Partial<Pick<GraphNode, 'inputs'>>;
  readonly dialect: Dialect;
  readonly #file: string | undefined;

  /** @param file that errors name */
  constructor(
    node: Omit<GraphNode, 'inputs'> & Partial<Pick<GraphNode, 'inputs'>>,
    dialect: Dialect,
    file?: string,
  ) {
    this.#node = node;
    this.dialect = dialect;
    this.#file = file;
  }

  get className(): string {
    return this.#node.className;
  }

  /** @param why the rest of the sentence `The layer ... is not supported: ...` */
  refuse(why: string): UserError {
    return unsupported(this.#node, why, this.#file);
  }

  size(field: string, otherwise?: number): number {
    const value = this.#single(field) ?? otherwise;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
    throw this.#improper(field, value, 'a size');
  }

  number(field: string, otherwise: number, least = -Infinity, most = Infinity): number {
    const value = this.#node.config[field] ?? otherwise;
    if (typeof value === 'number' && value >= least && value <= most) return value;
    throw this.#improper(field, value, 'a number');
  }

  flag(field: string, otherwise: boolean): boolean {
    const value = this.#node.config[field] ?? otherwise;
    if (typeof value === 'boolean') return value;
    throw this.#improper(field, value, 'true or false');
  }

  oneOf<T extends string>(field: string, choices: readonly T[], otherwise: T): T {
    const { [field]: given = otherwise } = this.#node.config;
    const found = choices.find((choice) => choice === given);
    if (found === undefined) throw this.#improper(field, given, choices.join(' or '));
    return found;
  }

  /** An axis of the input, counted from 0, the sentences'. */
  axis({ steps }: { readonly steps: unknown }): number {
    const axes = steps === undefined ? 2 : 3;
    const value = this.#single('axis') ?? -1;
    const axis = typeof value === 'number' && value < 0 ? axes + value : value;
    if (typeof axis === 'number' && Number.isInteger(axis) && axis > 0 && axis < axes) return axis;
    throw this.#improper('axis', value, `an axis after the first one of ${axes}`);
  }

  activation(field: string, otherwise: string): Activation {
    const value = this.#node.config[field] ?? otherwise;
    const found = typeof value === 'string' ? activationNamed(value, this.dialect) : undefined;
    if (found === undefined) throw this.#improper(field, value, 'the name of a known activation');
    return found;
  }

  /** A setting that must be as it is in most models. */
  expect(field: string, value: unknown): void {
    const found = this.#node.config[field] ?? value;
    if (JSON.stringify(found) !== JSON.stringify(value))
      throw this.#improper(field, found, JSON.stringify(value));
  }

  has(field: string): boolean {
    return (this.#node.config[field] ?? undefined) !== undefined;
  }

  /** The config of a layer that this one wraps, `{ class_name, config }`. */
  inner(field: string): NodeConfig {
    const value = (this.#node.config[field] ?? {}) as { class_name?: unknown; config?: unknown };
    if (typeof value.class_name !== 'string' || typeof value.config !== 'object' || value.config === null) {
      throw this.#improper(field, this.#node.config[field], 'a layer with class_name and config');
    }
    const config = value.config as Record<string, unknown>;
    const { name } = this.#node;
    return new NodeConfig({ name, className: value.class_name, config }, this.dialect, this.#file);
  }

  /** A value that may be in a list of its own, as of layers with one axis. */
  #single(field: string): unknown {
    const value = this.#node.config[field] ?? undefined;
    return Array.isArray(value) && value.length === 1 ? (value as unknown[])[0] : value;
  }

  #improper(field: string, value: unknown, expected: string): UserError {
    return this.refuse(`its ${field} is ${JSON.stringify(value)}, where ${expected} is expected`);
  }
}
