import type { z } from 'zod';
import { nearest } from '../problems.ts';
import { missingColon } from '../source/yaml-errors.ts';
import type { Tree } from '../source/yaml-tree.ts';

const TRUE: ReadonlySet<string> = new Set(['yes', 'on', 'y', '1']);
const FALSE: ReadonlySet<string> = new Set(['no', 'off', 'n', '0']);

/** What to type instead of an invalid value, such as `; write 10s`; empty if that is not known. */
export function correction(issue: z.core.$ZodIssue, found: Tree): string {
  const advice =
    found.kind === 'scalar' ? forScalar(issue, found.written, typeof found.value) : forMany(issue, found);
  return advice === null ? '' : `; ${advice}`;
}

function forScalar(issue: z.core.$ZodIssue, written: string, kind: string): string | null {
  // A reference is right as written; only its value is wrong.
  if (written === '' || written.includes('${')) return null;
  if (issue.code === 'invalid_value') {
    const near = nearest(written, issue.values.map(String));
    return near === undefined ? null : `did you mean '${near}'?`;
  }
  const { message } = issue;
  if (message.includes('duration')) return duration(written);
  if (message.startsWith('a size'))
    return /^\d+$/.test(written) ? `write ${written}B or ${written}MiB` : null;
  if (message === 'true or false') return flag(written.toLowerCase());
  if (message.startsWith('host:port') && /^:?\d{1,5}$/.test(written)) {
    return `write 127.0.0.1:${written.replace(':', '')}`;
  }
  if (message.startsWith('a whole number') && kind === 'string' && /^-?\d+$/.test(written)) {
    return `write ${written}, without quotes`;
  }
  if (issue.code !== 'invalid_type') return null;
  if (issue.expected === 'array') return `write [${written}]`;
  const isMap = issue.expected === 'object' || issue.expected === 'record';
  return isMap && /[\s:=]/.test(written) ? missingColon(written) : null;
}

function duration(written: string): string | null {
  if (/^\d+$/.test(written)) return `write ${written}s or ${written}ms`;
  const [, hours, minutes] = /^(\d{1,4})h ?(\d{1,4})m$/.exec(written) ?? [];
  return hours === undefined ? null : `write ${Number(hours) * 60 + Number(minutes)}m`;
}

function flag(written: string): string | null {
  if (written === 'true' || written === 'false') return `write ${written}, without quotes`;
  return TRUE.has(written) ? 'write true' : FALSE.has(written) ? 'write false' : null;
}

function forMany(issue: z.core.$ZodIssue, found: Tree): string | null {
  if (found.kind === 'list' && wantsText(issue))
    return found.items.length === 1 ? "write it without [ ] and '-'" : null;
  if (issue.code !== 'invalid_type') return null;
  if (found.kind === 'list') {
    const isMap = issue.expected === 'object' || issue.expected === 'record';
    return isMap && found.items.length > 0 ? "write 'name: value' in each line, without '-'" : null;
  }
  const [name] = found.kind === 'map' ? found.entries.keys() : [];
  return issue.expected === 'array' && name?.startsWith('-') ? "a space is missing after '-'" : null;
}

/** Text alone, or the value of a variable, which may also be a map. */
function wantsText(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type'
    ? issue.expected === 'string'
    : issue.code === 'invalid_union' && issue.message.startsWith('text, a number');
}
