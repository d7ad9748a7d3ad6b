import type { Workspace } from './workspace.ts';

export type EngineName = 'tensorflow' | 'wasm';

/**
 * What computes. Models work in a workspace, whose kernels do everything but large products, which an engine may do
 * itself.
 */
export interface Engine {
  readonly name: EngineName;
  readonly versions: Readonly<Record<string, string>>;
  /** A workspace for one model. */
  workspace(): Workspace;
  /** Takes back a workspace that is of no more use, for the next model: with it come its memory and its compiled code. */
  release(workspace: Workspace): void;
}
