package text_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/core/text"
)

func TestParseOffset(t *testing.T) {
	for name, c := range map[string]struct {
		s       string
		seconds int
		ok      bool
	}{
		"UTC":                         {"UTC", 0, true},
		"nothing is UTC":              {"", 0, true},
		"east":                        {"+02:30", 9000, true},
		"west":                        {"-02:30", -9000, true},
		"no sign is east":             {"02:30", 9000, true},
		"less than an hour west":      {"-00:30", -1800, true},
		"one digit":                   {"2:5", 7500, true},
		"many digits":                 {"+00000000000000000000002:00030", 9000, true},
		"a sign before the minutes":   {"-2:+30", -9000, true},
		"minus zero minutes":          {"2:-0", 7200, true},
		"the furthest east":           {"+23:59", 86340, true},
		"the furthest west":           {"-23:59", -86340, true},
		"too far east":                {"24:00", 0, false},
		"too far west":                {"-24:00", 0, false},
		"sixty minutes":               {"01:60", 0, false},
		"negative minutes":            {"01:-30", 0, false},
		"small letters":               {"utc", 0, false},
		"Z":                           {"Z", 0, false},
		"the name of a zone":          {"Europe/Berlin", 0, false},
		"no colon":                    {"+0230", 0, false},
		"two colons":                  {"01:02:03", 0, false},
		"a colon only":                {":", 0, false},
		"no hours":                    {":30", 0, false},
		"no minutes":                  {"02:", 0, false},
		"two signs":                   {"--02:30", 0, false},
		"a space in front":            {" 02:30", 0, false},
		"a name in front":             {"UTC+02:30", 0, false},
		"hours that overflow an int":  {"99999999999999999999:00", 0, false},
		"hours just above a 32-bit 0": {"4294967296:00", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			seconds, ok := text.ParseOffset(c.s)
			require.Equal(t, c.ok, ok)
			require.Equal(t, c.seconds, seconds)
		})
	}
}
