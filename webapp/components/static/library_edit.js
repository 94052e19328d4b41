// The editor of a name, tags and notes; only what was changed is sent.

import { el } from './dom.js';

/** An editor of a run or a session; `save(event, change)` is called once a changed field. */
export class EditPanel {
  constructor(item, save, close) {
    this.item = item;
    this.save = save;
    this.close = close;
    this.name = el('input', { type: 'text', value: item.name, maxLength: 200 });
    this.tags = el('input', { type: 'text', value: item.tags.join(', '), maxLength: 500 });
    this.notes = el('textarea', { value: item.notes, rows: 3, maxLength: 20000 });
    this.node = el('form.st-edit', { onsubmit: (event) => this.submit(event), onkeydown: (event) => this.key(event) },
      el('label', {}, 'Name', this.name), el('label', {}, 'Tags, separated by commas', this.tags), el('label', {}, 'Notes', this.notes),
      el('p', {}, el('button.st-button', { type: 'submit' }, 'Save'), el('button.st-link', { type: 'button', onclick: close }, 'Cancel')));
  }

  submit(event) {
    event.preventDefault();
    const name = this.name.value.trim();
    const tags = [...new Set(this.tags.value.split(',').map((tag) => tag.trim()).filter(Boolean))];
    const notes = this.notes.value;
    if (name !== this.item.name) this.save('rename', { name });
    if (tags.join('\n') !== this.item.tags.join('\n')) this.save('set_tags', { tags });
    if (notes !== this.item.notes) this.save('set_notes', { notes });
    this.close();
  }

  key(event) {
    if (event.key === 'Escape') this.close();
    else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.node.requestSubmit();
    else return;
    event.stopPropagation();
  }
}
