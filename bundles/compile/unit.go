package compile

import (
	"fmt"

	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/format"
)

// unit is the attribute that a split, a holdout or a group hashes. It gives nil, and notes a fault, where it cannot be hashed.
func (c *compiler) unit(by source.Text, what string) *attr {
	unit := c.attributes[by.Value]
	if unit == nil {
		c.fault(by, fmt.Sprintf("no attribute %q", by.Value), orElse(didYouMean(by.Value, sortedNames(c.attributes)), "declare it under attributes"))
		return nil
	}
	switch unit.kind.Kind() {
	case format.String, format.Int, format.Uint, format.Dyn:
		return unit
	}
	c.fault(by, fmt.Sprintf("%s's unit is a string, int or uint, %s is %s", what, unit.name, unit.kind), "")
	return nil
}

func (c *compiler) checkHoldouts() {
	for i := range c.src.Holdouts {
		h := &c.src.Holdouts[i]
		c.unit(h.By, "a holdout")
		c.checkHashing(&h.Hashing, h.Seed)
		if c.holdouts[h.Name.Value] != nil {
			c.fault(h.Name, fmt.Sprintf("holdout %s is declared twice", h.Name.Value), "")
		}
		c.holdouts[h.Name.Value] = h
	}
}

func (c *compiler) checkGroups() {
	for i := range c.src.Groups {
		g := &c.src.Groups[i]
		c.unit(g.By, "a group")
		c.checkHashing(&g.Hashing, g.Seed)
		if c.groups[g.Name.Value] != nil {
			c.fault(g.Name, fmt.Sprintf("group %s is declared twice", g.Name.Value), "")
		}
		c.groups[g.Name.Value] = g
	}
}

// checkHashing sees that a hash gets what it takes: a number as its own seed or none, and a text.
func (c *compiler) checkHashing(h *source.Hashing, seed source.Text) {
	if seed.Present() && seed.Value == "" && !h.Hash.Present() {
		c.fault(seed, "seed is empty", "leave the key out where there is nothing to say")
	}
	if hash := hashOf(h); h.KeyText.Present() && !hash.Keyed() {
		c.fault(h.KeyText, fmt.Sprintf("%s has no seed of its own: the text under seed is all", hash), "take hash_seed out, or write hash: murmur3")
	}
}

// hashOf is what hashes units in numbers of package format.
func hashOf(h *source.Hashing) format.Hash {
	hash := format.HashXX64
	for h.Hash.Present() && hash.String() != h.Hash.Value && hash.String() != "unknown" {
		hash++
	}
	return hash
}

// checkUnits checks a decision's holdout and group.
func (c *compiler) checkUnits(d *source.Decision) {
	if d.Holdout.Present() {
		if h := c.holdouts[d.Holdout.Value]; h == nil {
			names := sortedNames(c.holdouts)
			c.fault(d.Holdout, fmt.Sprintf("no holdout %q", d.Holdout.Value), orElse(didYouMean(d.Holdout.Value, names), "declare it under holdouts"))
		} else {
			c.checkUnitConsent(d, d.Holdout, h.By, "holdout "+h.Name.Value)
		}
	}
	slots := &d.Group
	if !slots.Group.Present() {
		return
	}
	g := c.groups[slots.Group.Value]
	if g == nil {
		c.fault(slots.Group, fmt.Sprintf("no group %q", slots.Group.Value),
			orElse(didYouMean(slots.Group.Value, sortedNames(c.groups)), "declare it under groups"))
		return
	}
	c.checkUnitConsent(d, slots.Group, g.By, "group "+g.Name.Value)
	if slots.First > slots.Last || slots.Last >= g.Slots {
		c.add(source.Fault{Pos: slots.Pos, Message: fmt.Sprintf("group %s has the slots 0 to %d, not [%d, %d]", g.Name.Value, g.Slots-1, slots.First, slots.Last)})
	}
	for i := range c.src.Decisions {
		other := &c.src.Decisions[i]
		if other == d {
			break
		}
		if o := &other.Group; o.Group.Value == g.Name.Value && o.First <= slots.Last && slots.First <= o.Last {
			c.warn(slots.Group, fmt.Sprintf("%s and %s share slots of group %s: a visitor may meet both", other.Name.Value, d.Name.Value, g.Name.Value),
				"give them different slots")
		}
	}
}

// checkUnitConsent sees that a decision may read the unit of its holdout or group: masked, it would hold nobody out, and let no split match.
func (c *compiler) checkUnitConsent(d *source.Decision, at, by source.Text, what string) {
	unit := c.attributes[by.Value]
	if unit == nil {
		return
	}
	way := fmt.Sprintf("%s -> %s -> %s", d.Name.Value, what, unit.name)
	if !c.mayRead(d, unit.purpose) {
		c.fault(at, fmt.Sprintf("%s needs %s", way, unit.purpose), c.consentHint(d, unit.name, unit.purpose))
		return
	}
	c.checkTrust(d, unit, way, source.Fault{Pos: at.Pos, Length: at.Length()})
}

// draw is the index of a way to put units into buckets. Splits that sort units alike share one.
func (c *compiler) draw(by source.Text, seed string, buckets uint32, h *source.Hashing) uint32 {
	b := c.to.Builder
	record := format.Draw{Unit: c.to.Attributes[by.Value], Hash: hashOf(h), Seed: b.Str(seed), Key: h.Key, Buckets: buckets}
	if known, ok := c.draws[record]; ok {
		return known
	}
	index := uint32(len(b.Draws))
	b.Draws = append(b.Draws, record)
	c.draws[record] = index
	return index
}

// layOutUnits writes holdouts and groups, in the order of their names.
func (c *compiler) layOutUnits() {
	b := c.to.Builder
	for _, name := range sortedNames(c.holdouts) {
		h := c.holdouts[name]
		const buckets = 10000
		c.holdoutAt[name] = uint32(len(b.Holdouts)) + 1
		b.Holdouts = append(b.Holdouts, format.Holdout{Name: b.Str(name), Draw: c.draw(h.By, h.Seed.Value, buckets, &h.Hashing), Held: h.Percent * buckets / 10000})
	}
	for _, name := range sortedNames(c.groups) {
		g := c.groups[name]
		c.groupAt[name] = uint32(len(b.Groups)) + 1
		b.Groups = append(b.Groups, format.Group{Name: b.Str(name), Draw: c.draw(g.By, g.Seed.Value, g.Slots, &g.Hashing)})
	}
}
