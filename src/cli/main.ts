#!/usr/bin/env node
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { version } from '../../package.json';
import { writtenFormats } from '../core/checkpoint/fileNames.ts';
import { storages } from '../core/checkpoint/storageTypes.ts';
import { saidBy, UserError } from '../core/errors.ts';
import type { EngineName } from '../core/engine/engine.ts';
import type { PrintedError } from '../process/askCli.ts';
import { pauseRun, resumeRun, startRun } from '../process/launcher.ts';
import { cancelCommand } from './cancelCommand.ts';
import { engineCommand } from './engineCommand.ts';
import { differencesCommand } from './differencesCommand.ts';
import { estimateCommand } from './estimateCommand.ts';
import { exitCode, type ExitCode } from './exitCode.ts';
import { exportCommand, type ExportOptions } from './exportCommand.ts';
import { factorizeCommand } from './factorizeCommand.ts';
import { findRun } from './findRun.ts';
import { foldCommand } from './foldCommand.ts';
import { inspectCommand } from './inspectCommand.ts';
import { listCommand } from './listCommand.ts';
import { predictCommand } from './predictCommand.ts';
import { ratesCommand } from './ratesCommand.ts';
import { reproduceCommand } from './reproduceCommand.ts';
import { spectrumCommand } from './spectrumCommand.ts';
import { vectorsCommand } from './vectorsCommand.ts';
import type { WrittenVectors } from '../core/embedding/vectorsCompress.ts';
import { validateCommand } from './validateCommand.ts';
import { watchRun } from './watchRun.ts';

interface Options {
  readonly json: boolean;
  readonly engine: EngineName | 'auto';
  readonly jobs: number;
  readonly runs?: string;
  readonly threads: number;
}

interface ReproduceFlags extends Options {
  readonly output: string;
  readonly dimension: number;
  readonly quick: boolean;
  readonly estimate: boolean;
}

interface SizeOptions extends Options {
  readonly rank?: number;
  readonly reduction?: number;
  readonly write: WrittenVectors;
  readonly tensor?: string;
}

/** The folder of the bundles, where this one, the supervisor's and the worker's lie. */
const scripts = __dirname;

const modelPath = "its folder or its file: model.json, .keras, .h5, or Embedding Press's model.safetensors";

const json = (): Option => new Option('--json', 'print JSON, for programs').default(false);
const engine = (): Option =>
  new Option('--engine <name>', 'what computes')
    .choices(['auto', 'tensorflow', 'wasm'])
    .default('auto', 'TensorFlow where it is installed');
const jobs = (): Option =>
  new Option('--jobs <count>', 'trials at once')
    .argParser(positiveInteger)
    .default(availableParallelism(), 'the number of cores');
const threads = (): Option =>
  new Option('--threads <count>', 'threads of each trial')
    .argParser(positiveInteger)
    .default(1, '1, which is best for several trials at once');

const rank = (): Option =>
  new Option('--rank <k>', 'numbers that are left of each vector').argParser(positiveInteger);
const reduction = (): Option =>
  new Option('--reduction <share>', 'share of the numbers to remove, such as 0.9').argParser(share);

const runs = (): Option =>
  new Option(
    '--runs <folder>',
    'where runs are kept, if not in .embedding-press beside the recipe',
  ).argParser((path) => resolve(path));

function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 on.');
  return Number(text);
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && value < 1)) {
    throw new InvalidArgumentError('It must lie between 0 and 1, both excluded.');
  }
  return value;
}

