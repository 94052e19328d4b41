// A method picker and the inputs of the picked method's parameters; the form's state is the component's value.

import { el, fill, keepingFocus } from './dom.js';
import { MODEL_CHANGED, methods } from './methods.js';
import { resolved, SchemaField } from './schema_field.js';

const COMMON = 3; // parameters of the method itself stand first; of the sampling ones this many stay in view
const SAMPLING = ['samples', 'temperature', 'max_tokens', 'top_p', 'top_k', 'min_p', 'top_h', 'top_h_variant', 'eta'];

/** Start the component: called once by js_on_load. */
export function mount({ element, props, trigger, watch }) {
  const form = new MethodForm(element, props, trigger);
  watch('value', () => form.take());
  document.addEventListener(MODEL_CHANGED, () => form.start());
  form.start();
}

/** A picker with the settings of what is picked, in an element with `.st-method-form`; `props.value` is its state. */
export class MethodForm {
  constructor(element, props, trigger) {
    this.element = element;
    this.root = element.querySelector('.st-method-form');
    this.props = props;
    this.trigger = trigger;
    this.more = false; // whether the rarer settings are unfolded
  }

  async start() {
    try {
      this.methods = await methods();
      if (!this.methods.length) throw new Error('there are none.');
    } catch (error) {
      fill(this.root, el('p.st-error', { role: 'alert' }, `The methods cannot be listed: ${error.message} `,
        el('button.st-link', { type: 'button', onclick: () => this.start() }, 'Try again')));
      return;
    }
    this.take();
  }

  /** Draw the form from the component's value. */
  take() {
    if (!this.methods) return;
    const { method, values } = this.props.value || {};
    const spec = this.methods.find((each) => each.name === method) || this.methods.find(available) || this.methods[0];
    keepingFocus(this.root, () => this.draw(spec, { ...defaults(spec), ...pick(values, spec) }));
  }

  draw(spec, values) {
    this.spec = spec;
    this.values = values;
    this.picker = this.makePicker(spec);
    fill(this.root, el('div.st-field', {}, el('label', { htmlFor: this.picker.id }, 'Method'), this.picker),
      card(spec), available(spec) ? null : el('p.st-error', {}, `This method ${spec.unavailable}.`), ...this.fields());
    this.element.dataset.method = spec.name;
    this.write();
  }

  makePicker(spec) {
    const options = this.methods.map((each) => el('option', { value: each.name, selected: each === spec, disabled: !available(each) },
      available(each) ? each.title : `${each.title} (${each.unavailable})`));
    const id = this.picker?.id || `st-method-${Math.random().toString(36).slice(2)}`;
    return el('select.st-picker', { id, data: { focus: 'method' }, onchange: (event) => this.choose(event.target.value) }, ...options);
  }

  choose(name) {
    const spec = this.methods.find((each) => each.name === name);
    this.draw(spec, { ...defaults(spec), ...pick(this.values, spec, SAMPLING) }); // settings that both have are kept
    this.picker.focus();
    this.trigger('method_change', { method: name });
  }

  fields() {
    const { properties, definitions } = parts(this.spec);
    const field = (name) => new SchemaField(name, resolved(properties[name], definitions), this.values[name],
      (value) => { this.values[name] = value; this.write(); }).node;
    const names = Object.keys(properties);
    const own = names.filter((name) => !SAMPLING.includes(name));
    const sampling = SAMPLING.filter((name) => names.includes(name));
    const more = sampling.slice(COMMON);
    return [
      el('div.st-fields', {}, ...own.map(field), ...sampling.slice(0, COMMON).map(field)),
      more.length ? el('details', { open: this.more, ontoggle: (event) => { this.more = event.target.open; } }, el('summary', { data: { focus: 'more' } }, 'More sampling settings'), el('div.st-fields', {}, ...more.map(field))) : null,
    ];
  }

  /** Make the state visible to Python. */
  write() {
    this.props.value = { method: this.spec.name, values: { ...this.values } };
  }
}

function available(spec) {
  return !spec.unavailable;
}

function parts(spec) {
  return { properties: spec.parameters.properties, definitions: spec.parameters.$defs || {} };
}

function defaults(spec) {
  return Object.fromEntries(Object.entries(parts(spec).properties).map(([name, schema]) => [name, schema.default ?? null]));
}

function pick(values, spec, only = null) {
  const { properties } = parts(spec);
  return Object.fromEntries(Object.entries(values || {}).filter(([name]) => name in properties && (!only || only.includes(name))));
}

function card(spec) {
  const full = spec.faithful === 'full';
  const [summary] = (spec.description || '').split('\n\n');
  return el('p.st-method-card.st-contained', {}, el('span', {}, `${summary} `), el(`span.st-badge${full ? '' : '.st-caution'}`, { title: spec.faithful_note || '' },
    full ? 'as in the paper' : spec.faithful), spec.paper ? el('span.st-dim', {}, ` ${/^\d{4}\./.test(spec.paper) ? `arXiv ${spec.paper}` : spec.paper}`) : null);
}
