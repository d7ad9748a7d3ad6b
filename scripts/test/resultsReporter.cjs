// Shows the tests as mocha's spec reporter does and writes what came out to the file that EMBEDDING_PRESS_RESULTS names.
'use strict';

const { writeFileSync } = require('node:fs');
const { Runner, reporters } = require('mocha');

const { EVENT_RUN_END, EVENT_TEST_FAIL, EVENT_TEST_RETRY } = Runner.constants;

module.exports = class ResultsReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const failures = [];
    const retried = [];
    const noteIn = (list) => (test, error) => {
      list.push({ title: test.fullTitle(), error: String(error?.stack ?? error) });
    };
    runner.on(EVENT_TEST_FAIL, noteIn(failures));
    runner.on(EVENT_TEST_RETRY, noteIn(retried));
    runner.once(EVENT_RUN_END, () => {
      const path = process.env.EMBEDDING_PRESS_RESULTS;
      if (!path) return;
      const { passes: passed, failures: failed, pending: skipped } = this.stats;
      writeFileSync(path, JSON.stringify({ passed, failed, skipped, failures, retried }));
    });
  }
};
