// The tables of the decoding panel: a row a rule, and the tokens with a mark for every rule that keeps them.

import { counted, el, number, percent } from './dom.js';
import { visible } from './token_view.js';

const ROWS = 200; // tokens that are listed; all that are known are in the chart

/** What each rule keeps: how many tokens, their mass, how undecided they are. */
export function ruleTable({ rules }) {
  const heads = ['Rule', 'Setting', 'Kept |S|', 'Kept mass', 'H(q)', 'α · H(p)'];
  return el('table', { ariaLabel: 'Rules' }, el('thead', {}, el('tr', {}, ...heads.map((head) => el('th', { scope: 'col' }, head)))),
    el('tbody', {}, ...rules.map(ruleRow)));
}

function ruleRow({ name, title, setting, kept, mass, entropy, bound, colour }) {
  const known = kept !== null;
  return el('tr', { data: { rule: name, kept: known ? kept : 'unknown' } },
    el('th', { scope: 'row' }, el('span.st-key', { style: { '--key': colour }, ariaHidden: 'true' }), ` ${title}`), el('td', {}, setting),
    el('td.st-num', {}, known ? counted(kept) : 'unknown'), el('td.st-num', {}, known ? percent(mass) : '–'),
    el('td.st-num', {}, known ? number(entropy) : '–'), el('td.st-num', {}, bound === null ? '' : number(bound)));
}

/** The most probable tokens, those that no row shows as a count with their mass. */
export function keptTokens({ rules, tokens, others }) {
  const shown = tokens.slice(0, ROWS);
  const hidden = tokens.slice(ROWS);
  const count = others.count + hidden.length;
  const mass = others.mass + hidden.reduce((sum, token) => sum + token.probability, 0);
  const heads = [el('th', { scope: 'col' }, '#'), el('th', { scope: 'col' }, 'Token'), el('th', { scope: 'col' }, 'p'),
    ...rules.map(({ title }) => el('th.st-mark', { scope: 'col' }, title))];
  return el('table', { ariaLabel: 'Tokens and the rules that keep them' }, el('thead', {}, el('tr', {}, ...heads)),
    el('tbody', {}, ...shown.map((token, rank) => tokenRow(token, rank, rules)), restRow(count, mass, rules)));
}

function tokenRow({ text, probability, chosen }, rank, rules) {
  return el(chosen ? 'tr.st-chosen' : 'tr', {}, el('td.st-num', {}, chosen ? '▸ ' : '', rank + 1),
    el('td', {}, el('code.st-contained', {}, visible(text))), el('td.st-num', {}, percent(probability)),
    ...rules.map(({ kept, title }) => mark(kept === null ? null : rank < kept, title)));
}

function mark(kept, title) {
  if (kept === null) return el('td.st-mark.st-dim', { title: `${title}: unknown` }, '?');
  return el('td.st-mark', { title: kept ? `${title} keeps it` : `${title} drops it` }, kept ? '●' : el('span.st-dim', {}, '·'));
}

function restRow(count, mass, rules) {
  return el('tr.st-dim', {}, el('td'), el('td', {}, `${counted(count)} more`), el('td.st-num', {}, percent(mass)), ...rules.map(() => el('td')));
}
