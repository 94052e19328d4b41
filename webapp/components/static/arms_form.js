// The methods of an experiment: a method form each, with a title of its own; the form's state is the component's value.

import { el, fill } from './dom.js';
import { MethodForm } from './method_form.js';

const FIRST = { method: 'self_consistency', params: {}, title: '' };
let serial = 0;

/** Start the component: called once by js_on_load. */
export function mount({ element, props, watch }) {
  const form = new ArmsForm(element, props);
  watch('value', () => form.take());
  form.take();
}

class ArmsForm {
  constructor(element, props) {
    this.props = props;
    this.arms = [];
    this.list = el('div.st-armlist');
    this.add = el('button.st-button', { type: 'button', data: { action: 'add' }, onclick: () => this.extend() }, 'Add a method');
    fill(element.querySelector('.st-arms'), this.list, el('p', {}, this.add));
  }

  /** Draw the form from the component's value. */
  take() {
    const { arms = [] } = this.props.value || {};
    this.arms = arms.map((arm) => new Arm(arm, (gone) => this.remove(gone), () => this.write()));
    this.draw();
  }

  extend() {
    const last = this.arms.at(-1)?.value || FIRST;
    const arm = new Arm({ ...last, title: '' }, (gone) => this.remove(gone), () => this.write());
    this.arms.push(arm);
    this.draw();
    arm.title.focus();
  }

  remove(arm) {
    this.arms = this.arms.filter((each) => each !== arm);
    this.draw();
    this.add.focus();
  }

  draw() {
    fill(this.list, ...this.arms.map((arm, i) => arm.placed(i + 1, this.arms.length > 1)));
    this.write();
  }

  /** Make the state visible to Python. */
  write() {
    this.props.value = { arms: this.arms.map((arm) => arm.value) };
  }
}

class Arm {
  constructor({ method, params, title }, remove, changed) {
    serial += 1;
    const id = `st-arm-${serial}`;
    let value = { method, values: params };
    const props = { get value() { return value; }, set value(next) { value = next; changed(); } };
    this.props = props;
    this.title = el('input', { id, type: 'text', value: title || '', maxLength: 100, placeholder: 'by its method and settings', oninput: changed });
    this.label = el('label', { htmlFor: id });
    this.gone = el('button.st-link', { type: 'button', onclick: () => remove(this) }, 'Remove');
    const box = el('div', {}, el('div.st-form.st-method-form'));
    this.node = el('section.st-arm', {}, el('div.st-armhead', {}, el('div.st-field', {}, this.label, this.title), this.gone), box);
    new MethodForm(box, props, () => {}).start();
  }

  /** The node, as the arm with this number. */
  placed(number, removable) {
    this.label.textContent = `Method ${number}, called (optional)`;
    this.node.ariaLabel = `Method ${number}`;
    this.gone.ariaLabel = `Remove method ${number}`;
    this.gone.hidden = !removable;
    return this.node;
  }

  get value() {
    const { method, values } = this.props.value;
    return { method, params: values, title: this.title.value.trim() };
  }
}
