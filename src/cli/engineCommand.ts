import { reportEngines, type Versions } from '../core/engine/engineReport.ts';
import { exitCode, type ExitCode } from './exitCode.ts';
import { table } from './text.ts';

export function engineCommand({ json }: { readonly json: boolean }): ExitCode {
  const report = reportEngines();
  if (json) {
    console.log(JSON.stringify(report));
    return exitCode.done;
  }
  const { tensorflow, wasm } = report;
  const found = tensorflow.usable
    ? `${describeVersions(tensorflow.versions)}, in ${tensorflow.folder}`
    : tensorflow.reason;
  const rows = [
    ['tensorflow', found],
    ['wasm', describeVersions(wasm.versions)],
  ];
  console.log(table(rows, [1]));
  return exitCode.done;
}

function describeVersions(versions: Versions): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}
