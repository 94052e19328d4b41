// Events: 'switch_model', 'model_ready'
load('model_status').then((client) => client.mount({ element, props, trigger, watch }));