function createProgram(exit: (code: ExitCode) => void): Command {
  const program = new Command('embedding-press')
    .description('Compress the word embeddings of text classifiers.')
    .version(version)
    .exitOverride();
  program
    .command('run')
    .description('run a recipe; Ctrl-C cancels it and keeps what is done')
    .argument('<recipe>', 'a NAME.press.json')
    .addOption(json())
    .addOption(engine())
    .addOption(jobs())
    .addOption(threads())
    .addOption(runs())
    .action(async (recipe: string, options: Options) => {
      const start = () => startRun(resolve(recipe), { ...options, scripts });
      exit(await watchRun(start, { json: options.json, sinceResume: false }));
    });
  program
    .command('resume')
    .description('go on with a run that was paused, cancelled, failed or interrupted')
    .argument('<run>', 'its folder or name')
    .addOption(json())
    .addOption(jobs())
    .addOption(threads())
    .action(async (run: string, options: Options) => {
      const folder = await findRun(run);
      const start = () => resumeRun(folder, { ...options, scripts });
      exit(await watchRun(start, { json: options.json, sinceResume: true }));
    });
  program
    .command('cancel')
    .description('stop a run and keep what is done')
    .argument('<run>', 'its folder or name')
    .action(async (run: string) => {
      exit(await cancelCommand(run));
    });
  program
    .command('pause')
    .description('hold a run, whose processes then use no time; `resume` lets it go on')
    .argument('<run>', 'its folder or name')
    .action(async (run: string) => {
      await pauseRun(await findRun(run));
    });
  program
    .command('list')
    .description("list the runs of a folder's recipes, newest first")
    .argument('[folder]', 'the folder of the recipes', '.')
    .addOption(json())
    .addOption(runs())
    .action(async (folder: string, options: Options) => {
      exit(await listCommand(folder, options));
    });
  program
    .command('inspect')
    .description('show the layers and the size of a checkpoint, or the tensors of a file')
    .argument('<checkpoint>', 'its folder, or a file of tfjs, Keras, PyTorch or safetensors')
    .addOption(json())
    .action(async (checkpoint: string, options: Options) => {
      exit(await inspectCommand(checkpoint, options));
    });
  program
    .command('spectrum')
    .description("show what each rank keeps of a model's embedding")
    .argument('<model>', 'a checkpoint, a recipe with a model, or a run')
    .addOption(json())
    .addOption(engine())
    .action(async (model: string, options: Options) => {
      exit(await spectrumCommand(model, { ...options, scripts }));
    });
  program
    .command('differences')
    .description('show what a model of a run classifies otherwise than the one it was made from')
    .argument('<run>', 'its folder or name')
    .argument('<model>', 'its name in the run, such as task-k9-s1')
    .addOption(json())
    .action(async (run: string, model: string, options: Options) => {
      exit(await differencesCommand(run, model, options));
    });
  program
    .command('fold')
    .description(
      'write a compressed model with its second factor multiplied into the next layer: smaller, faster',
    )
    .argument('<checkpoint>', modelPath)
    .argument('<folder>', 'where to')
    .action(async (checkpoint: string, folder: string) => {
      exit(await foldCommand(checkpoint, folder));
    });
  program
    .command('factorize')
    .description("compress a model's embedding without training, by its truncated SVD")
    .argument('<checkpoint>', modelPath)
    .argument('<folder>', 'where to; it is made')
    .addOption(rank())
    .addOption(reduction())
    .option('--embedding <name>', 'of several embedding layers the one to factorize, if not all')
    .addOption(json())
    .action(async (checkpoint: string, folder: string, options: SizeOptions & { embedding?: string }) => {
      exit(await factorizeCommand(checkpoint, folder, { ...options, scripts }));
    });
  program
    .command('vectors')
    .description('compress word vectors by themselves, without a model')
    .argument('<vectors>', 'GloVe or word2vec text, fastText .vec, word2vec .bin, .npy, .safetensors or .pt')
    .argument('<folder>', 'where to; it is made')
    .addOption(rank())
    .addOption(reduction())
    .addOption(
      new Option('--write <what>', "in the file of the vectors' own format: k numbers a word, or all of them")
        .choices(['coordinates', 'vectors'])
        .default('coordinates'),
    )
    .option('--tensor <name>', 'which matrix of a file of tensors, if not the largest')
    .addOption(json())
    .action(async (vectors: string, folder: string, options: SizeOptions) => {
      exit(await vectorsCommand(vectors, folder, { ...options, scripts }));
    });
  program
    .command('export')
    .description('write a model in a format of your choice, with its vocabulary and a model card beside it')
    .argument('<checkpoint>', modelPath)
    .argument('<folder>', 'where to')
    .addOption(
      new Option('--format <name>', 'tfjs, a file of Keras (.keras, .h5), or safetensors')
        .choices(writtenFormats)
        .default('tfjs'),
    )
    .addOption(
      new Option('--storage <type>', "of the embedding's numbers; Keras's files hold float32 and float16")
        .choices(storages)
        .default('float32'),
    )
    .option(
      '--fold',
      'multiply the second factor into the next layer: the same outputs, narrower, without a layer more',
      false,
    )
    .option(
      '--from <recipe or run>',
      'where the model comes from, for its card and its accuracy, if it does not lie in its run',
    )
    .option('--title <name>', 'what the model card is called, if not as the folder is')
    .addOption(json())
    .addOption(engine())
    .action(async (checkpoint: string, folder: string, options: ExportOptions) => {
      exit(await exportCommand(checkpoint, folder, options));
    });
  program
    .command('predict')
    .description('classify a text')
    .argument('<checkpoint>', modelPath)
    .argument('<text...>', "a text, or one for each of the model's inputs")
    .addOption(json())
    .addOption(engine())
    .action(async (checkpoint: string, texts: string[], options: Options) => {
      exit(await predictCommand(checkpoint, texts, options));
    });
  program
    .command('validate')
    .description('check a recipe and its data, train nothing')
    .argument('<recipe>', 'a NAME.press.json')
    .addOption(json())
    .action(async (recipe: string, options: Options) => {
      exit(await validateCommand(recipe, options));
    });
  program
    .command('estimate')
    .description('measure a few steps and tell the time and the disk that a recipe would take')
    .argument('<recipe>', 'a NAME.press.json')
    .addOption(json())
    .addOption(engine())
    .addOption(jobs())
    .action(async (recipe: string, options: Options) => {
      exit(await estimateCommand(recipe, options));
    });
  program
    .command('rates')
    .description('find the bounds of the learning rate by some steps at rising rates')
    .argument('<recipe>', 'a NAME.press.json')
    .addOption(json())
    .addOption(engine())
    .action(async (recipe: string, options: Options) => {
      exit(await ratesCommand(recipe, options));
    });
  program
    .command('engine')
    .description('show what there is to compute with, after trying it')
    .addOption(json())
    .action((options: Options) => {
      exit(engineCommand(options));
    });
  program
    .command('reproduce')
    .description(
      "run the paper's experiments and write their report; the same command goes on where it stopped",
    )
    .argument(
      '<data>',
      'the folder of the data sets: stsa.binary.train, TREC.train.all, rt-polarity.all and so on',
    )
    .argument('<vectors>', 'word vectors')
    .option('--output <folder>', 'what receives recipes, results and the report', 'reproduction')
    .addOption(
      new Option('--dimension <count>', 'of the word vectors').argParser(positiveInteger).default(100),
    )
    .option('--quick', 'fewer settings and seeds: some minutes', false)
    .option('--no-estimate', 'start without an estimate of the time')
    .addOption(engine())
    .addOption(jobs())
    .action(async (data: string, vectors: string, options: ReproduceFlags) => {
      const paths = { data: resolve(data), vectors: resolve(vectors), output: resolve(options.output) };
      exit(await reproduceCommand({ ...options, ...paths, scripts }));
    });
  return program;
}

/** Says what went wrong, on stderr. A bug keeps its stack. */
function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) {
    // Commander has said it. Help that was asked for is no error.
    return error.exitCode === 0 ? exitCode.done : exitCode.badInput;
  }
  if (error instanceof UserError) {
    console.error(
      process.argv.includes('--json')
        ? JSON.stringify({ error: saidBy(error) } satisfies PrintedError)
        : error.format(),
    );
    return exitCode.badInput;
  }
  console.error(error);
  return exitCode.failed;
}

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // The reader has seen enough, as `head` has. The run goes on.
    if (error.code === 'EPIPE') process.exit(exitCode.done);
    throw error;
  });
}

createProgram((code) => {
  process.exitCode = code;
})
  .parseAsync()
  .catch((error: unknown) => {
    process.exitCode = exitCodeOf(error);
  });
