// Package httpcache holds the test of what edge promises to HTTP caches, with a real one between the handler and the origin, and another in front of the
// handler. It has no code of its own.
//
// behind.vcl is how a Varnish between handler and origin is to be set up; edge/README.md shows it. handler_test.go is a whole platform in a hundred
// lines: what another one has to do with a plan can be read there.
package httpcache
