import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** The first interpreter that imports the modules named: EMBEDDING_PRESS_PYTHON, the set-up's, the system's. */
export function findPython(...modules: string[]): string | undefined {
  const own = process.env.EMBEDDING_PRESS_PYTHON;
  const prepared = '.cache/python/bin/python';
  const candidates = [own, existsSync(prepared) ? prepared : undefined, 'python3'];
  return candidates.find((python): python is string => {
    if (python === undefined || python === '') return false;
    try {
      execFileSync(python, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}
