// Asks 127.0.0.1:PORT by Go's own resolver, and prints what it understood.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"sort"
)

func main() {
	port, network := os.Args[1], os.Args[2]
	resolver := &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:"+port)
		},
	}
	ctx := context.Background()
	addresses, err := resolver.LookupHost(ctx, "redis.svc.mesh.local")
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	sort.Strings(addresses)
	fmt.Println("A", addresses[0])
	_, services, err := resolver.LookupSRV(ctx, "main", "tcp", "redis.svc.mesh.local")
	fmt.Println("SRV", services[0].Target, services[0].Port, err == nil)
	names, err := resolver.LookupAddr(ctx, addresses[0])
	fmt.Println("PTR", names[0], err == nil)
	_, err = resolver.LookupHost(ctx, "nope.svc.mesh.local")
	missing, ok := err.(*net.DNSError)
	fmt.Println("NXDOMAIN", ok && missing.IsNotFound)
}
