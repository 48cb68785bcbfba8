// The addresses of each name in the arguments as Go's own resolver finds them, one name a line; "none"
// if there are none.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
)

func main() {
	resolver := net.Resolver{PreferGo: true}
	for _, name := range os.Args[1:] {
		addresses, err := resolver.LookupHost(context.Background(), name)
		if err != nil {
			fmt.Println("none")
			continue
		}
		fmt.Println(strings.Join(addresses, " "))
	}
}
