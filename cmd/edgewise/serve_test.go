package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"
)

// ask is a program for scripts: ask SERVED PATH [BODY [NAME:VALUE]...] sends a request to the server that has written the line that it is ready into
// the file SERVED, and prints status and body. Without a body, or with "", it asks with GET.
func ask() {
	status, err := request(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(status)
}

func request(args []string) (string, error) {
	if len(args) < 2 {
		return "", fmt.Errorf("usage: ask SERVED PATH [BODY [NAME:VALUE]...]")
	}
	url, err := served(args[0])
	if err != nil {
		return "", err
	}
	method, body := http.MethodGet, ""
	if len(args) > 2 && args[2] != "" {
		method, body = http.MethodPost, args[2]
	}
	r, err := http.NewRequest(method, url+args[1], strings.NewReader(body))
	if err != nil {
		return "", err
	}
	for _, header := range args[min(3, len(args)):] {
		name, value, _ := strings.Cut(header, ":")
		r.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return fmt.Sprintf("%d %s", response.StatusCode, text), err
}

var addresses = regexp.MustCompile(`on (http://\S+)\n`)

// served waits for a server to be ready, and gives its address.
func served(file string) (string, error) {
	for range 400 {
		text, err := os.ReadFile(file)
		if found := addresses.FindSubmatch(text); err == nil && found != nil {
			return string(found[1]), nil
		}
		time.Sleep(25 * time.Millisecond)
	}
	return "", fmt.Errorf("%s does not say where the server is", file)
}
