// Events: 'method_change'
import('/client/method_form.js').then((client) => client.mount({ element, props, trigger, watch }));
