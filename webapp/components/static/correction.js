// A correction by hand: a person's own revision or critique of a text, after what is kept of the model's.

import { el, plural } from './dom.js';

const ANSWERS = ['draft', 'revision', 'aggregate'];
const CRITIQUES = ['critique', 'verification', 'evaluation'];

/** Whether a person can correct a text of this role. */
export function correctable(role) {
  return ANSWERS.includes(role) || CRITIQUES.includes(role);
}

/** A form under a text; `start({role, text, kept, go_on})` and `close()` are called by its buttons. */
export class CorrectionForm {
  constructor(generation, kept, start, close) {
    Object.assign(this, { generation, kept, start });
    const words = generation.text.slice(0, kept).join('');
    this.role = el('select', { ariaLabel: 'What you write', onchange: () => this.name() }, ...this.roles().map(([role, name]) => el('option', { value: role }, name)));
    this.text = el('textarea', { rows: 4, ariaLabel: 'Your text', placeholder: 'Your text', oninput: () => this.check() });
    this.goOn = el('input', { type: 'checkbox' });
    this.hint = el('span');
    this.button = el('button.st-button', { type: 'submit', disabled: true }, 'Save as a run');
    this.node = el('form.st-correction', { ariaLabel: 'Correction by hand', onsubmit: (event) => this.submit(event), onkeydown: (event) => { if (event.key === 'Escape') close(); } },
      el('p', {}, this.role, kept ? el('span.st-dim', {}, ` after the first ${plural(kept, 'token')}`) : null),
      kept ? el('blockquote.st-contained', {}, words) : null,
      this.text,
      el('label.st-check', {}, this.goOn, this.hint),
      el('p.st-itemactions', {}, this.button, el('button.st-link', { type: 'button', onclick: close }, 'Cancel')));
    this.name();
  }

  /** What can be written: in the place of the text, or after it; after kept tokens only in its place. */
  roles() {
    if (!ANSWERS.includes(this.generation.role)) return [['critique', 'Another critique'], ...(this.kept ? [] : [['revision', 'A revision that follows']])];
    return [['revision', 'A revision'], ...(this.kept ? [] : [['critique', 'A critique']])];
  }

  name() {
    this.hint.textContent = this.role.value === 'critique' ? 'Let the model revise its answer by it' : 'Let the model go on from its end';
    this.button.ariaLabel = `Save the ${this.role.value} as a run`;
  }

  check() {
    this.button.disabled = !this.text.value.trim();
  }

  submit(event) {
    event.preventDefault();
    this.start({ role: this.role.value, text: this.text.value, kept: this.kept, go_on: this.goOn.checked });
  }
}
