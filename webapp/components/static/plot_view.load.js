// Events: 'point_click'
import('/client/plot_view.js').then((client) => client.mount({ element, props, trigger, watch }));
