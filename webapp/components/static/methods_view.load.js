// Events: none
import('/client/methods_view.js').then((client) => client.mount({ element }));
