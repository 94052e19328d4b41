// One input for one property of a JSON schema, as pydantic writes it.

import { el } from './dom.js';

const UNREACHED = 1000;
let serial = 0;

/** The schema without `anyOf: [..., null]` and `$ref`; `optional` says whether null is allowed. */
export function resolved(schema, definitions = {}) {
  if (schema.$ref) return resolved({ ...definitions[schema.$ref.split('/').at(-1)], ...without(schema, '$ref') }, definitions);
  if (!schema.anyOf) return { ...schema, optional: false };
  const some = schema.anyOf.filter((part) => part.type !== 'null');
  return { ...without(schema, 'anyOf'), ...resolved(some[0], definitions), optional: some.length < schema.anyOf.length };
}

function without(object, name) {
  const { [name]: _, ...rest } = object;
  return rest;
}

/** An input with label and help; `changed(value)` is called with a value that the browser accepts. */
export class SchemaField {
  constructor(name, schema, value, changed) {
    serial += 1;
    this.schema = schema;
    this.changed = changed;
    const id = `st-field-${serial}`;
    const told = [schema.description, bounds(schema)].filter(Boolean).join(' ');
    const help = told ? el('small.st-dim.st-contained', { id: `${id}-help` }, told) : null;
    this.error = el('small.st-error', { id: `${id}-error`, role: 'alert' });
    this.input = this.makeInput(value);
    Object.assign(this.input, { id });
    this.input.dataset.name = name;
    this.input.dataset.focus = name;
    this.input.setAttribute('aria-describedby', help ? `${id}-help ${id}-error` : `${id}-error`);
    const label = el('label.st-contained', { htmlFor: id }, schema.title || name);
    this.node = schema.type === 'boolean'
      ? el('div.st-field.st-check', {}, this.input, label, help, this.error)
      : el('div.st-field', {}, label, this.input, help, this.error);
  }

  makeInput(value) {
    const { schema } = this;
    if (schema.enum || schema.const !== undefined) return this.makeSelect(value);
    if (schema.type === 'boolean') return el('input', { type: 'checkbox', checked: Boolean(value), onchange: (e) => this.changed(e.target.checked) });
    if (schema.type === 'integer' || schema.type === 'number') return this.makeNumber(value);
    return el('input', { type: 'text', value: value ?? '', maxLength: schema.maxLength ?? 10000, autocomplete: 'off', oninput: (e) => this.changed(e.target.value) });
  }

  makeSelect(value) {
    const options = this.schema.enum || [this.schema.const];
    const select = el('select', { onchange: () => this.changed(options[select.selectedIndex]) },
      ...options.map((option) => el('option', { selected: option === value }, String(option).replaceAll('_', ' '))));
    return select;
  }

  makeNumber(value) {
    const { schema } = this;
    const whole = schema.type === 'integer';
    return el('input', {
      type: 'number', value: value ?? '', inputMode: whole ? 'numeric' : 'decimal',
      min: schema.minimum ?? schema.exclusiveMinimum ?? '', max: schema.maximum ?? schema.exclusiveMaximum ?? '',
      step: whole ? '1' : 'any', required: !schema.optional, oninput: (event) => this.number(event.target),
    });
  }

  number(input) {
    const { exclusiveMinimum, exclusiveMaximum, optional } = this.schema;
    const value = input.value === '' ? null : Number(input.value);
    const outside = value !== null && (value <= exclusiveMinimum || value >= exclusiveMaximum);
    input.setCustomValidity(outside ? `Must be ${exclusiveMinimum !== undefined ? `more than ${exclusiveMinimum}` : `less than ${exclusiveMaximum}`}.` : '');
    this.error.textContent = input.validationMessage;
    input.setAttribute('aria-invalid', String(!input.validity.valid));
    // What is out of range is passed on as well: the server refuses it with a sentence instead of running a stale value.
    if (value !== null || optional || input.validity.badInput || input.value === '') this.changed(value);
  }
}

/** The range of a number in words; a bound beyond which nobody goes by accident is left out. */
function bounds({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }) {
  const from = minimum ?? (exclusiveMinimum === undefined ? null : `Above ${exclusiveMinimum}`);
  const to = maximum ?? (exclusiveMaximum === undefined ? null : `below ${exclusiveMaximum}`);
  if (from === null || to === null || maximum > UNREACHED) return '';
  return `${from} to ${to}.`;
}
