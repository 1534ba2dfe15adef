// Package consentdump shows all that is written in a consent string: as JSON for programs, and in words for people.
//
// Reach for Answer, which answers lines of `edgewise consent`, AppendJSON for a single string, and Explain for the words. Strings are read
// by core/consent, the same code with which the engine decides; this package only goes through what that gives. Whether a string may be
// relied on is not judged: an old policy version or a missing segment is shown as it is written.
package consentdump

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/edgewise-dev/edgewise/core/consent"
	"github.com/edgewise-dev/edgewise/host/question"
)

// Kind is what a string is.
type Kind string

// The kinds.
const (
	TCF       Kind = "tcf" // a TC string
	GPP       Kind = "gpp" // a GPP string
	USPrivacy Kind = "usp" // a US Privacy string
)

// KindOf guesses a string's kind by how it begins. A string of none of them is taken for a TC string.
func KindOf(s string) Kind {
	switch {
	case strings.HasPrefix(s, "D"):
		return GPP
	case strings.HasPrefix(s, "1") && len(s) <= 4:
		return USPrivacy
	}
	return TCF
}

// AppendJSON appends all that a string says as a JSON object. An error says what is wrong with the string, and where.
func AppendJSON(dst []byte, kind Kind, s string) ([]byte, error) {
	var value any
	var err error
	switch kind {
	case TCF:
		value, err = readTCF(s)
	case GPP:
		value, err = readGPP(s)
	case USPrivacy:
		value, err = readUSPrivacy(s)
	default:
		err = fmt.Errorf("kind %q: want tcf, gpp or usp", string(kind))
	}
	if err != nil {
		return dst, err
	}
	text, err := json.Marshal(value)
	return append(dst, text...), err
}

// Answer answers a line of `edgewise consent`:
//
//	{"kind":"tcf","string":"CO1lEkAO1lEkAfLVJeSV4iFgAQAAAAAAAAAAAAoAAgAA"}
//
// with what the string says, or with {"error":"..."} where it is malformed. Instead of the string there may be "parts", texts to be
// repeated and joined: [["DBABMA~",1],["C",102400]]. Only what is no such line is an error here.
func Answer(dst, line []byte) ([]byte, error) {
	object, err := question.ParseLine(line)
	if err != nil {
		return dst, err
	}
	kind := Kind(object.Get("kind").String())
	switch kind {
	case TCF, GPP, USPrivacy:
	default:
		return dst, errors.New(`kind: want "tcf", "gpp" or "usp"`)
	}
	s, err := stringOf(object)
	if err != nil {
		return dst, err
	}
	answered, err := AppendJSON(dst, kind, s)
	if err != nil {
		text, _ := json.Marshal(struct {
			Error string `json:"error"`
		}{err.Error()})
		return append(dst, text...), nil
	}
	return answered, nil
}

// stringOf gives the string of a line. What is longer than any string may be is not made longer still.
func stringOf(object gjson.Result) (string, error) {
	if s := object.Get("string"); s.Type == gjson.String {
		return s.String(), nil
	}
	parts := object.Get("parts")
	if !parts.IsArray() {
		return "", errors.New("string: want a string, or parts to make it of")
	}
	var b strings.Builder
	for i, part := range parts.Array() {
		pair := part.Array()
		if len(pair) != 2 || pair[0].Type != gjson.String || pair[1].Type != gjson.Number {
			return "", fmt.Errorf(`parts: %d: want a text and how often it comes, ["C",100]`, i)
		}
		text := pair[0].String()
		for n := pair[1].Int(); n > 0 && text != "" && b.Len() <= consent.MaxString; n-- {
			b.WriteString(text)
		}
	}
	return b.String(), nil
}

// faulty is the error of a string, or of a part of it.
func faulty(where string, f consent.Fault) error {
	if f == consent.None {
		return nil
	}
	return fmt.Errorf("%s: %s", where, f)
}
