import assert from 'node:assert/strict';
import { UserError } from '../../src/core/errors.ts';
import { pageError } from '../../src/editor/pageError.ts';

describe('an error on a page', () => {
  const error = new UserError('wrong-columns', 'It has 3 columns.', 'Mend it.', {
    file: '/data/train.tsv',
    line: 7,
  });

  it('names the file at fault and its line', () => {
    assert.deepEqual(pageError(error), {
      message: 'It has 3 columns.',
      hint: 'Mend it.',
      place: 'train.tsv, line 7',
    });
    assert.equal(pageError(error, '/data/test.tsv').place, 'train.tsv, line 7');
  });

  it('leaves out the file that the page is of', () => {
    assert.deepEqual(pageError(error, '/data/../data/train.tsv'), {
      message: 'It has 3 columns.',
      hint: 'Mend it.',
    });
  });

  it('says of a bug what there is', () => {
    assert.deepEqual(pageError(new TypeError('undefined is not a table')), {
      message: 'undefined is not a table',
    });
    assert.deepEqual(pageError('torn'), { message: 'torn' });
  });
});
