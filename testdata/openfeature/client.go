package openfeature

import (
	"context"

	of "github.com/open-feature/go-sdk/openfeature"
)

// Resolve evaluates a scenario's flag with a client of the SDK.
func Resolve(client *of.Client, c Case) Expected {
	in := of.NewEvaluationContext("", c.Context)
	switch otherwise := c.Default.(type) {
	case bool:
		return expected(client.BooleanValueDetails(context.Background(), c.Flag, otherwise, in))
	case string:
		return expected(client.StringValueDetails(context.Background(), c.Flag, otherwise, in))
	case float64:
		if c.Type == "float" {
			return expected(client.FloatValueDetails(context.Background(), c.Flag, otherwise, in))
		}
		got := expected(client.IntValueDetails(context.Background(), c.Flag, int64(otherwise), in))
		got.Value = float64(got.Value.(int64)) // as JSON has it
		return got
	}
	return expected(client.ObjectValueDetails(context.Background(), c.Flag, c.Default, in))
}

// expected is what a client saw. That an error is returned too is in its code.
func expected[T any](got of.GenericEvaluationDetails[T], _ error) Expected {
	return Expected{Value: got.Value, Reason: string(got.Reason), Variant: got.Variant, ErrorCode: string(got.ErrorCode), Metadata: got.FlagMetadata}
}
