import type { Report } from '../../events.ts';
import { withConfig } from '../config-hint.ts';
import { describeEvent } from './event-text.ts';
import { createLineLabeller, type LineMark } from './labelled-lines.ts';

/** Past this, a terminal that does not keep up loses gateways' output, and is told how much. */
const MAX_UNWRITTEN_BYTES = 1024 * 1024;

export interface Terminal {
  readonly write: (text: string) => void;
  /** Bytes that were written and have not left yet. */
  readonly unwritten: () => number;
  readonly colour: boolean;
  /** Which commands it tells are for; the usual one where none is named. */
  readonly configFile?: string;
}

/** Tells a person what happens, each line under the profile's name, or gwproxy's own. */
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
        line('gwproxy', '!', `lines of output not shown, since the terminal is too slow: ${lost}`);
      lost = 0;
      line(event.profile, '|', event.line);
      return;
    }
    const told = describeEvent(event, now());
    if (told !== undefined) line(told.name, told.bad ? '!' : '>', withConfig(told.text, configFile));
  };
}
