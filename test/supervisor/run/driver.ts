// `node driver.js FOLDER PROGRAM…`: a gwproxy without a door, for a test to kill. Runs each program of
// test/fixtures/gateways as a gateway, with a guard, and writes every event as a line of JSON.
import { createRun } from '../../../src/supervisor/run/run.ts';
import { createSupervisor } from '../../../src/supervisor/supervisor.ts';
import { python } from '../../support/python.ts';
import { fixture } from '../../support/root.ts';
import { planOf, profile } from '../support.ts';

const [folder = '', ...programs] = process.argv.slice(2);
const write = (event: object): void => void process.stdout.write(`${JSON.stringify(event)}\n`);
const run = createRun({ folder, report: write });
const profiles = programs.map((program, index) => {
  const made = profile(`gateway-${index}`, program, { env: { STUBBORN: ['1'] } });
  const { launch } = made;
  if (launch.kind === 'url' || !program.endsWith('.py')) return made;
  return { ...made, launch: { ...launch, command: [[python], [fixture('gateways', program)]] as const } };
});
const supervisor = createSupervisor({ plan: planOf(profiles), report: write, run });
await run.begin();
write({ type: 'run', mark: run.mark('x', 1).split('/')[0] });
supervisor.start();
await supervisor.settled();
write({ type: 'settled' });
process.on('SIGTERM', async () => {
  await supervisor.stop({ atOnce: true });
  await run.close();
  process.exit(0);
});
