// Events: 'moved'
import('/client/address.js').then((client) => client.mount({ props, trigger, watch }));
