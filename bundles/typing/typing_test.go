package typing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/bundles"
	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/bundles/typing"
	"github.com/edgewise-dev/edgewise/core/format"
)

const names = `
bundle: shop-2
decisions:
  hero:    {purpose: necessary, objective: orders, variants: {plain: /plain, big.cart: {title: "say \"hi\"", size: 1.5, deep: {no: null}}}, default: plain}
  big_sale: {purpose: necessary, objective: orders, variants: {on: true, off: false}, default: "off"}
  big.sale: {purpose: necessary, objective: orders, variants: {a-b: 1, a_b: 2}}
`

func compiled(t *testing.T) *format.Bundle {
	src, err := source.Parse(source.File{Name: "names.yaml", Data: []byte(names)})
	require.NoError(t, err)
	loaded, err := bundles.Compile(src)
	require.NoError(t, err)
	return loaded.Bundle
}

func TestTypeScript(t *testing.T) {
	text, err := typing.TypeScript(compiled(t))
	require.NoError(t, err)
	require.Contains(t, text, `
export interface Decisions {
  readonly "big.sale":
    | { readonly variant: "a-b"; readonly value: 1 }
    | { readonly variant: "a_b"; readonly value: 2 }
    | { readonly variant?: undefined; readonly value?: undefined };
  readonly "big_sale":
    | { readonly variant: "on"; readonly value: true }
    | { readonly variant: "off"; readonly value: false };
  readonly "hero":
    | { readonly variant: "plain"; readonly value: "/plain" }
    | { readonly variant: "big.cart"; readonly value: { readonly "deep": { readonly "no": null }; readonly "size": 1.5; readonly "title": "say \"hi\"" } };
}
`)
}

func TestGo(t *testing.T) {
	b := compiled(t)
	require.Equal(t, "shop2", typing.PackageName(b))
	text, err := typing.Go(b, "shop2")
	require.NoError(t, err)
	require.Contains(t, text, `
package shop2

// BigSale is a decision, with its variants.
const (
	BigSale = "big.sale"

	BigSaleAB  = "a-b"
	BigSaleAB2 = "a_b"
)

// BigSale2 is a decision, with its variants.
const (
	BigSale2 = "big_sale"

	BigSale2On  = "on"
	BigSale2Off = "off"
)
`)
	_, err = typing.Go(b, "no-package")
	require.ErrorContains(t, err, `"no-package" cannot be the name of a Go package`)
}
