#!/usr/bin/env node
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { version } from '../../package.json';
import type { EngineName } from '../core/engine/engine.ts';
import { CancelledError, UserError } from '../core/errors.ts';
import { exitCodeOf, type ExitCode } from './exitCodes.ts';
import { inspect } from './inspectCommand.ts';
import { list } from './listCommand.ts';
import { leaveOnClosedPipe } from './output.ts';
import { predict } from './predictCommand.ts';
import { cancel, resume, runRecipe } from './runCommand.ts';
import { validate } from './validateCommand.ts';

/** The bundle's folder, with the background process's scripts and the .wasm files. */
const scripts = __dirname;

const json = () => new Option('--json', 'print JSON').default(false);
const engine = () =>
  new Option('--engine <engine>', 'what computes').choices(['auto', 'tensorflow', 'wasm']).default('auto');
const jobs = () =>
  new Option('--jobs <n>', 'models trained at once (default: the number of cores)').argParser(parseJobs);

interface Flags {
  readonly json: boolean;
  readonly engine: EngineName | 'auto';
  readonly jobs?: number;
}

function program(setExit: (code: ExitCode) => void): Command {
  const root = new Command('embedding-press')
    .description('Shrink the word-embedding table of a text classifier, retrain it, and compare.')
    .version(version)
    .exitOverride()
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 bad input, 130 cancelled.');
  const print = (text: string): void => {
    process.stdout.write(text + '\n');
  };
  const run = new Argument('<run>', 'a run folder, as `list` shows them');
  const checkpoint = new Argument('<checkpoint>', 'a folder with a model, or its model.json');
  const recipe = new Argument('<recipe>', 'a NAME.press.json');

  root
    .command('run')
    .description('run a recipe; Ctrl-C cancels it')
    .addArgument(recipe)
    .addOption(json())
    .addOption(engine())
    .addOption(jobs())
    .action(async (path: string, flags: Flags) => {
      setExit(await runRecipe(path, flags, scripts));
    });
  root
    .command('resume')
    .description('go on with a run that was cancelled, failed or killed')
    .addArgument(run)
    .addOption(json())
    .addOption(jobs())
    .action(async (folder: string, flags: Flags) => {
      setExit(await resume(folder, flags, scripts));
    });
  root
    .command('cancel')
    .description('stop a run; what is done is kept')
    .addArgument(run)
    .action(async (folder: string) => {
      setExit(await cancel(folder));
    });
  root
    .command('list')
    .description('the runs of the recipes in a folder, newest first')
    .argument('[folder]', 'the folder of the recipes', '.')
    .addOption(json())
    .action(async (folder: string, flags: Flags) => {
      print(await list(folder, flags.json));
    });
  root
    .command('validate')
    .description('check a recipe and its data; nothing is trained or written')
    .addArgument(recipe)
    .action(async (path: string) => {
      print(await validate(path, scripts));
    });
  root
    .command('inspect')
    .description('what a checkpoint is made of')
    .addArgument(checkpoint)
    .addOption(json())
    .action(async (path: string, flags: Flags) => {
      print(await inspect(path, flags.json));
    });
  root
    .command('predict')
    .description('classify a text')
    .addArgument(checkpoint)
    .argument('<text>', 'one sentence')
    .addOption(json())
    .addOption(engine())
    .action(async (path: string, text: string, flags: Flags) => {
      print(await predict(path, text, flags, scripts));
    });
  return root;
}

function parseJobs(value: string): number {
  if (!/^[1-9]\d{0,3}$/.test(value)) throw new InvalidArgumentError('Expected an integer from 1 on.');
  return Number(value);
}

leaveOnClosedPipe();
program((code) => {
  process.exitCode = code;
})
  .parseAsync()
  .catch((error: unknown) => {
    // Commander has said already what is wrong with the arguments.
    if (error instanceof UserError) console.error(error.format());
    else if (!(error instanceof CommanderError) && !(error instanceof CancelledError)) console.error(error);
    process.exitCode = exitCodeOf(error);
  });
