import assert from 'node:assert/strict';
import { test } from 'node:test';
import { underGwproxy } from '../nothing-lost/fronts/gwproxy.ts';
import { readOptions } from '../nothing-lost/options.ts';
import { renderTrials } from '../nothing-lost/report.ts';
import { runTrial } from '../nothing-lost/trial.ts';

// Two minutes of load, the last deliveries' repeats, a spool to empty, starts and stops on a busy machine.
const TIMEOUT_MS = 600_000;

test('what was answered 2xx was seen by its gateway or is in the spool, whatever was killed', {
  timeout: TIMEOUT_MS,
}, async (t) => {
  const options = readOptions(process.env);
  const { features } = options;
  const trial = await runTrial(options, (outside) => underGwproxy({ features, ...outside }));
  for (const line of renderTrials([{ title: 'gwproxy', trial }])) t.diagnostic(line);

  const { lost, foreign, seenTwice } = trial.figures;
  assert.deepEqual(lost, [], 'acknowledged, and then lost');
  assert.deepEqual(foreign, [], 'seen by a bot that it was not for');
  assert.deepEqual(trial.wrongAnswers, [], "answered with another request's answer");
  assert.deepEqual(seenTwice.unexplained, [], 'seen twice, though nobody repeated it and nothing was killed');
});
