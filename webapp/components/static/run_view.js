// Runs side by side. Events of all streams are drawn together, once a frame, within a time budget.

import { DecodingPanel } from './decoding_panel.js';
import { el, fill, oncePerFrame } from './dom.js';
import { questionBlock } from './head.js';
import { HoverCard } from './hover_card.js';
import { RunColumn } from './run_column.js';
import { RunStream } from './stream.js';
import { tokenOf } from './token_view.js';
import { Toolbar } from './toolbar.js';

const BUDGET = 24; // milliseconds of drawing a frame; the rest waits for the next one

/** Start the component: called once by js_on_load. */
export function mount({ element, props, trigger, watch }) {
  const view = new RunView(element.querySelector('.st-run-view'), element, trigger);
  const open = () => view.open(props.value || {});
  watch('value', open);
  open();
}

class RunView {
  constructor(root, element, trigger) {
    this.root = root;
    this.element = element;
    this.trigger = trigger;
    this.columns = new Map();
    this.shown = null;
    this.speed = null;
    this.schedule = oncePerFrame(() => this.draw());
    this.card = new HoverCard((generation, index, token) => this.branch(generation, index, token), (generation, index) => this.inspect(generation, index), (generation, index) => this.keep(generation, index));
    this.panel = new DecodingPanel((generation, index) => this.paneFor(generation)?.setCursor(index));
    this.question = el('div');
    this.grid = el('div.st-runs');
    this.spoken = el('p.st-spoken', { role: 'status' });
    this.toolbar = new Toolbar(root);
    fill(root, this.toolbar.node, this.question, this.grid, this.card.node, this.panel.node, this.spoken);
    this.listen();
  }

  /** Show the runs of a value; columns that stay go on as they are, except in a replay. */
  open(value) {
    const key = JSON.stringify(value);
    if (key === this.shown) return;
    this.shown = key;
    const { runs = [], speed = null } = value;
    const kept = speed === null && this.speed === null ? new Set(runs) : new Set();
    this.speed = speed;
    for (const id of [...this.columns.keys()]) if (!kept.has(id)) this.drop(id);
    this.card.close();
    this.panel.close();
    this.sharedQuestion = undefined;
    delete this.element.dataset.done;
    this.root.dataset.runs = runs.length;
    this.columns = new Map(runs.map((id) => [id, this.columns.get(id) || new RunColumn(id, (run) => this.trigger('judge_run', { run }))]));
    fill(this.grid, ...[...this.columns.values()].map((column) => column.node));
    for (const [id, column] of this.columns) column.stream ||= this.follow(id, speed);
    if (value.look) this.look();
    this.schedule();
  }

  /** Bring what was just started into sight: the form above may fill the window. */
  look() {
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.root.scrollIntoView({ block: 'start', behavior: still ? 'auto' : 'smooth' });
  }

  drop(id) {
    this.columns.get(id).stream.close();
    this.columns.delete(id);
  }

  follow(id, speed) {
    const column = this.columns.get(id);
    return new RunStream(id, {
      events: (events) => { column.push(events); this.schedule(); },
      reset: () => { this.card.close(); this.panel.close(); column.reset(); },
      state: (word) => column.setConnection(word),
      end: () => { column.ended = true; this.schedule(); },
    }, { speed });
  }

  draw() {
    const deadline = performance.now() + BUDGET;
    const columns = [...this.columns.values()];
    const drawn = columns.map((column) => column.draw(deadline));
    for (const column of columns) column.follow();
    this.drawQuestion(columns);
    if (drawn.includes(false)) this.schedule();
    for (const column of columns) if (column.ended && column.run.finished && !column.told) this.tell(column);
    if (columns.length && columns.every((column) => column.told)) this.element.dataset.done = '1';
  }

  tell(column) {
    column.told = true;
    this.trigger('run_done', { run: column.id, status: column.run.finished.status });
  }

