// The head of a run: method, how faithful it is to its paper, model, seed, settings, status.

import { el, factLine, fill } from './dom.js';

const STATUS = {
  queued: ['◌', 'queued'], running: ['●', 'running'], finished: ['✓', 'finished'],
  cancelled: ['■', 'stopped'], failed: ['✗', 'failed'], interrupted: ['⚠', 'interrupted'],
};
const SHORT = {
  samples: 'n', temperature: 'T', top_p: 'top-p', top_k: 'top-k', min_p: 'min-p', top_h: 'top-H', top_h_variant: 'top-H as in', max_tokens: 'max tokens',
};
const NEUTRAL = { top_p: 1, top_k: 0, min_p: 0, top_h: 0, top_h_variant: 'paper', eta: 0 }; // values that change nothing are left out of the line

/** The status of a run as its events say. */
export function statusOf(run) {
  return run.finished?.status || run.progress?.status || 'queued';
}

/** A badge with icon and word for a run's status. */
export function statusBadge(status) {
  const [icon, word] = STATUS[status] || ['?', status];
  return el(`span.st-status.${status}`, {}, el('span', { ariaHidden: 'true' }, icon), ` ${word}`);
}

/** A run's settings on one line, without those that change nothing. */
export function settingsText(params) {
  return factLine(Object.entries(params)
    .filter(([name, value]) => NEUTRAL[name] !== value && value !== null && value !== '')
    .map(([name, value]) => `${SHORT[name] || name.replaceAll('_', ' ')} ${shown(value)}`));
}

function shown(value) {
  if (value === true) return 'yes';
  if (value === false) return 'no';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The model's name without its owner. */
export function modelName(id) {
  return id.split('/').at(-1);
}

/** The head of one column; `judge` is called when its samples are to be judged by another method. */
export class Head {
  constructor(judge) {
    this.judge = judge;
    this.node = el('header.st-head');
  }

  update(run) {
    const { opened } = run;
    if (!opened) { fill(this.node, el('h3', {}, 'Opening…')); return; }
    const settings = settingsText(opened.params);
    fill(this.node,
      opened.name ? el('p.st-named.st-contained', {}, opened.name) : null,
      el('div.st-title', {}, el('h3.st-contained', {}, opened.title), statusBadge(statusOf(run)), ...badges(run)),
      el('p.st-dim.st-contained', {}, el('span.st-model', { title: `${opened.model} (${opened.model_detail})` }, modelName(opened.model)),
        `\u00a0· seed\u00a0${opened.seed}`, settings ? `\u00a0· ${settings}` : ''),
      opened.notes ? el('p.st-notes.st-contained', {}, opened.notes) : null,
      origin(opened), this.actions(run));
  }

  actions(run) {
    const id = encodeURIComponent(run.id);
    const judge = run.finished && [...run.generations.values()].some((g) => g.finished && g.role === 'draft');
    return el('p.st-actions', {},
      judge ? el('button.st-link', { type: 'button', onclick: this.judge }, 'Use these samples as input') : null,
      el('a.st-link', { href: `?run=${id}` }, 'Link to this run'));
  }
}

/** How faithful the method is to its paper, and whether it looked at the reference. */
export function badges(run) {
  const { opened } = run;
  const list = [];
  if (opened.faithful) {
    const word = opened.faithful === 'full' ? 'as in the paper' : opened.faithful;
    list.push(el(`span.st-badge${opened.faithful === 'full' ? '' : '.st-caution'}`, { title: opened.faithful_note }, word));
  }
  if (run.finished?.oracle || opened.oracle) {
    list.push(el('span.st-badge.st-oracle', { title: 'This run looked at the reference answer; it is no measure of what the model can do alone.' }, '⚑ oracle'));
  }
  return list;
}

function origin(opened) {
  const link = (run, text) => el('a.st-link', { href: `?run=${encodeURIComponent(run)}` }, text);
  const { branch_of: branch, input_run: input } = opened;
  if (opened.method === 'by_hand') return el('p.st-dim', {}, 'A person corrected a text of ', input ? link(input, 'an earlier run') : 'an earlier run');
  if (branch) return el('p.st-dim', {}, `Branched by a person at token ${branch.token_index + 1}`, input ? ' of ' : '', input ? link(input, 'an earlier run') : null);
  return input ? el('p.st-dim', {}, 'Works on the samples of ', link(input, 'an earlier run')) : null;
}

/** The question that a run answers, with its choices and reference. */
export function questionBlock(opened) {
  const letters = opened.choices.map((choice, i) => el('li.st-contained', {}, `(${String.fromCharCode(65 + i)}) ${choice}`));
  return el('section.st-question', { ariaLabel: 'Question' },
    el('p.st-contained', {}, opened.question), letters.length ? el('ul', {}, ...letters) : null,
    opened.reference === null ? null : el('p.st-dim.st-contained', {}, 'Reference answer (never shown to the model): ', el('b.st-contained', {}, opened.reference)));
}
