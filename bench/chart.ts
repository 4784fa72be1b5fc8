/** A chart of ratios as SVG: one bar for each scenario, with a mark where the goal is. */
export interface Bar {
  readonly name: string;
  readonly value: number;
  /** None where nothing is asked. */
  readonly goal: number | undefined;
}

const ROW = 26;
const LEFT = 230;
const WIDTH = 480;
const TOP = 56;

/** Readable on light and on dark ground. */
const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.small { font-size: 12px; fill: #59636e }
.line { stroke: #d1d9e0 }
.bar { fill: #4a7fc1 }
.met { fill: #3f8f5a }
.missed { fill: #c4693d }
.goal { stroke: #1f2328; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc }
  .small { fill: #9198a1 }
  .line { stroke: #3d444d }
  .bar { fill: #6ea3e0 }
  .met { fill: #58b377 }
  .missed { fill: #e08a5b }
  .goal { stroke: #f0f6fc }
}`;

/** @param title what is told of each of them */
export function chart(title: string, bars: readonly Bar[]): string {
  const most = Math.max(1, ...bars.map(({ value, goal }) => Math.max(Math.min(value, 1.5), goal ?? 0)));
  const scale = (value: number): number => Number(((Math.min(value, most) / most) * WIDTH).toFixed(1));
  const height = TOP + bars.length * ROW + 16;
  const ticks = [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5].filter((tick) => tick <= most);
  const parts = [
    `<text x="16" y="24" font-weight="600">${escape(title)}</text>`,
    ...ticks.map((tick) => {
      const x = LEFT + scale(tick);
      return `<line class="line" x1="${x}" x2="${x}" y1="${TOP - 6}" y2="${height - 12}"/><text class="small" x="${x}" y="${TOP - 12}" text-anchor="middle">${tick}</text>`;
    }),
    ...bars.map(({ name, value, goal }, index) => {
      const y = TOP + index * ROW;
      const kind = goal === undefined ? 'bar' : value >= goal ? 'met' : 'missed';
      const mark =
        goal === undefined
          ? ''
          : `<line class="goal" x1="${LEFT + scale(goal)}" x2="${LEFT + scale(goal)}" y1="${y}" y2="${y + ROW - 6}"/>`;
      return `<text x="${LEFT - 10}" y="${y + 15}" text-anchor="end">${escape(name)}</text><rect class="${kind}" x="${LEFT}" y="${y + 2}" width="${scale(value)}" height="${ROW - 10}" rx="2"/>${mark}<text class="small" x="${LEFT + Math.max(scale(value), scale(goal ?? 0)) + 8}" y="${y + 15}">${value.toFixed(2)}</text>`;
    }),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LEFT + WIDTH + 60} ${height}" role="img" aria-label="${escape(title)}"><style>${STYLE}</style>${parts.join('\n')}</svg>\n`;
}

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
