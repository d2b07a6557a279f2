/** Whether that is the name of a time zone, such as Europe/Berlin or UTC. Offsets are none: Node 20 refuses them. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) instanceof Intl.DateTimeFormat;
  } catch {
    // A RangeError: Intl has no other way to say so.
    return false;
  }
}

/** The names of all time zones that Node knows. */
export function timeZones(): readonly string[] {
  return [...Intl.supportedValuesOf('timeZone'), 'UTC'];
}

/** The name of the given time zone, or of this machine's. */
function timeZoneName(timezone: string | null): string {
  return timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/**
 * A moment (epoch ms) as a person reads it: `Tue 2026-12-01 04:00 Europe/Berlin`, with seconds if there are any. In UTC
 * if this machine does not know the time zone.
 */
export function momentText(at: number, timezone: string | null): string {
  const zone = timezone === null || isTimeZone(timezone) ? timeZoneName(timezone) : 'UTC';
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  const part = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const of = (type: Intl.DateTimeFormatPartTypes): string => part.get(type) ?? '';
  const seconds = of('second') === '00' ? '' : `:${of('second')}`;
  return `${of('weekday')} ${of('year')}-${of('month')}-${of('day')} ${of('hour')}:${of('minute')}${seconds} ${zone}`;
}
