// Events: 'switch_model', 'model_ready'
import('/client/model_status.js').then((client) => client.mount({ element, props, trigger, watch }));
