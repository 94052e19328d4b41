// The first problems of a data set, as they were read.

import { el, fill, plural } from './dom.js';

/** Start the component: called once by js_on_load. */
export function mount({ element, props, watch }) {
  const root = element.querySelector('.st-preview');
  const draw = () => show(root, props.value || {});
  watch('value', draw);
  draw();
}

function show(root, { total = 0, problems = [] }) {
  if (!problems.length) { fill(root); return; }
  fill(root, el('p.st-dim', { role: 'status' }, `${plural(total, 'problem')}, of which the first ${problems.length}:`),
    el('div.st-tablebox', { tabIndex: 0, role: 'region', ariaLabel: 'Preview of the problems' }, el('table', {},
      el('thead', {}, el('tr', {}, ...['Question', 'Choices', 'Right answer', 'Kind'].map((head) => el('th', { scope: 'col' }, head)))),
      el('tbody', {}, ...problems.map(({ question, choices, reference, kind }) => el('tr', {},
        el('td', {}, el('span.st-contained', {}, question)), el('td', {}, el('span.st-contained', {}, choices.join(' · '))),
        el('td', {}, el('span.st-contained', {}, reference)), el('td', {}, kind)))))));
}
