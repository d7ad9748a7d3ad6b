import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'node:util';
import Mocha from 'mocha';
import { testMark } from './testMark.ts';

/** What VS Code calls in its extension host: runs the bundled tests beside this file. */
export async function run(): Promise<void> {
  Mocha.reporters.Base.consoleLog = (...parts: unknown[]) => {
    console.log(testMark + format(...parts));
  };
  const mocha = new Mocha({ ui: 'bdd', timeout: 20_000, reporter: join(__dirname, 'resultsReporter.cjs') });
  for (const name of readdirSync(__dirname).sort()) {
    if (name.endsWith('.test.cjs')) mocha.addFile(join(__dirname, name));
  }
  const failures = await new Promise<number>((resolve) => mocha.run(resolve));
  if (failures > 0) throw new Error(`${failures} tests failed.`);
}
