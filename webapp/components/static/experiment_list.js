// The list of experiments.

import { counted, el } from './dom.js';
import { experimentBadge } from './experiment_words.js';
import { when } from './library_time.js';

/** A row; `on` has pick() and restore(). */
export function experimentRow(item, current, on) {
  const ended = item.total - (item.cells.waiting || 0) - (item.cells.running || 0);
  return el(current ? 'li.st-item.st-current' : 'li.st-item', { data: { experiment: item.id } },
    el('div.st-main', {},
      item.deleted_at ? el('span.st-name.st-contained', {}, item.name)
        : el('button.st-name.st-contained', { type: 'button', ariaPressed: String(current), data: { focus: `pick ${item.id}` }, onclick: on.pick }, item.name),
      el('p.st-judged', {}, experimentBadge(item.status), el('span.st-dim.st-num', {}, `${counted(ended)} of ${counted(item.total)}`),
        item.cells.failed ? el('span.st-error.st-num', {}, `${counted(item.cells.failed)} failed`) : null),
      el('p.st-dim', {}, when(item.created_at)),
      item.deleted_at ? el('p.st-itemactions', {}, el('button.st-link', { type: 'button', onclick: on.restore }, 'Restore')) : null));
}
