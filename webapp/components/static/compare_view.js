// Two to four runs aligned round by round: every row is one draft or revision of one sample, every column a run.

import { alignment, cell, counterpart, places } from './compare_rows.js';
import { el, fill, keepingFocus, oncePerFrame, verdictBadge } from './dom.js';
import { StripShelf } from './entropy_strips.js';
import { badges, modelName, questionBlock, settingsText, statusBadge, statusOf } from './head.js';
import { apply, newRun } from './model.js';
import { costText } from './progress.js';
import { RunStream } from './stream.js';
import { transitionBadge } from './transition.js';

const STRIPS = 'strips'; // in the address, where entropies are shown under each other

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
    this.strips = new URLSearchParams(location.search).has(STRIPS);
    this.shelf = new StripShelf();
    this.schedule = oncePerFrame(() => this.draw());
  }

  open(runs) {
    const key = runs.join();
    if (key === this.shown) return;
    this.shown = key;
    for (const entry of this.entries) entry.stream.close();
    fill(this.root);
    delete this.element.dataset.done;
    this.baseline = runs[0];
    this.entries = runs.map((id) => this.follow(id));
    this.schedule();
  }

  follow(id) {
    const entry = { id, run: newRun(id), ended: false, state: '' };
    entry.stream = new RunStream(id, {
      events: (events) => this.take(entry, events),
      reset: () => { entry.run = newRun(id); },
      state: (word) => { entry.state = word; this.schedule(); },
      end: () => { entry.ended = true; this.schedule(); },
    });
    return entry;
  }

  /** Tokens alone are no reason to draw: a text is compared when it is complete. */
  take(entry, events) {
    for (const event of events) apply(entry.run, event);
    if (events.some(({ type }) => type !== 'tokens' && type !== 'run_progress')) this.schedule();
  }

  draw() {
    const left = this.root.querySelector('.st-scroll')?.scrollLeft || 0;
    keepingFocus(this.root, () => this.redraw());
    const table = this.root.querySelector('.st-scroll');
    if (table) table.scrollLeft = left;
    if (this.entries.length && this.entries.every((entry) => entry.ended || entry.state === 'missing')) this.element.dataset.done = '1';
  }

  redraw() {
    const opened = this.entries.filter((entry) => entry.run.opened);
    const missing = this.entries.filter((entry) => entry.state === 'missing');
    fill(this.root, ...missing.map((entry) => el('p.st-error', { role: 'alert' }, `There is no run ${entry.id}.`)),
      opened.length ? questionBlock(opened[0].run.opened) : null,
      opened.length ? this.table(opened) : null);
  }

  table(entries) {
    const base = entries.find((entry) => entry.id === this.baseline) || entries[0];
    const toggle = el('button.st-toggle', { type: 'button', ariaPressed: String(this.changes), data: { focus: 'changes' }, onclick: () => { this.changes = !this.changes; this.draw(); } }, 'Changes against the baseline');
    return el('div.st-scroll', { tabIndex: 0, role: 'group', ariaLabel: 'Runs side by side', data: { focus: 'table' } },
      el('table', {}, el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, el('div.st-toggles', {}, toggle, this.stripToggle())), ...entries.map((entry) => this.columnHead(entry, base)))),
        el('tbody', {}, conclusionRow(entries), costRow(entries), ...this.rows(entries, base))));
  }

  stripToggle() {
    const toggled = () => {
      this.strips = !this.strips;
      const url = new URL(location.href);
      if (this.strips) url.searchParams.set(STRIPS, '1');
      else url.searchParams.delete(STRIPS);
      history.replaceState(null, '', url.href.replaceAll('%2C', ','));
      this.draw();
    };
    return el('button.st-toggle', { type: 'button', ariaPressed: String(this.strips), title: 'Entropies of both texts, word under word', data: { focus: 'strips' }, onclick: toggled }, 'Entropies under each other');
  }

  columnHead(entry, base) {
    const { opened } = entry.run;
    // The badge takes the focus over from the button that it replaces.
    const use = entry === base ? el('span.st-badge.st-baseline', { tabIndex: -1, data: { focus: `base ${entry.id}` } }, '◆ baseline')
      : el('button.st-link', { type: 'button', data: { focus: `base ${entry.id}` }, onclick: () => this.makeBaseline(entry.id) }, 'make baseline');
    return el('th', { scope: 'col' }, el('div.st-title', {}, el('h3.st-contained', {}, opened.title), statusBadge(statusOf(entry.run)), ...badges(entry.run)),
      el('p.st-dim.st-contained', {}, [`${modelName(opened.model)}\u00a0· seed\u00a0${opened.seed}`, settingsText(opened.params)].filter(Boolean).join('\u00a0· ')),
      el('p.st-actions', {}, use, el('a.st-link', { data: { focus: `open ${entry.id}` }, href: `/?run=${encodeURIComponent(entry.id)}` }, 'open in Explore')));
  }

  makeBaseline(id) {
    this.baseline = id;
    this.draw();
    this.trigger('baseline_change', { run: id });
  }

  rows(entries, base) {
    const found = new Map(entries.map(({ run }) => [run, places(run)]));
    return alignment(entries.map((entry) => entry.run)).flatMap(({ name, place }) => {
      const before = counterpart(base.run, place);
      const reference = this.changes ? before?.finished?.text ?? null : null;
      const row = el('tr', {}, el('th', { scope: 'row' }, name), ...entries.map((entry) =>
        el('td', {}, cell(entry.run, found.get(entry.run).get(place), entry === base ? null : reference))));
      return this.strips ? [row, this.stripRow(entries, base, before, (entry) => found.get(entry.run).get(place))] : [row];
    });
  }

  /** The entropies of the baseline's text over those of every other one in the row. */
  stripRow(entries, base, before, own) {
    const others = entries.filter((entry) => entry !== base && before?.finished && own(entry)?.finished && own(entry) !== before);
    const called = (entry) => `column ${entries.indexOf(entry) + 1} (${entry.run.opened.title})`;
    const strips = others.map((entry) => this.shelf.strip(before.id, own(entry).id, called(base), called(entry)));
    return el('tr.st-striprow', {}, el('th', { scope: 'row' }, 'entropies'), el('td', { colSpan: entries.length }, ...(strips.length ? strips : [el('span.st-dim', {}, 'nothing to lay under each other')])));
  }
}

function conclusionRow(entries) {
  const conclude = ({ run }) => {
    const outcome = run.finished?.outcome;
    if (!outcome) return el('span.st-dim', {}, 'not finished');
    if (run.finished.error) return el('p.st-error.st-contained', {}, run.finished.error);
    const first = { answer: outcome.first_answer, verdict: outcome.first_verdict };
    return el('p.st-judged', {}, el('b.st-contained.st-answer', {}, outcome.answer ?? '—'), verdictBadge(outcome.verdict), transitionBadge(first, outcome));
  };
  return el('tr.st-final', {}, el('th', { scope: 'row' }, 'Answer'), ...entries.map((entry) => el('td', {}, conclude(entry))));
}

function costRow(entries) {
  return el('tr', {}, el('th', { scope: 'row' }, 'Cost'), ...entries.map((entry) => el('td.st-dim', {}, costText(entry.run))));
}
