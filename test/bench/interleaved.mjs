// Times several ways of doing one thing against each other: rounds in turn, so that a machine that drifts
// drifts for all of them, and ratios of pairs, since absolute times differ from machine to machine.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/**
 * Nanoseconds a call of each contestant, one number a round. `calls` is how many make up a round's measurement;
 * the first rounds, which warm the compilers up, are dropped. Who goes first changes from round to round.
 */
export function interleave(contestants, { rounds, warmUps, calls }) {
  const samples = contestants.map(() => []);
  for (let round = -warmUps; round < rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const at = (turn + round + warmUps) % contestants.length;
      const contestant = contestants[at];
      const start = process.hrtime.bigint();
      for (let call = 0; call < calls; call++) contestant(call);
      const took = Number(process.hrtime.bigint() - start) / calls;
      if (round >= 0) samples[at].push(took);
    }
  }
  return samples;
}

/** The median of the rounds' ratios: each round against the other of the same round. */
export function ratio(samples, others) {
  return median(samples.map((sample, round) => sample / others[round]));
}
