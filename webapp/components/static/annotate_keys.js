// The keys of the labelling desk: which key means what, and where none does.

import { el, fill } from './dom.js';

const SHOWN = [
  [['1', '…', '9'], 'choose an answer to the question that is marked'],
  [['⌫'], 'take that answer back'],
  [['↑', '↓'], 'the step before, the next one'],
  [['←', '→'], 'the token before, the next one'],
  [['Shift', '← →'], 'select tokens, for a span (or select them with the mouse)'],
  [['f', 'F'], 'the next question, the one before'],
  [['e'], 'this step is the first error'],
  [['0'], 'there is no error'],
  [['t'], 'errors are of this step, of the whole text'],
  [['m'], 'merge this step with the next one'],
  [['x'], 'split this step before the marked token'],
  [['y', 'Y'], 'accept the suggestion, all suggestions'],
  [['c'], 'colour tokens by entropy, by probability, not at all'],
  [['d'], 'what differs between the two texts'],
  [['n'], 'write a note; Esc comes back'],
  [['Enter'], 'submit, and go to the next one'],
  [['s'], 'skip: it comes back at the end'],
  [['u'], 'undo; with nothing to undo, back to the one before'],
  [['b'], 'back to the one before'],
  [['?'], 'these keys'],
];

const ACTIONS = {
  ArrowUp: ['step', -1], ArrowDown: ['step', 1], ArrowLeft: ['token', -1], ArrowRight: ['token', 1], f: ['field', 1], F: ['field', -1],
  e: ['firstError'], 0: ['noError'], t: ['about'], m: ['merge'], x: ['split'], y: ['accept'], Y: ['acceptAll'], c: ['colour'], d: ['differences'],
  n: ['note'], Enter: ['submit'], s: ['skip'], u: ['undo'], b: ['back'], '?': ['help'], Escape: ['escape'], Backspace: ['clear'],
};
const REPEATED = new Set(['step', 'token', 'extend', 'undo']);

/** What a key asks for, as [name, argument]; null where it asks for nothing of ours. */
export function asked(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return null;
  if (event.key === 'Enter' && event.target.closest?.('button, a, summary, select')) return null; // presses it
  const action = /^[1-9]$/.test(event.key) ? ['choose', Number(event.key) - 1] : ACTIONS[event.key];
  if (!action || (event.repeat && !REPEATED.has(action[0]))) return null;
  return event.shiftKey && action[0] === 'token' ? ['extend', action[1]] : action;
}

/** Whether somebody writes there, or picks from a list. */
export function typing(node) {
  return Boolean(node.isContentEditable || node.closest?.('textarea, select, input:not([type=checkbox], [type=radio], [type=button])'));
}

/** Turns keys pressed in a node (or nowhere in particular) into actions, except where somebody writes. */
export class Keyboard {
  constructor(node, help, act, escape) {
    this.node = node;
    this.help = help;
    this.act = act;
    this.escape = escape;
    this.keydown = (event) => this.key(event);
    document.addEventListener('keydown', this.keydown);
  }

  close() {
    document.removeEventListener('keydown', this.keydown);
  }

  key(event) {
    const inside = this.node.contains(event.target);
    if (event.defaultPrevented || !this.node.isConnected || this.help.node.open || !(inside || event.target === document.body)) return;
    if (inside && event.key === 'Escape' && typing(event.target)) { this.escape(); return; }
    const action = asked(event);
    if (!action) return;
    event.preventDefault();
    this.act(action);
  }
}

/** The list of keys, over everything else. */
export class KeyHelp {
  constructor(back) {
    this.back = back;
    const rows = SHOWN.flatMap(([keys, text]) => [el('dt', {}, ...keys.map((key) => el('kbd', {}, key))), el('dd', {}, text)]);
    this.node = el('dialog.st-keys', { ariaLabel: 'Keys', onclose: () => this.back() }, el('h3', {}, 'Keys'), el('dl', {}, ...rows),
      el('p', {}, el('button.st-button', { type: 'button', onclick: () => this.node.close() }, 'Close')));
    this.node.addEventListener('keydown', (event) => { if (event.key === '?') { event.preventDefault(); this.node.close(); } event.stopPropagation(); });
  }

  show() {
    if (!this.node.open) this.node.showModal();
  }
}

/** The line that names the most important keys. */
export function keyLine(show) {
  const keys = [['1–9', 'choose'], ['↑ ↓', 'steps'], ['f', 'question'], ['y', 'accept what is suggested'], ['n', 'note'], ['u', 'undo'], ['s', 'skip'], ['Enter', 'submit']];
  return fill(el('p.st-keyline.st-dim', { ariaHidden: 'true' }), ...keys.map(([key, text]) => el('span', {}, el('kbd', {}, key), ` ${text}`)),
    el('button.st-link', { type: 'button', tabIndex: -1, onclick: show }, el('kbd', {}, '?'), ' all keys'));
}
