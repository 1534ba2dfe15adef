// Command origin is a site to try an edge service in front of: each page shows what it was asked for, and what was decided.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "the `ADDRESS` to listen on")
	flag.Parse()
	log.Fatal(http.ListenAndServe(*listen, http.HandlerFunc(page)))
}

func page(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(w, "the page %s\n", r.URL)
	if decisions := r.Header.Get("Edgewise-Decisions"); decisions != "" {
		fmt.Fprintf(w, "decided: %s\n", decisions)
	}
}
