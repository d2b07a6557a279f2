// The same load and the same blows on the same gateways, behind gwproxy and then behind pm2 with http-proxy 1.18.1.
// Ends with 1 where gwproxy lost or misrouted anything.
//   npm run bench:nothing-lost          (options.ts says what the environment can change)
import { underGwproxy } from './fronts/gwproxy.ts';
import { underPm2 } from './fronts/pm2.ts';
import { readOptions } from './options.ts';
import { renderTrials } from './report.ts';
import { runTrial } from './trial.ts';

const options = readOptions(process.env);
const { features, rate, durationMs, seed } = options;
const gwproxy = await runTrial(options, (outside) => underGwproxy({ features, ...outside }));
const pm2 = await runTrial(options, () => underPm2);

console.log(
  `${rate} deliveries a second for ${durationMs / 1000} s, seed ${seed}, node ${process.version}\n`,
);
const table = renderTrials([
  { title: 'gwproxy', trial: gwproxy },
  { title: 'pm2 + http-proxy', trial: pm2 },
]);
for (const line of table) console.log(line);
const { lost, foreign } = gwproxy.figures;
if (lost.length > 0 || foreign.length > 0) process.exitCode = 1;
