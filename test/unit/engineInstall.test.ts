import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineReport } from '../../src/core/engine/engineReport.ts';
import { downloadFile, downloadSize } from '../../src/editor/engine/downloadFile.ts';
import { engineArchives, type EngineArchive } from '../../src/editor/engine/engineArchives.ts';
import { installEngine, type InstallStep } from '../../src/editor/engine/installEngine.ts';
import { readInstalled, removeEngine } from '../../src/editor/engine/installedEngine.ts';
import { unpackArchive } from '../../src/editor/engine/unpackArchive.ts';
import { tarGz, writeTarGz, type TarEntry } from '../support/tarArchive.ts';

const never = new AbortController().signal;
const usable: EngineReport = {
  tensorflow: { usable: true, versions: { tensorflow: '2.9.1' }, folder: '' },
  wasm: { versions: {} },
};

describe('installing the engine', () => {
  let folder = '';
  let server: Server;
  let answer: RequestListener = () => undefined;
  let base = '';

  before(async () => {
    server = createServer((request, response) => {
      answer(request, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'engine-install-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  describe('unpacking', () => {
    const all = { wanted: /./, mostBytes: 1000, signal: never };
    const unpack = async (entries: readonly TarEntry[], options = all): Promise<string[]> => {
      const file = await writeTarGz(join(folder, 'archive.tar.gz'), entries);
      await unpackArchive(file, join(folder, 'into'), options);
      return (await readdir(join(folder, 'into'), { recursive: true })).sort();
    };

    it('takes what is wanted, with links beside it', async () => {
      const entries: TarEntry[] = [
        { path: './lib/', type: 'Directory' },
        { path: './lib/a.so.2', data: 'library' },
        { path: './lib/a.so', type: 'SymbolicLink', linkpath: 'a.so.2' },
        { path: './include/a.h', data: 'header' },
      ];
      const wanted = { ...all, wanted: /^lib\// };
      assert.deepEqual(await unpack(entries, wanted), ['lib', 'lib/a.so', 'lib/a.so.2']);
      assert.equal(await readFile(join(folder, 'into/lib/a.so'), 'utf8'), 'library');
    });

    const outside: Record<string, TarEntry> = {
      'a path upwards': { path: '../evil', data: 'x' },
      'a path upwards within': { path: 'lib/../../evil', data: 'x' },
      'an absolute path': { path: '/tmp/embedding-press-evil', data: 'x' },
      'a path of Windows': { path: 'C:\\evil', data: 'x' },
      'a link upwards': { path: 'lib/a', type: 'SymbolicLink', linkpath: '../../evil' },
      'a link to the folder above': { path: 'lib/a', type: 'SymbolicLink', linkpath: '..' },
      'an absolute link': { path: 'lib/a', type: 'SymbolicLink', linkpath: '/etc/passwd' },
      'a hard link': { path: 'lib/a', type: 'Link', linkpath: 'archive.tar.gz' },
      'a device': { path: 'lib/a', type: 'CharacterDevice' },
      'a pipe': { path: 'lib/a', type: 'FIFO' },
    };
    for (const [what, entry] of Object.entries(outside)) {
      it(`refuses ${what}, also where it is not wanted`, async () => {
        for (const wanted of [/./, /^b$/]) {
          const entries = [{ path: 'b', data: 'good' }, entry];
          await assert.rejects(unpack(entries, { ...all, wanted }), { code: 'bad-archive' });
        }
        const found = await readdir(folder, { recursive: true });
        assert.deepEqual(
          found.filter((name) => name.includes('evil') || name.endsWith('/a')),
          [],
        );
      });
    }

    it('refuses more than the bound', async () => {
      await assert.rejects(unpack([{ path: 'a', data: 'x'.repeat(1001) }]), { code: 'bad-archive' });
    });

    it('refuses what is no archive, or half of one', async () => {
      const file = join(folder, 'archive.tar.gz');
      const whole = tarGz([{ path: 'a', data: 'x'.repeat(900) }]);
      for (const bytes of [Buffer.from('<html>Sign in</html>'), whole.subarray(0, whole.length / 2)]) {
        await writeFile(file, bytes);
        await assert.rejects(unpackArchive(file, join(folder, 'into'), all), { code: 'bad-archive' });
      }
    });

    it('stops when it is told to', async () => {
      const file = await writeTarGz(join(folder, 'archive.tar.gz'), [{ path: 'a', data: 'x' }]);
      const options = { ...all, signal: AbortSignal.abort() };
      await assert.rejects(unpackArchive(file, join(folder, 'into'), options), { name: 'CancelledError' });
    });
  });

  describe('downloading', () => {
    const content = Buffer.from('x'.repeat(5000));
    const sha256 = createHash('sha256').update(content).digest('hex');
    const download = (limits = {}): Promise<string> =>
      downloadFile(
        `${base}/a`,
        join(folder, 'a'),
        { mostBytes: 5000, ...limits },
        { signal: never, onBytes: () => undefined },
      );

    it('knows the size and keeps what has the right hash', async () => {
      answer = (request, response) =>
        response
          .writeHead(200, { 'content-length': 5000 })
          .end(request.method === 'HEAD' ? undefined : content);
      assert.equal(await downloadSize(`${base}/a`, never), 5000);
      assert.equal(await download({ sha256 }), sha256);
      assert.deepEqual(await readFile(join(folder, 'a')), content);
      await assert.rejects(download({ sha256: '0'.repeat(64) }), { code: 'download-damaged' });
      await assert.rejects(download({ mostBytes: 4999 }), { code: 'download-too-large' });
    });

    it('says why it failed, and that WebAssembly stays', async () => {
      const failures: [RegExp, RequestListener][] = [
        [/HTTP 403/, (_, response) => response.writeHead(403).end('no')],
        [/HTTP 404/, (_, response) => response.writeHead(404).end()],
        [
          /closed|terminated/,
          (_, response) => {
            response.writeHead(200, { 'content-length': 5000 });
            response.write('x');
            setTimeout(() => response.destroy(), 20);
          },
        ],
        [/closed|ECONNRESET/, (request) => request.destroy()],
      ];
      for (const [message, failing] of failures) {
        answer = failing;
        await assert.rejects(download(), { code: 'download-failed', message, hint: /WebAssembly/ });
      }
    });

    it('goes nowhere but by https', async () => {
      const options = { signal: never, onBytes: () => undefined };
      const plain = downloadFile('http://example.com/a', join(folder, 'a'), { mostBytes: 1 }, options);
      await assert.rejects(plain, /not one of https/);
    });
  });

  describe('as a whole', () => {
    const addon = tarGz([{ path: 'napi-v8/tfjs_binding.node', data: 'addon' }]);
    const library = tarGz([
      { path: './lib/libtensorflow.so.2', data: 'library' },
      { path: './lib/libtensorflow.so', type: 'SymbolicLink', linkpath: 'libtensorflow.so.2' },
      { path: './include/c_api.h', data: 'header' },
      { path: './LICENSE', data: 'licence' },
    ]);
    const serve: RequestListener = ({ url = '' }, response) =>
      response.end(url.includes('napi') ? addon : library);
    const archives = (): readonly EngineArchive[] => engineArchives('linux', 'x64', base);
    const install = (
      signal = never,
      check: (folder: string) => Promise<EngineReport> = () => Promise.resolve(usable),
      onStep: (step: InstallStep) => void = () => undefined,
    ) => installEngine({ storage: join(folder, 'storage'), archives: archives(), signal, onStep, check });
    const stored = (): Promise<string[]> => readdir(join(folder, 'storage'));

    it('lays the engine out as its package is, and tries it before it counts', async () => {
      answer = serve;
      const steps = new Set<string>();
      await install(
        never,
        async (tried) => {
          assert.ok((await readdir(tried)).includes('package.json'));
          assert.ok(!(await stored()).includes('engine'));
          return usable;
        },
        ({ kind }) => steps.add(kind),
      );
      assert.deepEqual([...steps], ['download', 'unpack', 'check']);
      const engine = join(folder, 'storage/engine');
      assert.deepEqual(await stored(), ['engine']);
      assert.deepEqual((await readdir(engine, { recursive: true })).sort(), [
        'deps',
        'deps/LICENSE',
        'deps/lib',
        'deps/lib/libtensorflow.so',
        'deps/lib/libtensorflow.so.2',
        'lib',
        'lib/napi-v8',
        'lib/napi-v8/tfjs_binding.node',
        'package.json',
      ]);
      const installed = await readInstalled(join(folder, 'storage'));
      assert.equal(installed?.version, '4.22.0');
      assert.deepEqual(
        installed.archives.map(({ url }) => url),
        archives().map(({ url }) => url),
      );
      await removeEngine(join(folder, 'storage'));
      assert.deepEqual(await stored(), []);
    });

    it('leaves nothing when it is cancelled, wherever it is', async () => {
      for (const at of ['download', 'unpack', 'check'] as const) {
        answer = serve;
        const cancel = new AbortController();
        const onStep = ({ kind }: InstallStep): void => {
          if (kind === at) cancel.abort();
        };
        await assert.rejects(install(cancel.signal, undefined, onStep), { name: 'CancelledError' });
        assert.deepEqual(await stored(), []);
      }
    });

    it('leaves nothing when it is cancelled while nothing comes', async () => {
      answer = (_, response) => {
        response.writeHead(200, { 'content-length': 5000 });
        response.write('x');
      };
      const cancel = new AbortController();
      const onStep = (): void => {
        setTimeout(() => {
          cancel.abort();
        }, 10);
      };
      await assert.rejects(install(cancel.signal, undefined, onStep), { name: 'CancelledError' });
      assert.deepEqual(await stored(), []);
    });

    it('keeps the engine that was there when the new one does not run', async () => {
      answer = serve;
      await install();
      await writeFile(join(folder, 'storage/engine/mark'), '');
      const broken = { ...usable, tensorflow: { usable: false, reason: 'no AVX' } } as const;
      await assert.rejects(
        install(never, () => Promise.resolve(broken)),
        { code: 'engine-unusable', message: /no AVX/ },
      );
      assert.ok((await readdir(join(folder, 'storage/engine'))).includes('mark'));
      await install();
      assert.ok(!(await readdir(join(folder, 'storage/engine'))).includes('mark'));
      assert.deepEqual(await stored(), ['engine']);
    });

    it('clears what a killed installation left, and not what one under way writes', async () => {
      answer = serve;
      for (const name of ['engine.part-old', 'engine.part-new']) {
        await mkdir(join(folder, 'storage', name), { recursive: true });
      }
      const old = new Date(Date.now() - 48 * 60 * 60 * 1000);
      await utimes(join(folder, 'storage/engine.part-old'), old, old);
      await install();
      assert.deepEqual((await stored()).sort(), ['engine', 'engine.part-new']);
    });

    it('demands the known hash of Google’s host, and says where there is no build', () => {
      const [, library] = engineArchives('linux', 'x64', '');
      assert.match(library?.sha256 ?? '', /^[0-9a-f]{64}$/);
      for (const { url } of engineArchives('linux', 'x64', '')) {
        assert.ok(url.startsWith('https://storage.googleapis.com/'));
      }
      for (const [platform, arch] of [
        ['linux', 'arm64'],
        ['darwin', 'arm64'],
        ['win32', 'x64'],
      ] as const) {
        assert.throws(() => engineArchives(platform, arch, ''), { code: 'no-engine-build' });
      }
    });
  });
});
