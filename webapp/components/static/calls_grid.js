// Where boxes stand in pixels, and the ways of arrows between them: around what stands between, not under it.

import { svg } from './svg.js';

/** The width of the boxes of question and answer. */
export const END = 84;
const BOX = { width: 150, height: 38, scored: 54 };
const GAP = { x: 30, y: 16 };
const MARGIN = 14; // pixels above and below: arrows go there too

/** The head of an arrow, under this id. */
export function arrow(id) {
  const shape = { viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 9, markerHeight: 9, markerUnits: 'userSpaceOnUse', orient: 'auto' };
  return svg('marker', { id, ...shape }, svg('path', { d: 'M0 0 L8 4 L0 8 z', class: 'st-tip' }));
}

export class Grid {
  constructor({ columns, rows }, scored) {
    this.columns = columns;
    this.tall = scored ? BOX.scored : BOX.height;
    const middle = { top: this.y((rows - 1) / 2), width: END, height: this.tall };
    this.question = { left: 1, ...middle };
    this.answer = { left: this.x(columns + 1), ...middle };
    this.width = this.answer.left + END + 1;
    this.height = this.y(rows - 1) + this.tall + MARGIN;
  }

  x(column) {
    return 1 + END + GAP.x + (column - 1) * (BOX.width + GAP.x);
  }

  y(row) {
    return MARGIN + row * (this.tall + GAP.y);
  }

  /** The box of a placed call. */
  at({ column, row }) {
    return { left: this.x(column), top: this.y(row), width: BOX.width, height: this.tall };
  }

  /** The way from one placed call to another. */
  between(from, to) {
    if (to.column - from.column === 1) return this.across(this.at(from), this.at(to));
    return from.row === to.row ? this.above(this.at(from), this.at(to)) : this.below(this.at(from), this.at(to));
  }

  /** The way from a placed call to the answer. */
  toAnswer(from) {
    return from.column === this.columns ? this.across(this.at(from), this.answer) : this.below(this.at(from), this.answer);
  }

  /** From the right side of a box to the left side of one in the next column. */
  across(from, to) {
    const [x1, y1, x2, y2] = [from.left + from.width, from.top + from.height / 2, to.left - 1, to.top + to.height / 2];
    const half = (x2 - x1) / 2;
    return `M${x1} ${y1} C${x1 + half} ${y1} ${x2 - half} ${y2} ${x2} ${y2}`;
  }

  /** Over the boxes between two of one row. */
  above(from, to) {
    const [x1, x2, y] = [from.left + from.width - 18, to.left + 18, from.top];
    return `M${x1} ${y} C${x1 + 24} ${y - 17} ${x2 - 24} ${y - 17} ${x2} ${y - 1}`;
  }

  /** Along the gap below a row, up to the gap before the target. */
  below(from, to) {
    const [x1, y1] = [from.left + from.width - 18, from.top + from.height];
    const [x2, y2, gap] = [to.left - 1, to.top + to.height / 2, y1 + GAP.y / 2];
    const turn = x2 - GAP.x + 4;
    return `M${x1} ${y1} C${x1} ${gap} ${x1 + 4} ${gap} ${x1 + 14} ${gap} L${turn} ${gap} C${turn + 20} ${gap} ${x2 - 20} ${y2} ${x2} ${y2}`;
  }
}
