/** A number as people write it, with what it counts. */
export function counted(n: number, unit = ''): string {
  const number = n.toLocaleString('en-US');
  return unit === '' ? number : `${number} ${unit}${n === 1 ? '' : 's'}`;
}
