// A plotly figure in the page's colours: transparent, redrawn when the theme changes, its zoom kept.

import { el, fill } from './dom.js';

const CONFIG = { displaylogo: false, responsive: true, modeBarButtonsToRemove: ['lasso2d', 'select2d'] };
const IMAGE = { format: 'png', scale: 2, filename: 'second-thoughts' };
const HEIGHT = 360; // pixels of a figure that names no height: plotly would take that of the empty box
let library = null;

/** Start the component: called once by js_on_load. */
export function mount({ element, props, trigger, watch }) {
  const box = element.querySelector('.st-plot');
  const view = new PlotView(box, trigger);
  const draw = () => view.draw(props.value);
  watch('value', draw);
  new MutationObserver(() => view.restyle()).observe(document.body, { attributes: true, attributeFilter: ['class'] });
  draw();
}

class PlotView {
  constructor(box, trigger) {
    this.box = box;
    this.trigger = trigger;
    this.figure = null;
  }

  async draw(text) {
    this.wanted = text;
    if (!text) { this.clear('Nothing to draw yet.'); return; }
    try {
      const figure = JSON.parse(text);
      const plotly = await load();
      if (this.wanted === text) await this.show(plotly, figure); // else a newer value came while plotly.js was on its way
    } catch (error) {
      this.clear(`The figure cannot be drawn: ${error.message}`);
    }
  }

  async show(plotly, figure) {
    const first = !this.figure;
    if (first) fill(this.box);
    this.figure = figure;
    this.box.ariaLabel = figure.layout?.title?.text || 'Chart';
    await this.react(plotly);
    if (first) this.box.on('plotly_click', (event) => this.clicked(event.points[0]));
  }

  clear(sentence) {
    if (this.figure) globalThis.Plotly.purge(this.box); // its listeners go with it
    this.figure = null;
    fill(this.box, el('p.st-dim.st-contained', {}, sentence));
  }

  react(plotly) {
    const { data, layout = {} } = this.figure;
    return plotly.react(this.box, data, themed(layout, this.box), { ...CONFIG, toImageButtonOptions: IMAGE });
  }

  restyle() {
    const dark = document.body.classList.contains('dark');
    if (dark === this.dark) return;
    this.dark = dark;
    if (this.figure && globalThis.Plotly) this.react(globalThis.Plotly);
  }

  clicked(point) {
    const scalar = ['string', 'number', 'boolean'].includes(typeof point.customdata);
    this.trigger('point_click', { curve: point.curveNumber, index: point.pointIndex ?? point.pointNumber, custom: scalar ? point.customdata : null });
  }
}

/** The layout with the colours of the page; what the figure set itself stays. */
function themed(layout, box) {
  const style = getComputedStyle(box);
  const ink = style.color;
  const line = style.getPropertyValue('--st-line').trim() || 'rgba(128,128,128,.3)';
  const axis = { gridcolor: line, linecolor: line, zerolinecolor: line, tickcolor: line };
  const axes = Object.fromEntries(Object.entries(layout).filter(([name]) => /^[xy]axis\d*$/.test(name)).map(([name, own]) => [name, { ...axis, ...own }]));
  return {
    uirevision: 'keep', height: HEIGHT, ...layout, xaxis: { ...axis, ...layout.xaxis }, yaxis: { ...axis, ...layout.yaxis }, ...axes,
    paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', font: { family: style.fontFamily, size: 13, ...layout.font, color: ink },
    hoverlabel: { bgcolor: style.getPropertyValue('--st-card').trim(), bordercolor: line, font: { color: ink }, ...layout.hoverlabel },
  };
}

/** Load plotly.js once a page. */
function load() {
  library ||= new Promise((resolve, reject) => {
    const script = el('script', { src: '/client/plotly.min.js' });
    script.onload = () => resolve(globalThis.Plotly);
    script.onerror = () => { library = null; reject(new Error('plotly.min.js cannot be loaded')); };
    document.head.append(script);
  });
  return library;
}
