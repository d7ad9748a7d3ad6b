import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * An interpreter that imports the modules named: EMBEDDING_PRESS_PYTHON, that of the set-up, or the system's. Where there
 * is none the tests are skipped; in CI they fail, for nothing may go untested there.
 */
export function pythonWith(test: Mocha.Context, ...modules: string[]): string {
  const found = findPython(modules);
  if (found !== undefined) return found;
  const lack = `no Python imports ${modules.join(', ')} (\`npm test\` sets one up, EMBEDDING_PRESS_PYTHON names one)`;
  if (process.env.CI) throw new Error(lack);
  console.log(`    skipped: ${lack}`);
  return test.skip();
}

function findPython(modules: readonly string[]): string | undefined {
  const prepared = resolve('.cache/python/bin/python');
  const candidates = [
    process.env.EMBEDDING_PRESS_PYTHON,
    existsSync(prepared) ? prepared : undefined,
    'python3',
  ];
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
