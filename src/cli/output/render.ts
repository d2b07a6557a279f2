import type { Report } from '../../events.ts';
import { withConfig } from '../config-hint.ts';
import { describeEvent } from './event-text.ts';
import { createLineLabeller, type LineMark } from './labelled-lines.ts';

/** Bytes. With more of them unwritten, the terminal is too slow, and gateways' output is dropped and counted. */
const MAX_UNWRITTEN_BYTES = 1024 * 1024;

export interface Terminal {
  readonly write: (text: string) => void;
  /** Bytes that were passed to `write` and are not written yet. */
  readonly unwritten: () => number;
  readonly colour: boolean;
  /** The config file that the printed commands name; by default gwproxy.yaml. */
  readonly configFile?: string;
}

/** Prints events on a terminal, each line with the profile's name, or with gwproxy's. */
export function createRenderer(
  profiles: readonly string[],
  terminal: Terminal,
  now: () => number = Date.now,
): Report {
  const lineOf = createLineLabeller(profiles, terminal.colour);
  const { configFile = 'gwproxy.yaml' } = terminal;
  let lost = 0;

  function line(name: string, mark: LineMark, text: string): void {
    terminal.write(lineOf(name, mark, text));
  }

  return (event) => {
    if (event.type === 'gateway.output') {
      if (terminal.unwritten() > MAX_UNWRITTEN_BYTES) {
        lost += 1;
        return;
      }
      if (lost > 0)
        line('gwproxy', '!', `${lost} lines of output are not shown, because the terminal is too slow`);
      lost = 0;
      line(event.profile, '|', event.line);
      return;
    }
    const described = describeEvent(event, now());
    if (described !== undefined)
      line(described.name, described.bad ? '!' : '>', withConfig(described.text, configFile));
  };
}
