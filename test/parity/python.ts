import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** The first interpreter that imports the modules named: EMBEDDING_PRESS_PYTHON, those of the set-up, the system's. */
export function findPython(...modules: string[]): string | undefined {
  const own = process.env.EMBEDDING_PRESS_PYTHON;
  const prepared = ['.cache/python/bin/python', '.cache/peers/bin/python'].filter((path) => existsSync(path));
  const candidates = [own, ...prepared, 'python3'];
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
