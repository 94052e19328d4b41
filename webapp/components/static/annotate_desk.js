// The labelling desk: one item after the other, everything kept as it is done, all of it by keyboard.

import { ask, of } from './annotate_api.js';
import { WorkClock } from './annotate_clock.js';
import { Item } from './annotate_item.js';
import { Keyboard, KeyHelp, keyLine } from './annotate_keys.js';
import { answered, Saver, unsaved } from './annotate_saver.js';
import { el, fill } from './dom.js';

const MOVES = new Set(['submit', 'skip', 'undo', 'back']); // wait for the server; keys pressed meanwhile wait for them

/** The desk of an annotator in a queue; `on` has moved(item) and progress(). */
export class Desk {
  constructor(queue, annotator, on) {
    this.queue = queue;
    this.annotator = annotator;
    this.on = on;
    this.before = []; // items that were left, to come back to
    this.waiting = []; // keys pressed while the server was asked
    this.busy = false;
    this.build();
    this.keys = new Keyboard(this.node, this.help, (action) => { this.clock?.touch(); this.act(action); }, () => this.item?.focus());
  }

  build() {
    const button = (name, text, key) => el('button.st-button', { type: 'button', data: { action: name }, onclick: () => { this.act([name]); this.item?.focus(); } }, text, el('kbd', { ariaHidden: 'true' }, key));
    this.bar = el('div.st-progress', { role: 'progressbar', ariaLabel: 'Progress', ariaValueMin: '0', ariaValueMax: '100' }, el('span'));
    this.where = el('p.st-where.st-num', { role: 'status' });
    this.standing = el('p.st-standing.st-dim', { role: 'status' });
    this.spoken = el('p.st-spoken', { role: 'status' });
    this.told = el('p.st-told', { role: 'alert' });
    this.help = new KeyHelp(() => this.item?.focus());
    this.left = el('div.st-left');
    this.right = el('div.st-right');
    this.side = el('aside.st-side', { ariaLabel: 'Labels' }, this.bar, this.where,
      el('p.st-actionrow', {}, button('submit', 'Submit', 'Enter'), button('skip', 'Skip', 's'), button('undo', 'Undo', 'u')), this.told, this.standing, this.right);
    this.node = el('div.st-desk', { tabIndex: -1 }, this.left, this.side, keyLine(() => this.help.show()), this.help.node, this.spoken);
  }

  close() {
    this.closed = true;
    this.keys.close();
  }

  /** Begin with the item named, or with what is to be done first. */
  start(id) {
    return this.during(async () => {
      if (id) await this.open(id);
      else await this.follow(await ask('GET', of('queues', this.queue.id, '/next'), { query: { annotator: this.annotator } }));
    });
  }

  async open(id) {
    const item = await answered(of('items', id), { annotator: this.annotator }, (error) => this.stand(`${error.message} Trying again…`, true));
    if (this.closed) return;
    this.saver = new Saver(item, this.annotator, { standing: (text, waiting) => this.stand(text, waiting), refused: (sentence, stale) => this.refused(sentence, stale) });
    this.show(item);
    const draft = unsaved(item, this.annotator);
    if (draft) { this.item.state = { labels: draft.labels.filter((label) => label.confirmed), steps: draft.steps }; this.item.draw(); this.keep(null); }
    this.on.moved(id);
  }

  show(item) {
    this.clock = new WorkClock(item.annotation.seconds);
    this.item = new Item(item, this.queue.label_schema, { changed: (merged) => this.keep(merged), tell: (text, quiet) => this.tell(text, quiet) });
    const { state, version } = item.annotation;
    this.where.textContent = `Item ${item.position + 1} of ${item.of}${state === 'submitted' ? ' · submitted' : state === 'skipped' ? ' · skipped' : ''}`;
    this.stand(version && state !== 'submitted' ? 'Saved' : '', false);
    fill(this.left, this.item.node);
    fill(this.right, this.item.panel.node);
    this.node.dataset.item = item.id;
    this.tell('');
    this.item.focus();
    this.left.scrollTop = 0;
  }

  /** Show how far the annotator is, and what is next. */
  async follow({ item_id: next, progress }) {
    this.count(progress);
    if (next) { await this.open(next); return; }
    this.item = null;
    delete this.node.dataset.item;
    this.where.textContent = '';
    fill(this.right);
    fill(this.left, el('p.st-empty', { tabIndex: -1, data: { done: '1' } }, progress.total ? 'Everything is labelled. ' : 'There is nothing to label here. ', el('button.st-link', { type: 'button', onclick: () => this.on.finished() }, 'See how far you agree')));
    this.on.moved(null);
  }

  count({ states, total }) {
    const done = states.submitted || 0;
    this.bar.ariaValueNow = String(total ? Math.round((100 * done) / total) : 0);
    this.bar.title = `${done} of ${total} submitted`;
    this.bar.firstChild.style.setProperty('--share', total ? done / total : 0);
    this.on.progress();
  }

  keep(merged) {
    this.stand('Saving…', false);
    this.saver.draft({ ...this.item.body(), seconds: this.clock.seconds }, merged);
  }

  stand(text, waiting) {
    this.standing.textContent = text;
    this.standing.classList.toggle('st-error', waiting);
    this.node.dataset.saved = String(text === 'Saved' || text === '');
  }

  tell(text, quiet = false) {
    this.spoken.textContent = text;
    this.told.textContent = quiet ? '' : text;
  }

  /** Say what was refused; where what is shown is not what is kept, show what is. */
  refused(sentence, stale) {
    if (stale) this.during(() => this.open(this.saver.item)).then(() => this.tell(sentence));
    else this.tell(sentence);
  }

  /** Do what a key asks for; while the server is asked, keys wait, so that nobody has to wait. */
  act(action) {
    if (this.busy) { this.waiting.push(action); return; }
    const [name, argument] = action;
    if (name === 'help') this.help.show();
    else if (MOVES.has(name)) this.during(() => this[name]());
    else if (this.item) { this.tell(''); this.item[name](argument); }
  }

  async during(work) {
    this.busy = true;
    this.node.dataset.busy = '1';
    try {
      await work();
    } catch (error) {
      this.tell(error.message);
    }
    this.busy = false;
    delete this.node.dataset.busy;
    const [...waiting] = this.waiting;
    this.waiting = [];
    for (const action of waiting) this.act(action);
  }

  async submit() {
    if (!this.item) return;
    if (this.item.empty && this.item.fields.some((field) => field.required)) { this.tell('Nothing is labelled yet. Press s to skip this one.'); return; }
    const told = await this.saver.submit({ ...this.item.body(), seconds: this.clock.seconds });
    if (told) await this.leave(told);
  }

  async skip() {
    if (!this.item) return;
    const told = await this.saver.skip();
    if (told) await this.leave(told);
  }

  async leave(told) {
    this.before.push(this.item.item.id);
    await this.follow(told);
  }

  async undo() {
    await this.saver?.tail;
    if (!this.item || !this.saver.base || (this.item.item.annotation.state === 'submitted' && this.saver.base === this.item.item.annotation.version)) { await this.back(); return; }
    const item = await this.saver.undo();
    if (!item) return;
    this.saver.base = item.annotation.version;
    const { clock, item: { cursor, active } } = this;
    this.show(item);
    this.clock = clock; // what was undone took its time, too
    Object.assign(this.item, { cursor, active });
    this.item.draw();
    this.tell('Undone.', true);
  }

  async back() {
    await this.saver?.tail;
    const id = this.before.pop();
    if (id) await this.open(id);
    else this.tell('There is nothing to go back to.');
  }
}
