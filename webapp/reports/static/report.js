// Draws the figures of a report; what they hold was computed when it was written.
const figures = JSON.parse(document.getElementById('figures').textContent);
for (const box of document.querySelectorAll('[data-figure]')) {
  const { data, layout } = figures[Number(box.dataset.figure)];
  globalThis.Plotly.newPlot(box, data, { ...layout, font: { size: 13, ...layout.font } }, { displaylogo: false, responsive: true });
}
