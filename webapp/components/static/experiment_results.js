// What each method came to with each model, as a table.

import { el, fill, number } from './dom.js';

const HEADS = [
  ['Method'], ['Model'], ['Done', 'cells that are done'], ['First', 'share right of the first answers'], ['Last', 'share right of the last answers'],
  ['Change', 'last less first, in points of a percent'], ['● → ●', 'right and right'], ['○ → ●', 'wrong, then right'], ['● → ○', 'right, then wrong'], ['○ → ○', 'wrong and wrong'],
  ['No answer', 'share of last answers that could not be read; they count as wrong'], ['Tokens', 'generated tokens of a cell, mean'], ['Calls', 'calls to the model of a cell, mean'], ['Seconds', 'seconds of a cell beside all others at work, mean'],
];
const STEPS = ['right->right', 'wrong->right', 'right->wrong', 'wrong->wrong'];
const VERDICTS = { right: 'correct', wrong: 'incorrect' };

/** The table; `narrow({arm, model, outcome})` shows the cells behind a number. */
export class Results {
  constructor(narrow) {
    this.narrow = narrow;
    this.node = el('section.st-part', { ariaLabel: 'Results' });
  }

  update({ results }) {
    const text = JSON.stringify(results);
    if (text === this.drawn) return;
    this.drawn = text;
    const many = new Set(results.map(({ model }) => model)).size > 1;
    const heads = HEADS.filter(([head]) => many || head !== 'Model');
    fill(this.node, el('h3', {}, 'Results so far'),
      el('div.st-tablebox', { tabIndex: 0, role: 'region', ariaLabel: 'Results of each method' }, el('table', {},
        el('thead', {}, el('tr', {}, ...heads.map(([head, about]) => el(head === 'Method' || head === 'Model' ? 'th' : 'th.st-numeric', { scope: 'col', title: about || null }, head)))),
        el('tbody', {}, ...results.map((result) => this.row(result, many))))));
  }

  row(result, many) {
    const { correction: found } = result;
    const numeric = (...content) => el('td.st-numeric', {}, ...content);
    return el('tr', {},
      el('td', {}, el('span.st-contained', {}, result.name), result.oracle ? el('span.st-badge.st-oracle', { title: `${result.oracle} of its runs asked for the reference answer` }, '⚑ oracle') : null),
      many ? el('td', {}, el('span.st-contained', {}, result.model)) : null,
      numeric(this.link(result.done, result, null)),
      numeric(share(found?.first)), numeric(share(found?.last)), numeric(found ? points(found.last - found.first) : '–'),
      ...STEPS.map((step) => numeric(found ? this.link(result.transitions[step], result, step) : '–')),
      numeric(share(result.unparsed)), numeric(number(result.tokens, 1)), numeric(number(result.calls, 1)), numeric(number(result.seconds, 1)));
  }

  link(count, { arm, model, name }, step) {
    if (!count) return '0';
    const outcome = step && step.split('->').map((each) => VERDICTS[each]).join('>');
    const about = `Show the ${count} cells of ${name}${step ? ` that went ${step.replace('->', ' to ')}` : ' that are done'}`;
    return el('button.st-link', { type: 'button', ariaLabel: about, onclick: () => this.narrow({ arm, model, outcome: outcome || '', state: 'done' }) }, count.toLocaleString('en'));
  }
}

function share(value) {
  return typeof value === 'number' ? `${(100 * value).toFixed(1)}%` : '–';
}

function points(value) {
  const rounded = (100 * value).toFixed(1);
  return Number(rounded) > 0 ? `+${rounded}` : rounded.replace('-', '−').replace('−0.0', '0.0');
}
