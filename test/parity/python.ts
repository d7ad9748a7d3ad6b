import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

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

/** What a script of this folder, given JSON, prints as JSON. */
export function askPython(python: string, script: string, input: unknown): unknown {
  const printed = execFileSync(python, [join(import.meta.dirname, script)], {
    encoding: 'utf8',
    input: JSON.stringify(input),
    maxBuffer: 1e8,
    // What libraries warn of is shown only where the script fails.
    stdio: 'pipe',
  });
  return JSON.parse(printed) as unknown;
}
