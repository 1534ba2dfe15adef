package accesslog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/edgewise-dev/edgewise/edge"
)

// parseJSON reads one line of JSON. Keys that it does not know are ignored.
func parseJSON(line string) (r edge.Request, at time.Time, err error) {
	var v struct {
		Method   string
		URL      *string
		Headers  headers
		ClientIP string `json:"client_ip"`
		Time     string
		Geo      struct{ Country, Region, City, Continent, Timezone string }
	}
	if err := json.Unmarshal([]byte(line), &v); err != nil {
		return r, at, fmt.Errorf("not JSON of a request: %w", err)
	}
	if v.URL == nil || *v.URL == "" {
		return r, at, errors.New(`no "url"`)
	}
	if v.Time != "" {
		if at, err = time.Parse(time.RFC3339, v.Time); err != nil {
			return r, at, fmt.Errorf("the time %q is not like %q", v.Time, time.RFC3339)
		}
	}
	if v.Method == "" {
		v.Method = "GET"
	}
	return edge.Request{Method: v.Method, URL: *v.URL, Headers: v.Headers, ClientIP: v.ClientIP, Geo: edge.Geo(v.Geo)}, at, nil
}

// headers is header lines as a list of pairs or as an object, in the order given.
type headers []edge.Header

func (h *headers) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte("[")) {
		var pairs [][]string
		if err := json.Unmarshal(data, &pairs); err != nil {
			return fmt.Errorf("headers: %w", err)
		}
		for _, p := range pairs {
			if len(p) != 2 {
				return errors.New("headers: a pair is a name and a value")
			}
			*h = append(*h, edge.Header{Name: p[0], Value: p[1]})
		}
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		if string(data) == "null" {
			return nil
		}
		return errors.New("headers: neither a list of pairs nor an object")
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return fmt.Errorf("headers: %w", err)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return fmt.Errorf("headers: %w", err)
		}
		values, err := texts(value)
		if err != nil {
			return fmt.Errorf("headers: %v: %w", name, err)
		}
		for _, text := range values {
			*h = append(*h, edge.Header{Name: name.(string), Value: text})
		}
	}
	return nil
}

// texts is a string or a list of strings.
func texts(data []byte) ([]string, error) {
	var one string
	if json.Unmarshal(data, &one) == nil {
		return []string{one}, nil
	}
	var many []string
	if json.Unmarshal(data, &many) != nil {
		return nil, errors.New("neither a string nor a list of strings")
	}
	return many, nil
}
