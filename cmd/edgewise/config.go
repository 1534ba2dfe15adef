package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// settings are what a command that runs for long is told: by flags, else by the environment, else by a file, else as its flags say.
type settings struct {
	prefix string // of the variables
	file   string
	print  bool
	from   map[string]string // by flag: where its value comes from, unless it is the flag's own
}

// settingsHelp says of a prefix what the environment and the file may say.
func settingsHelp(prefix string) string {
	return `What no flag says the environment may say, and what it does not a file: --origin is
` + prefix + `ORIGIN, and "origin:" in the YAML file that --config names. Several
values are separated by commas there, or a list.`
}

func (s *settings) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.file, "config", "", "a YAML `FILE` with what flags would say")
	cmd.Flags().BoolVar(&s.print, "print-config", false, "print what holds, as such a file, with where it comes from, and end")
}

// own says whether a flag is about settings rather than one of them.
func (s *settings) own(f *pflag.Flag) bool {
	return f.Name == "config" || f.Name == "print-config" || f.Name == "help"
}

// variable is the environment's name of a flag.
func (s *settings) variable(f *pflag.Flag) string {
	return s.prefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
}

// resolve gives each flag that was not given the value that it has elsewhere.
func (s *settings) resolve(cmd *cobra.Command) error {
	s.from = map[string]string{}
	if s.file == "" {
		s.file = os.Getenv(s.prefix + "CONFIG")
	}
	written, err := s.read(cmd)
	if err != nil {
		return err
	}
	var wrong error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if s.own(f) || wrong != nil {
			return
		}
		value, there := os.LookupEnv(s.variable(f))
		node := written[f.Name]
		switch {
		case f.Changed:
			s.from[f.Name] = "flag"
		case there && value != "":
			s.from[f.Name] = s.variable(f)
			wrong = s.set(cmd, f, value, s.variable(f))
		case node != nil:
			s.from[f.Name] = s.file
			for _, value := range valuesOf(node) {
				wrong = errors.Join(wrong, s.set(cmd, f, value.Value, fmt.Sprintf("%s:%d: %s", s.file, value.Line, f.Name)))
			}
		}
	})
	return wrong
}

func (s *settings) set(cmd *cobra.Command, f *pflag.Flag, value, where string) error {
	if err := cmd.Flags().Set(f.Name, value); err != nil {
		return &usageError{fmt.Sprintf("%s: %q is no value that it can have", where, value), seeHelp(cmd)}
	}
	return nil
}

// valuesOf are those of a setting in a file.
func valuesOf(node *yaml.Node) []*yaml.Node {
	if node.Kind == yaml.SequenceNode {
		return node.Content
	}
	return []*yaml.Node{node}
}

// read reads the file, if there is one: by setting, what stands there.
func (s *settings) read(cmd *cobra.Command) (map[string]*yaml.Node, error) {
	if s.file == "" {
		return nil, nil
	}
	data, err := os.ReadFile(s.file)
	if err != nil {
		return nil, err
	}
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, fmt.Errorf("%s: %w", s.file, err)
	}
	if root.IsZero() { // empty
		return nil, nil
	}
	pairs := root.Content[0]
	if pairs.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s: want names and values, as `listen: 127.0.0.1:8016`", s.file)
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !s.own(f) {
			names = append(names, f.Name)
		}
	})
	written := map[string]*yaml.Node{}
	for i := 0; i < len(pairs.Content); i += 2 {
		key, value := pairs.Content[i], pairs.Content[i+1]
		f := cmd.Flags().Lookup(key.Value)
		switch {
		case f == nil || s.own(f):
			return nil, &hinted{fmt.Errorf("%s:%d: no setting %q", s.file, key.Line, key.Value), didYouMean(key.Value, names, seeHelp(cmd))}
		case written[f.Name] != nil:
			return nil, fmt.Errorf("%s:%d: %s stands there twice", s.file, key.Line, f.Name)
		}
		for _, v := range valuesOf(value) {
			if v.Kind != yaml.ScalarNode || value.Kind == yaml.SequenceNode && !strings.HasSuffix(f.Value.Type(), "Slice") {
				return nil, fmt.Errorf("%s:%d: %s: want one value", s.file, v.Line, f.Name)
			}
		}
		written[f.Name] = value
	}
	return written, nil
}

// show prints what holds.
func (s *settings) show(cmd *cobra.Command, w io.Writer) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if s.own(f) {
			return
		}
		value, _ := yaml.Marshal(f.Value.String())
		if list, ok := f.Value.(pflag.SliceValue); ok {
			value, _ = yaml.Marshal(&yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle, Content: scalars(list.GetSlice())})
		} else if f.Value.Type() != "string" {
			value = []byte(f.Value.String())
		}
		where := s.from[f.Name]
		if where == "" {
			where = "unless said otherwise"
		}
		fmt.Fprintf(w, "%s: %s # %s\n", f.Name, strings.TrimSpace(string(value)), where)
	})
}

func scalars(values []string) (nodes []*yaml.Node) {
	for _, v := range values {
		nodes = append(nodes, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: v})
	}
	return nodes
}
