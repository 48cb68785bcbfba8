// The addresses of each name in the arguments as dns.lookup finds them, one name a line; "none" if
// there are none.
const dns = require('dns').promises;

(async () => {
  for (const name of process.argv.slice(2)) {
    try {
      const found = await dns.lookup(name, {all: true});
      console.log(found.map((entry) => entry.address).join(' '));
    } catch (error) {
      console.log('none');
    }
  }
})();
