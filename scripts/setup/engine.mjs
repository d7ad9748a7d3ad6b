import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { cache, note, root, run, sizeOf, SetupError, withFirstOnPath } from './steps.mjs';

const addon = join(root, 'node_modules/@tensorflow/tfjs-node');
const binding = join(addon, 'lib/napi-v8/tfjs_binding.node');
const bin = join(root, 'node_modules/.bin');
const { optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
/** What the wheel way makes: `npm ci` empties node_modules, and this need not be made again. */
const kept = join(cache, 'tensorflow', optionalDependencies['@tensorflow/tfjs-node']);
const keptLibrary = join(kept, 'deps');
const keptBinding = join(kept, 'tfjs_binding.node');
const stallSeconds = 20;

/** Multiplies two matrices in a process of its own: a library that does not fit ends its process. */
const check = `
  const util = require('node:util');
  util.isNullOrUndefined ??= (value) => value === undefined || value === null; // gone since Node 23
  const tf = require('@tensorflow/tfjs-node');
  if (tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])).dataSync().join() !== '3,3,3,3') process.exit(1);
`;

async function loads() {
  if (!existsSync(binding)) return false;
  try {
    await run(process.execPath, ['-e', check], { env: { TF_CPP_MIN_LOG_LEVEL: '2' } });
    return true;
  } catch {
    return false;
  }
}

/** tfjs-node's own way: downloads the library and the addon. It has no time limit of its own. */
async function ownScript() {
  let bytes = -1;
  let since = Date.now();
  const stalled = () => {
    const now = sizeOf(join(addon, 'deps')) + sizeOf(join(addon, 'lib'));
    if (now !== bytes) [bytes, since] = [now, Date.now()];
    return Date.now() - since > stallSeconds * 1000;
  };
  rmSync(join(addon, 'deps'), { recursive: true, force: true });
  await run(process.execPath, ['scripts/install.js'], { cwd: addon, env: withFirstOnPath(bin), stalled });
  if (!(await loads())) throw new SetupError('It was downloaded, but it does not load.');
}

/** The library of TensorFlow's Python wheel, and the addon compiled against it. */
async function fromWheel() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new SetupError('The way by the Python wheel is for Linux on x64.');
  }
  if (!existsSync(keptLibrary)) await unpackWheel();
  link();
  if (!existsSync(keptBinding)) {
    note('compiling the addon …');
    await compile();
    copyFileSync(binding, `${keptBinding}.part`);
    renameSync(`${keptBinding}.part`, keptBinding);
    rmSync(join(keptLibrary, 'include'), { recursive: true, force: true });
  }
  if (!(await loads())) {
    rmSync(kept, { recursive: true, force: true });
    throw new SetupError('It was built, but it does not load.');
  }
}

async function unpackWheel() {
  const download = join(kept, 'download');
  const unpacked = join(kept, 'unpacked');
  rmSync(kept, { recursive: true, force: true });
  mkdirSync(download, { recursive: true });
  note('downloading TensorFlow 2.15.1 with pip, 207 MB …');
  // Its library is the same whatever the interpreter: one wheel, whose hash is pinned, serves all.
  const which = ['--python-version', '3.11', '--platform', 'manylinux_2_17_x86_64', '--only-binary=:all:'];
  const pinned = ['--require-hashes', '-r', join(root, 'scripts/setup/tensorflow-requirements.txt')];
  await run('python3', [
    '-m',
    'pip',
    'download',
    '--quiet',
    '--no-deps',
    ...which,
    ...pinned,
    '-d',
    download,
  ]);
  note('unpacking its library …');
  const [wheel] = readdirSync(download);
  await run('python3', [join(root, 'scripts/setup/unpack_wheel.py'), join(download, wheel), unpacked]);
  rmSync(download, { recursive: true });
  const libraries = [
    ['libtensorflow.so', 'libtensorflow_cc.so.2'],
    ['libtensorflow.so.2', 'libtensorflow_cc.so.2'],
    ['libtensorflow_framework.so', 'libtensorflow_framework.so.2'],
  ];
  for (const [name, target] of libraries) symlinkSync(target, join(unpacked, 'lib', name));
  renameSync(unpacked, keptLibrary);
}

function link() {
  rmSync(join(addon, 'deps'), { recursive: true, force: true });
  symlinkSync(relative(addon, keptLibrary), join(addon, 'deps'));
  if (!existsSync(keptBinding)) return;
  mkdirSync(dirname(binding), { recursive: true });
  copyFileSync(keptBinding, binding);
}

async function compile() {
  // Node's own headers where they lie beside it, as they do in most installations; node-gyp downloads them otherwise.
  const prefix = dirname(dirname(process.execPath));
  const headers = existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];
  const env = withFirstOnPath(bin);
  const npmCli = process.env.npm_execpath;
  const gyp = npmCli && join(dirname(dirname(npmCli)), 'node_modules/node-gyp/bin/node-gyp.js');
  if (gyp && existsSync(gyp)) env.npm_config_node_gyp = gyp;
  const build = ['install', '--build-from-source', ...headers];
  try {
    await run(process.execPath, [join(bin, 'node-pre-gyp'), ...build], { cwd: addon, env });
  } catch (error) {
    const needs =
      headers.length > 0
        ? 'It needs a C++ compiler and make.'
        : "It needs a C++ compiler, make and Node's headers, which node-gyp downloads (or set npm_config_nodedir).";
    throw new SetupError(`${error.message}\n${needs}`);
  }
}

export const engine = {
  name: 'the TensorFlow engine',
  ready: loads,
  async run() {
    if (!existsSync(addon)) {
      note('@tensorflow/tfjs-node was left out of the packages: the wasm engine serves.');
      return;
    }
    if (!existsSync(keptBinding)) {
      try {
        await ownScript();
        return;
      } catch {
        note("its own download cannot be had; taking the library from TensorFlow's Python wheel");
      }
    }
    try {
      await fromWheel();
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      note(error.message.replaceAll('\n', '\n      '));
      note('The TensorFlow engine cannot be had here: the wasm engine serves, at a fraction of the speed.');
    }
  },
  produces: keptLibrary,
};
