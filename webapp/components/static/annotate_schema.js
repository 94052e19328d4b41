// The editor of a schema: its questions, their kinds and options. A ready schema becomes one of one's own.

import { ask, of } from './annotate_api.js';
import { el, fill } from './dom.js';

const KINDS = {
  choice: 'one of several', choices: 'any of several', steps: 'one label a step', first_error: 'the first wrong step', spans: 'labelled stretches of the text',
  preference: 'which of two texts', scale: 'a scale, in order', text: 'free text',
};
const WITHOUT = new Set(['first_error', 'preference', 'text']); // kinds whose options are given
const RATED = new Set(['choice', 'steps', 'scale']);

/** The editor; `on` has saved(schema) and close(). */
export class SchemaEditor {
  constructor(schema, on) {
    this.own = schema.person_id ? schema : null;
    this.on = on;
    this.name = el('input', { type: 'text', value: this.own ? schema.name : `${schema.name}, mine`, maxLength: 100 });
    this.guideline = el('textarea', { rows: 2, value: schema.guideline, maxLength: 20000 });
    this.questions = schema.fields.map((field) => new Question(field, this));
    this.list = el('ol.st-schemafields');
    this.error = el('p.st-error', { role: 'alert' });
    this.node = el('form.st-form.st-schema', { ariaLabel: 'Schema', onsubmit: (event) => this.save(event) },
      el('div.st-field', {}, el('label', {}, 'Name of the schema', this.name)), el('div.st-field', {}, el('label', {}, 'Guideline, shown to annotators', this.guideline)), this.list,
      el('p', {}, el('button.st-link', { type: 'button', onclick: () => this.add() }, 'Add a question')), this.error,
      el('p.st-actionrow', {}, el('button.st-button', { type: 'submit' }, this.own ? 'Save the schema' : 'Save as my schema'), this.own ? el('button.st-link', { type: 'button', onclick: () => this.remove() }, 'Delete it') : null,
        el('button.st-link', { type: 'button', onclick: () => this.on.close() }, 'Cancel')));
    this.draw();
  }

  draw() {
    fill(this.list, ...this.questions.map((question) => question.node));
  }

  add() {
    this.questions.push(new Question({ name: '', title: '', kind: 'choice', options: [], required: false, help: '' }, this));
    this.draw();
    this.questions.at(-1).title.focus();
  }

  /** Move a question by so many places, or take it out. */
  move(question, by) {
    const at = this.questions.indexOf(question);
    const rest = this.questions.filter((each) => each !== question);
    this.questions = by === null ? rest : rest.toSpliced(Math.max(0, at + by), 0, question);
    this.draw();
  }

  async save(event) {
    event.preventDefault();
    const taken = new Set();
    const body = { name: this.name.value.trim(), guideline: this.guideline.value, fields: this.questions.map((question) => question.value(taken)) };
    await this.send(() => (this.own ? ask('PUT', of('schemas', this.own.id), { body }) : ask('POST', '/schemas', { body })), (made) => this.on.saved(made));
  }

  remove() {
    return this.send(() => ask('DELETE', of('schemas', this.own.id)), () => this.on.saved({ id: 'steps' }));
  }

  async send(request, done) {
    try {
      done(await request());
    } catch (error) {
      this.error.textContent = error.message;
    }
  }
}

/** One question: title, kind, and a line an option: "Title", or "Title = rating". */
class Question {
  constructor(field, editor) {
    this.field = field;
    const button = (text, label, by) => el('button.st-icon', { type: 'button', ariaLabel: label, onclick: () => editor.move(this, by) }, text);
    this.title = el('input', { type: 'text', value: field.title, maxLength: 100, placeholder: 'What is asked' });
    this.kind = el('select', { ariaLabel: 'Kind', onchange: () => this.fit() }, ...Object.entries(KINDS).map(([value, text]) => el('option', { value, selected: value === field.kind }, text)));
    this.options = el('textarea', { rows: 4, value: field.options.map(line).join('\n'), placeholder: 'Good = 1\nBad = -1' });
    this.required = el('input', { type: 'checkbox', checked: field.required });
    this.optionBox = el('div.st-field', {}, el('label', {}, 'Answers, one a line (= rating)', this.options));
    this.node = el('li.st-schemafield', {}, el('div.st-fields', {}, el('div.st-field', {}, el('label', {}, 'Question', this.title)), el('div.st-field', {}, el('label', {}, 'Kind', this.kind)),
      el('label.st-field.st-inline', {}, this.required, el('span', {}, 'has to be answered'))), this.optionBox,
    el('p.st-itemactions', {}, button('↑', 'Move up', -1), button('↓', 'Move down', 1), button('×', 'Remove the question', null)));
    this.fit();
  }

  fit() {
    this.optionBox.hidden = WITHOUT.has(this.kind.value);
  }

  /** What the server is told; names and values that stood before stay, as labels refer to them. */
  value(taken) {
    const kind = this.kind.value;
    const title = this.title.value.trim();
    const before = new Map(this.field.options.map((option) => [option.title, option]));
    const names = new Set();
    const options = WITHOUT.has(kind) ? [] : this.options.value.split('\n').map((text) => text.trim()).filter(Boolean).map((text) => option(text, before, names, RATED.has(kind)));
    return { name: unique(this.field.name || slug(title), taken), title, kind, options, required: this.required.checked, help: this.field.help };
  }
}

function line({ title, rating }) {
  return rating === null || rating === undefined ? title : `${title} = ${rating}`;
}

function option(text, before, names, rated) {
  const [, title, rating] = text.match(/^(.*?)(?:\s*=\s*(-?\d+))?$/);
  return { value: unique(before.get(title)?.value || slug(title), names), title, rating: rating === undefined || !rated ? null : Number(rating) };
}

function slug(text) {
  const name = text.toLowerCase().normalize('NFKD').replaceAll(/[^a-z0-9]+/g, '_').replaceAll(/^_+|_+$/g, '').slice(0, 36);
  return /^[a-z]/.test(name) ? name : `q_${name}`.replace(/_$/, '');
}

function unique(name, taken) {
  let own = name;
  for (let i = 2; taken.has(own); i += 1) own = `${name}_${i}`;
  taken.add(own);
  return own;
}
