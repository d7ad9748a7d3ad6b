import assert from 'node:assert/strict';
import type { PageMessage, Queries } from '../../src/editor/panelProtocol.ts';
import { OpenQueries, QueryError } from '../../webview/queries.ts';

type Tried = Queries['sentence']['answer'];

describe('the panel’s queries', () => {
  const asked: (PageMessage & { type: 'query' })[] = [];
  const queries = new OpenQueries((message) => {
    if (message.type === 'query') asked.push(message);
  });
  const sentence = (text: string): Promise<Tried> =>
    queries.ask('sentence', { trials: ['t'], texts: [text] });
  const id = (fromEnd: number): number => asked.at(fromEnd)!.id;

  it('are each answered by their own id, whatever comes between', async () => {
    const first = sentence('good');
    const other = queries.ask('differences', { trial: 't' });
    assert.notEqual(id(-1), id(-2));
    const value: Tried = [];
    queries.settle({ type: 'answer', id: id(-2), value });
    queries.settle({ type: 'answer', id: id(-1), error: { message: 'No.', hint: 'Train first.' } });
    assert.equal(await first, value);
    await assert.rejects(
      other,
      (error) => error instanceof QueryError && error.shown.hint === 'Train first.',
    );
  });

  it('leave an older one of their kind unanswered', async () => {
    const settled: string[] = [];
    void sentence('old').finally(() => settled.push('old'));
    const old = id(-1);
    const newer = sentence('new');
    queries.settle({ type: 'answer', id: old, value: [] });
    queries.settle({ type: 'answer', id: id(-1), value: [] });
    await newer;
    await new Promise(setImmediate);
    assert.deepEqual(settled, []);
  });

  it('are forgotten with the run that they were about', async () => {
    const settled: string[] = [];
    void sentence('gone').finally(() => settled.push('gone'));
    queries.drop();
    queries.settle({ type: 'answer', id: id(-1), error: { message: 'Late.' } });
    await new Promise(setImmediate);
    assert.deepEqual(settled, []);
  });
});
