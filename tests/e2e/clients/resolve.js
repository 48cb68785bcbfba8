// Asks 127.0.0.1:PORT by Node's resolver (c-ares), and prints what it understood.
const { Resolver } = require('node:dns').promises;

async function main() {
  const resolver = new Resolver();
  resolver.setServers([`127.0.0.1:${process.argv[2]}`]);
  const addresses = await resolver.resolve4('redis.svc.mesh.local');
  console.log('A', addresses[0]);
  const services = await resolver.resolveSrv('_main._tcp.redis.svc.mesh.local');
  console.log('SRV', services[0].name, services[0].port);
  console.log('PTR', (await resolver.reverse(addresses[0]))[0]);
  await resolver.resolve6('redis.svc.mesh.local').catch((e) => console.log('NODATA', e.code));
  await resolver.resolve4('nope.svc.mesh.local').catch((e) => console.log('NXDOMAIN', e.code));
}

main();
