/** xsd:dateTime values (RFC 7643 §2.3.5). */

const DATE_TIME = /^(-?\d{4,})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?$/i;

/**
 * The instant that a dateTime names, in UTC with six decimals: `2026-01-02T03:04:05.678000Z`. In this form
 * instants compare as text. Without a zone the time is UTC (A3.04); digits past the microsecond are cut.
 * @returns undefined when the text is no valid dateTime
 */
export function instant(text: string): string | undefined {
  const parts = DATE_TIME.exec(text);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', zone = 'Z'] = parts;
  // 24:00:00 is the first instant of the next day, and Date.parse knows that form.
  const whole = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const milliseconds = Date.parse(whole + zone.toUpperCase());
  if (Number.isNaN(milliseconds) || Number(day) > daysIn(Number(year), Number(month))) return undefined;
  const utc = new Date(milliseconds).toISOString().slice(0, -5);
  // Other years have no place in this form, nor has the year 0 in PostgreSQL.
  if (!/^\d{4}-/.test(utc) || utc.startsWith('0000')) return undefined;
  return `${utc}.${fraction.slice(0, 6).padEnd(6, '0')}Z`;
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}
