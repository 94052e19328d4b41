// Events: 'baseline_change'
import('/client/compare_view.js').then((client) => client.mount({ element, props, trigger, watch }));
