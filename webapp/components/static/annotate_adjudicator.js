// One disputed item: what each annotator said, and the owner's decision beside it.

import { ask, of } from './annotate_api.js';
import { sideBySide } from './annotate_disputes.js';
import { Item } from './annotate_item.js';
import { Keyboard, KeyHelp } from './annotate_keys.js';
import { el, fill } from './dom.js';
import { when } from './library_time.js';

const OURS = new Set(['undo', 'skip', 'back']); // keys of the desk that mean nothing here

/** The decision about an item; `done()` is called after it is kept, or called off. */
export class Adjudicator {
  constructor(queue, found, done) {
    this.queue = queue;
    this.found = found;
    this.done = done;
    this.told = el('p.st-told', { role: 'alert' });
    this.note = el('textarea', { rows: 2, maxLength: 20000 });
    this.help = new KeyHelp(() => this.item.focus());
    const [last] = found.adjudications.toSorted((a, b) => b.created_at.localeCompare(a.created_at));
    this.item = this.made(last || found.said[0]);
    this.left = el('div.st-left', {}, this.item.node);
    this.right = el('div.st-right', {}, this.item.panel.node);
    this.node = el('div.st-adjudicator', { tabIndex: -1 }, sideBySide(queue.label_schema, found.fields, found.said),
      el('p.st-actionrow', {}, 'Begin with what was said by', ...found.said.map((each) => el('button.st-button', { type: 'button', onclick: () => this.take(each) }, each.annotator))),
      ...found.adjudications.map((each) => el('p.st-dim.st-contained', {}, `Decided ${when(each.created_at)}${each.note ? `: ${each.note}` : ''}`)),
      el('div.st-desk', {}, this.left, el('aside.st-side', { ariaLabel: 'Decision' }, this.right, el('label.st-decisionnote', {}, 'Why', this.note),
        el('p.st-actionrow', {}, el('button.st-button', { type: 'button', data: { action: 'decide' }, onclick: () => this.save() }, 'Keep this decision', el('kbd', { ariaHidden: 'true' }, 'Enter')), el('button.st-link', { type: 'button', onclick: done }, 'Cancel')), this.told)), this.help.node);
    this.keys = new Keyboard(this.node, this.help, ([name, argument]) => this.act(name, argument), () => this.item.focus());
  }

  close() {
    this.keys.close();
  }

  begin() {
    this.node.scrollIntoView({ block: 'start' });
    this.item.focus();
  }

  made({ labels, steps }) {
    const annotation = { ...this.found.item.annotation, labels, steps };
    const item = new Item({ ...this.found.item, annotation }, this.queue.label_schema, { changed: () => {}, tell: (text, quiet) => { this.told.textContent = quiet ? '' : text; } });
    item.active = Math.max(0, item.fields.findIndex((field) => this.found.fields.includes(field.name)));
    item.draw();
    return item;
  }

  take(said) {
    this.item = this.made(said);
    fill(this.left, this.item.node);
    fill(this.right, this.item.panel.node);
    this.item.focus();
  }

  act(name, argument) {
    if (name === 'help') this.help.show();
    else if (name === 'submit') this.save();
    else if (!OURS.has(name)) this.item[name](argument);
  }

  async save() {
    const { labels, steps } = this.item.state;
    try {
      await ask('POST', of('items', this.found.item.id, '/adjudication'), { body: { labels, steps, note: this.note.value } });
      this.done();
    } catch (error) {
      this.told.textContent = error.message;
    }
  }
}
