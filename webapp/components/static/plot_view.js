// A plotly figure as a component: its value is the figure's JSON as text.

import { Figure } from './figure.js';

/** Start the component: called once by js_on_load. */
export function mount({ element, props, trigger, watch }) {
  const view = new PlotView(element.querySelector('.st-plot'), trigger);
  const draw = () => view.draw(props.value);
  watch('value', draw);
  draw();
}

class PlotView {
  constructor(box, trigger) {
    this.figure = new Figure(box, (point) => this.clicked(point));
    this.trigger = trigger;
  }

  async draw(text) {
    this.wanted = text;
    if (!text) { this.figure.clear('Nothing to draw yet.'); return; }
    try {
      await this.figure.show(JSON.parse(text), () => this.wanted === text);
    } catch (error) {
      this.figure.clear(`The figure cannot be drawn: ${error.message}`);
    }
  }

  clicked(point) {
    const scalar = ['string', 'number', 'boolean'].includes(typeof point.customdata);
    this.trigger('point_click', { curve: point.curveNumber, index: point.pointIndex ?? point.pointNumber, custom: scalar ? point.customdata : null });
  }
}
