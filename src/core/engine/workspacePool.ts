import type { Engine } from './engine.ts';
import type { Workspace } from './workspace.ts';

/**
 * Hands out the workspaces that were given back before it makes new ones. What V8 has compiled for the kernels of one
 * instance is of no use for another's, and its garbage collector does not see how large their memory is.
 */
export function workspacePool(make: () => Workspace): Pick<Engine, 'workspace' | 'release'> {
  const free: Workspace[] = [];
  return {
    workspace: () => free.pop() ?? make(),
    release(workspace) {
      workspace.clear();
      free.push(workspace);
    },
  };
}