  drawQuestion(columns) {
    const questions = columns.map((column) => column.run.opened && JSON.stringify([column.run.opened.question, column.run.opened.choices]));
    const key = questions.join('\0');
    if (questions.includes(null) || key === this.sharedQuestion) return;
    this.sharedQuestion = key;
    const shared = new Set(questions).size === 1;
    fill(this.question, shared ? questionBlock(columns[0].run.opened) : null);
    for (const column of columns) column.showQuestion(!shared);
  }

  /* What pointer and keyboard do to tokens. */

  listen() {
    this.grid.addEventListener('pointerover', (event) => this.hover(tokenOf(event)));
    this.grid.addEventListener('pointerleave', () => this.card.hide());
    this.grid.addEventListener('click', (event) => this.click(event));
    this.grid.addEventListener('keydown', (event) => this.key(event));
    this.grid.addEventListener('correct', ({ detail, target }) => this.trigger('correct_text', { run: target.closest('.st-run').dataset.run, ...detail }));
    this.grid.addEventListener('focusout', (event) => { if (event.target.matches('.st-pane')) this.card.hide(); });
    document.addEventListener('scroll', (event) => { if (event.target !== this.card.node) this.card.follow(); }, { capture: true, passive: true });
    document.addEventListener('pointerdown', (event) => {
      if (this.card.pinned && !this.card.node.contains(event.target)) this.card.close();
    });
  }

  paneOf(node) {
    const pane = node.closest('.st-pane');
    const run = pane && this.columns.get(pane.closest('.st-run').dataset.run);
    const generation = run?.run.generations.get(pane.dataset.generation);
    return generation ? run.cardOf(generation).tokens : null;
  }

  hover(span) {
    if (!span) { this.card.hide(); return; }
    const pane = this.paneOf(span);
    if (pane) this.card.show(pane.generation, Number(span.dataset.i), span);
  }

  click(event) {
    const span = tokenOf(event);
    const pane = span && !String(getSelection()) ? this.paneOf(span) : null;
    if (!pane) return;
    pane.setCursor(Number(span.dataset.i));
    this.card.show(pane.generation, Number(span.dataset.i), span);
    this.card.pin(false);
    if (this.panel.open) this.panel.show(pane.generation, Number(span.dataset.i));
  }

  key(event) {
    if (!event.target.matches('.st-pane') || event.ctrlKey || event.metaKey || event.altKey) return;
    const pane = this.paneOf(event.target);
    const index = pane.moved(event.key);
    if (index !== null) this.walk(pane, index);
    else if (event.key === 'Enter' && pane.cursor !== null) this.pin(pane);
    else if (event.key === 'Escape') this.leave(pane);
    else return;
    event.preventDefault();
  }

  walk(pane, index) {
    const span = pane.setCursor(index);
    this.card.close();
    this.card.show(pane.generation, index, span);
    const { text, logprob, entropy } = pane.generation;
    const known = (value, words) => (typeof value[index] === 'number' ? words(value[index]) : '');
    this.spoken.textContent = `${text[index]}${known(logprob, (x) => `, ${(100 * Math.exp(x)).toFixed(1)} percent`)}${known(entropy, (x) => `, entropy ${x.toFixed(2)}`)}`;
  }

  pin(pane) {
    this.card.show(pane.generation, pane.cursor, pane.element(pane.cursor));
    this.card.pin(true);
  }

  leave(pane) {
    this.card.close();
    pane.setCursor(null);
  }

  columnOf(generation) {
    return [...this.columns.values()].find((column) => column.run.generations.get(generation.id) === generation);
  }

  paneFor(generation) {
    return this.columnOf(generation)?.cardOf(generation).tokens;
  }

  /** Open the decoding panel at a token; the keyboard goes along and comes back to the text. */
  inspect(generation, index) {
    this.card.close();
    const pane = this.paneFor(generation);
    pane?.node.focus({ preventScroll: true });
    this.panel.show(generation, index, true);
  }

  /** Let a person go on after a token. */
  keep(generation, index) {
    this.card.close();
    this.columnOf(generation)?.cardOf(generation).correct(index + 1);
  }

  branch(generation, index, token) {
    const run = this.columnOf(generation);
    this.card.close();
    this.trigger('token_branch', { run: run.id, generation: generation.id, index, token });
  }
}
