// Two to four runs aligned round by round: every row is one draft or revision of one sample, every column a run.

import { el, fill, number, oncePerFrame, plural, verdictBadge } from './dom.js';
import { diffView } from './diff_view.js';
import { modelName, questionBlock, settingsText, statusBadge, statusOf } from './head.js';
import { answering, apply, branches, newRun } from './model.js';
import { costText } from './progress.js';
import { shortScore } from './scores.js';
import { RunStream } from './stream.js';
import { transitionBadge } from './transition.js';
import { wordDiff } from './word_diff.js';

/** Start the component: called once by js_on_load. */
export function mount({ element, props, trigger, watch }) {
  const view = new CompareView(element, trigger);
  const open = () => view.open(props.value?.runs || []);
  watch('value', open);
  open();
}

class CompareView {
  constructor(element, trigger) {
    this.element = element;
    this.root = element.querySelector('.st-compare-view');
    this.trigger = trigger;
    this.entries = [];
    this.changes = true;
    this.schedule = oncePerFrame(() => this.draw());
  }

  open(runs) {
    const key = runs.join();
    if (key === this.shown) return;
    this.shown = key;
    for (const entry of this.entries) entry.stream.close();
    delete this.element.dataset.done;
    this.baseline = runs[0];
    this.entries = runs.map((id) => this.follow(id));
    this.schedule();
  }

  follow(id) {
    const entry = { id, run: newRun(id), ended: false, state: '' };
    entry.stream = new RunStream(id, {
      events: (events) => { for (const event of events) apply(entry.run, event); this.schedule(); },
      reset: () => { entry.run = newRun(id); },
      state: (word) => { entry.state = word; this.schedule(); },
      end: () => { entry.ended = true; this.schedule(); },
    });
    return entry;
  }

  draw() {
    const opened = this.entries.filter((entry) => entry.run.opened);
    const missing = this.entries.filter((entry) => entry.state === 'missing');
    fill(this.root, ...missing.map((entry) => el('p.st-error', {}, `There is no run ${entry.id}.`)),
      opened.length ? questionBlock(opened[0].run.opened) : null,
      opened.length ? this.table(opened) : null);
    if (this.entries.length && this.entries.every((entry) => entry.ended)) this.element.dataset.done = '1';
  }

  table(entries) {
    const base = entries.find((entry) => entry.id === this.baseline) || entries[0];
    const toggle = el('button.st-toggle', { type: 'button', ariaPressed: String(this.changes), onclick: () => { this.changes = !this.changes; this.draw(); } }, 'Changes against the baseline');
    return el('div.st-scroll', { tabIndex: 0, role: 'group', ariaLabel: 'Runs side by side' },
      el('table', {}, el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, toggle), ...entries.map((entry) => this.columnHead(entry, base)))),
        el('tbody', {}, conclusionRow(entries), costRow(entries), ...this.rows(entries, base))));
  }

  columnHead(entry, base) {
    const { opened } = entry.run;
    const use = entry === base ? el('span.st-badge', {}, '◆ baseline')
      : el('button.st-link', { type: 'button', onclick: () => this.makeBaseline(entry.id) }, 'make baseline');
    return el('th', { scope: 'col' }, el('div.st-title', {}, el('h3', {}, opened.title), statusBadge(statusOf(entry.run))),
      el('p.st-dim', {}, `${modelName(opened.model)} · seed ${opened.seed} · ${settingsText(opened.params)}`),
      el('p.st-actions', {}, use, el('a.st-link', { href: `/?run=${encodeURIComponent(entry.id)}` }, 'open in Explore')));
  }

  makeBaseline(id) {
    this.baseline = id;
    this.draw();
    this.trigger('baseline_change', { run: id });
  }

  rows(entries, base) {
    return alignment(entries.map((entry) => entry.run)).map(({ name, key }) => {
      const reference = counterpart(base.run, key);
      const against = (entry) => (this.changes && entry !== base ? reference?.finished?.text ?? null : null);
      return el('tr', {}, el('th', { scope: 'row' }, name), ...entries.map((entry) => el('td', {}, cell(entry.run, cellOf(entry.run, key), against(entry)))));
    });
  }
}

/** The rows: every (branch, round, role) that any run has, in the order of branch, round and time. */
function alignment(runs) {
  const keys = new Map();
  for (const run of runs) {
    for (const { branch, round, role, ordinal } of run.generations.values()) {
      const key = `${branch} ${round} ${role}`;
      if (!keys.has(key)) keys.set(key, { key, branch, round, ordinal, name: `Sample ${branch + 1}${round ? ` · round ${round}` : ''} · ${role.replace('_', ' ')}` });
    }
  }
  return [...keys.values()].sort((a, b) => a.branch - b.branch || a.round - b.round || a.ordinal - b.ordinal);
}

/** What a row is compared with: the same place in the baseline, or what the baseline's sample says in the end. */
function counterpart(run, key) {
  const [branch, , role] = key.split(' ');
  const lane = branches(run).find(([each]) => String(each) === branch);
  return cellOf(run, key) || (role === 'revision' && lane ? answering(lane[1]) : null);
}

function cellOf(run, key) {
  return [...run.generations.values()].find(({ branch, round, role }) => key === `${branch} ${round} ${role}`) || null;
}

function cell(run, generation, against) {
  if (!generation) return el('span.st-dim', {}, '–');
  const { finished } = generation;
  const text = finished ? finished.text : generation.text.join('');
  const body = against === null ? el('div.st-diff', { tabIndex: 0 }, text) : diffView(wordDiff(against, text), 'Changes against the baseline');
  const scores = run.scores.filter((score) => score.generation === generation.id && score.name.startsWith('p_true'));
  return el('div.st-cell', {}, el('p.st-judged', {}, finished?.answer ? el('b.st-contained', {}, finished.answer) : null, verdictBadge(finished?.verdict),
    against !== null && against === text ? el('span.st-badge', {}, '= same text') : null), body,
  el('p.st-dim.st-facts', {}, ...facts(finished).map((fact) => el('span', {}, fact))), ...scores.map(shortScore));
}

function facts(finished) {
  if (!finished) return ['still being written'];
  const { mean_entropy: entropy } = finished.summary || {};
  return [typeof entropy === 'number' ? `mean entropy ${number(entropy)}` : '', finished.generated_tokens ? plural(finished.generated_tokens, 'token') : '',
    finished.seconds ? `${number(finished.seconds, 1)} s` : ''].filter(Boolean);
}

function conclusionRow(entries) {
  const conclude = ({ run }) => {
    const outcome = run.finished?.outcome;
    if (!outcome) return el('span.st-dim', {}, '–');
    const first = { answer: outcome.first_answer, verdict: outcome.first_verdict };
    return el('p.st-judged', {}, el('b.st-contained.st-answer', {}, outcome.answer ?? '—'), verdictBadge(outcome.verdict), transitionBadge(first, outcome));
  };
  return el('tr.st-final', {}, el('th', { scope: 'row' }, 'Answer'), ...entries.map((entry) => el('td', {}, conclude(entry))));
}

function costRow(entries) {
  return el('tr', {}, el('th', { scope: 'row' }, 'Cost'), ...entries.map((entry) => el('td.st-dim', {}, costText(entry.run))));
}
